"""Writes test/fixtures/codecs/{lz4,snappy,blosc}: what real encoders make of seeded inputs.

    python3 -m venv venv && venv/bin/pip install numcodecs==0.15.1 cramjam==2.14.0
    apt-get download libblosc1=1.21.3+ds-1 libsnappy1v5   # or any libblosc built with snappy: the wheels leave it out
    LIBBLOSC=…/libblosc.so.1 venv/bin/python test/generate/codecs-blosc.py

Each folder holds cases.bin, the encoded bytes one after another, and cases.json, one row a case. Inputs are not
stored: test/unit/kernel/codec-cases.ts makes them again from (kind, typesize, size, seed) by the rules of support/codec_inputs.py.
"""

import ctypes
import os

import cramjam
import numpy as np
from numcodecs import LZ4, blosc
from support.codec_inputs import Folder, Random

blosc.use_threads = False


def lz4():
    """numcodecs' lz4: four bytes of decoded length, then the block."""
    folder = Folder("lz4")
    seed = 1
    for kind in ("noise", "walk", "runs", "periods"):
        for size in (1, 5, 12, 13, 14, 15, 16, 17, 31, 33, 64, 270, 271, 500, 1000, 4099):
            folder.add(kind, size, 4, seed, LZ4(acceleration=1 + seed % 3).encode)
            seed += 1
    for kind, size in (("walk", 20000), ("plateaus", 200000), ("periods", 10000)):
        folder.add(kind, size, 4, seed, LZ4().encode)
        seed += 1
    folder.save()


def snappy():
    folder = Folder("snappy")
    seed = 101
    for kind in ("noise", "walk", "runs", "periods"):
        for size in (0, 1, 3, 4, 15, 16, 17, 59, 60, 61, 62, 64, 255, 256, 257, 258, 2049, 5000):
            folder.add(kind, size, 4, seed, cramjam.snappy.compress_raw)
            seed += 1
    # 65536 is snappy's own block; beyond it lie three-byte literal lengths.
    for kind, size in (("walk", 20000), ("plateaus", 200000), ("noise", 66000)):
        folder.add(kind, size, 4, seed, cramjam.snappy.compress_raw)
        seed += 1
    folder.save()


def numcodecs_blosc(data, typesize, cname, clevel, shuffle, blocksize):
    whole = len(data) // typesize * typesize
    if whole == len(data) and whole:
        return blosc.compress(np.frombuffer(data, dtype=f"V{typesize}"), cname.encode(), clevel, shuffle, blocksize)
    return ctypes_blosc(data, typesize, cname, clevel, shuffle, blocksize)


def ctypes_blosc(data, typesize, cname, clevel, shuffle, blocksize):
    """c-blosc itself, for what no array holds: snappy, sizes that are no multiple of the typesize, nothing at all."""
    library = ctypes.CDLL(os.environ.get("LIBBLOSC", "libblosc.so.1"))
    size_t = ctypes.c_size_t
    library.blosc_compress_ctx.argtypes = [ctypes.c_int, ctypes.c_int, size_t, size_t, ctypes.c_char_p, ctypes.c_char_p, size_t, ctypes.c_char_p, size_t, ctypes.c_int]
    out = ctypes.create_string_buffer(len(data) + 16)
    written = library.blosc_compress_ctx(clevel, shuffle, typesize, len(data), data, out, len(out), cname.encode(), blocksize, 1)
    assert written > 0, written
    return out.raw[:written]


def blosc1():
    folder = Folder("blosc")
    turn = 0

    def add(kind, size, typesize, cname, clevel, shuffle, blocksize):
        nonlocal turn
        turn += 1
        encode = ctypes_blosc if cname == "snappy" else numcodecs_blosc
        how = dict(cname=cname, clevel=clevel, shuffle=shuffle, blocksize=blocksize)
        folder.add(kind, size, typesize, 1000 + turn, lambda data: encode(data, typesize, **how), **how)

    choices = Random(42)

    def pick(options):
        return options[choices.bits(16) % len(options)]

    cnames = ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd")
    typesizes = (1, 2, 3, 4, 7, 8, 12, 16, 17, 32)
    for cname in cnames:
        for shuffle in (0, 1, 2):
            for typesize in typesizes:
                # Whole elements, in one block and in several, with a short block behind them.
                elements = pick((128, 129, 136, 255, 256, 384) if typesize > 4 else (128, 129, 136, 300, 384, 1000))
                blocksize = pick((0, 128 * typesize, 136 * typesize, 512, 1024))
                add(pick(("walk", "periods", "walk")), elements * typesize, typesize, cname, pick((1, 5, 9, 5)), shuffle, blocksize)
        # Sizes around nothing, an element, a vector, a block; many leave part of an element over.
        for size in (0, 1, 7, 8, 15, 16, 17, 63, 64, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 3001):
            add(pick(("walk", "runs")), size, pick(typesizes), cname, pick((0, 1, 5, 9)), pick((0, 1, 2)), pick((0, 512, 1024)))
        # Nothing to gain: whole chunks or single splits come out stored.
        for shuffle in (0, 1, 2):
            add("noise", 700, pick(typesizes), cname, 5, shuffle, 0)
            add("walk", 2400, 4, cname, pick((1, 5)), shuffle, 1200)
        # c-blosc's own block sizes.
        for shuffle in (0, 1, 2):
            add("plateaus", 300_000, pick((4, 8, 2, 12)), cname, pick((1, 5, 9)), shuffle, 0)
    # One stream in one block, to be decoded alone.
    for kind, size in (("walk", 900), ("runs", 3000), ("periods", 2500), ("plateaus", 40000), ("echo", 20000)):
        add(kind, size, 1, "blosclz", 9, 0, 65536)
    # Blocks larger than the kernel's scratch (1 MiB), and so large that even a part of a row is.
    for size, typesize, shuffle in ((2_500_000, 8, 1), (2_500_000, 4, 2), (9_000_003, 3, 1), (9_000_002, 2, 1), (6_000_001, 2, 2)):
        add("plateaus", size, typesize, "zstd", 9, shuffle, size if size > 3_000_000 else 1_500_000)
    add("plateaus", 2_500_000, 8, "lz4", 9, 1, 1_500_000)
    folder.save()


lz4()
snappy()
blosc1()
