"""Native c-blosc, zstd, lz4 and zlib by ctypes, as a process that answers lines on standard input.

load SET ENCODING   reads the chunks of a pack; answers "ok", or what is missing
run MILLISECONDS    decodes all chunks into one buffer, again and again for about that long; answers the milliseconds of one pass
memcpy BYTES        answers the milliseconds of one copy
versions            answers the libraries found, as JSON

usage: native.py CORPUS_FOLDER.  LIBBLOSC may name the c-blosc library.
"""

import ctypes
import ctypes.util
import json
import os
import sys
import time

folder = sys.argv[1]
with open(os.path.join(folder, "manifest.json")) as file:
    packs = {(pack["set"], pack["encoding"]): pack for pack in json.load(file)["packs"]}


class ZStream(ctypes.Structure):
    """zlib.h's z_stream."""

    _fields_ = [
        ("next_in", ctypes.c_void_p),
        ("avail_in", ctypes.c_uint),
        ("total_in", ctypes.c_ulong),
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_uint),
        ("total_out", ctypes.c_ulong),
        ("msg", ctypes.c_char_p),
        ("state", ctypes.c_void_p),
        ("zalloc", ctypes.c_void_p),
        ("zfree", ctypes.c_void_p),
        ("opaque", ctypes.c_void_p),
        ("data_type", ctypes.c_int),
        ("adler", ctypes.c_ulong),
        ("reserved", ctypes.c_ulong),
    ]


def open_library(name, *paths):
    for path in (*paths, ctypes.util.find_library(name)):
        if path:
            try:
                return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
            except OSError:
                continue
    return None


def declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


size_t, int_t, void, text = ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
decoders = {}
versions = {}

if zstd := open_library("zstd"):
    context = declare(zstd, "ZSTD_createDCtx", void)()
    zstd_decode = declare(zstd, "ZSTD_decompressDCtx", size_t, void, void, size_t, void, size_t)
    decoders["zstd"] = lambda source, length, out, capacity: zstd_decode(context, out, capacity, source, length)
    versions["zstd"] = declare(zstd, "ZSTD_versionString", text)().decode()
if lz4 := open_library("lz4"):
    lz4_decode = declare(lz4, "LZ4_decompress_safe", int_t, void, void, int_t, int_t)
    # numcodecs puts four bytes of length before the block.
    decoders["lz4"] = lambda source, length, out, capacity: lz4_decode(source + 4, out, length - 4, capacity)
    versions["lz4"] = declare(lz4, "LZ4_versionString", text)().decode()
if zlib := open_library("z"):
    init = declare(zlib, "inflateInit2_", int_t, void, int_t, text, int_t)
    inflate = declare(zlib, "inflate", int_t, void, int_t)
    end = declare(zlib, "inflateEnd", int_t, void)
    zlib_version = declare(zlib, "zlibVersion", text)()
    EITHER_WRAPPER, FINISH = 15 + 32, 4

    def zlib_decode(source, length, out, capacity):
        stream = ZStream(next_in=source, avail_in=length, next_out=out, avail_out=capacity)
        init(ctypes.byref(stream), EITHER_WRAPPER, zlib_version, ctypes.sizeof(stream))
        inflate(ctypes.byref(stream), FINISH)
        end(ctypes.byref(stream))
        return stream.total_out

    decoders["gzip"] = decoders["zlib"] = zlib_decode
    versions["zlib"] = zlib_version.decode()
# A library unpacked without its dependencies' folder on the path finds them when they are loaded already.
named = os.environ.get("LIBBLOSC")
if named:
    open_library("snappy", os.path.join(os.path.dirname(named), "libsnappy.so.1"))
if blosc := open_library("blosc", named):
    blosc_decode = declare(blosc, "blosc_decompress_ctx", int_t, void, void, size_t, int_t)
    decoders["blosc"] = lambda source, length, out, capacity: blosc_decode(source, out, capacity, 1)
    versions["blosc"] = declare(blosc, "blosc_get_version_string", text)().decode()


def address(buffer):
    return ctypes.addressof(buffer)


class Pack:
    """The chunks of a pack in memory, and the function that decodes them."""

    def __init__(self, set_name, encoding):
        pack = packs[set_name, encoding]
        self.decode = decoders.get(encoding.split("-")[0])
        if self.decode is None:
            return
        with open(os.path.join(folder, f"{set_name}.{encoding}.pack"), "rb") as file:
            data = file.read()
        with open(os.path.join(folder, f"{set_name}.raw"), "rb") as file:
            raw = file.read()
        self.chunk_bytes = pack["chunkBytes"]
        self.out = ctypes.create_string_buffer(self.chunk_bytes + 64)
        self.buffers, self.calls, at = [], [], 0
        for number, length in enumerate(pack["lengths"]):
            # Some decoders read a few bytes past the end.
            self.buffers.append(ctypes.create_string_buffer(data[at : at + length], length + 64))
            call = (address(self.buffers[-1]), length, address(self.out), self.chunk_bytes)
            self.calls.append(call)
            at += length
            wanted = raw[number * self.chunk_bytes :][: self.chunk_bytes]
            if self.decode(*call) != len(wanted) or self.out.raw[: len(wanted)] != wanted:
                raise SystemExit(f"native {encoding} decodes {set_name} to something else")

    def run(self, milliseconds):
        decode, calls, passes = self.decode, self.calls, 0
        start = time.perf_counter()
        while True:
            for call in calls:
                decode(*call)
            passes += 1
            elapsed = (time.perf_counter() - start) * 1e3
            if elapsed >= milliseconds:
                return elapsed / passes


def memcpy(count):
    source, target = ctypes.create_string_buffer(count), ctypes.create_string_buffer(count)
    start, repeats = time.perf_counter(), 64
    for _ in range(repeats):
        ctypes.memmove(target, source, count)
    return (time.perf_counter() - start) * 1e3 / repeats


current = None
for line in sys.stdin:
    command, *words = line.split()
    if command == "load":
        current = Pack(*words)
        print("ok" if current.decode else f"no library for {words[1]}", flush=True)
    elif command == "run":
        print(current.run(float(words[0])), flush=True)
    elif command == "memcpy":
        print(memcpy(int(words[0])), flush=True)
    else:
        print(json.dumps(versions), flush=True)
