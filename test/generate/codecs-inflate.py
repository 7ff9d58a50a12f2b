"""Writes test/fixtures/codecs/inflate and test/fixtures/codecs/filters: what numcodecs and zlib make of seeded inputs.

    python3 -m venv venv && venv/bin/pip install numcodecs==0.15.1 crc32c==2.9.post0
    venv/bin/python test/generate/codecs-inflate.py

inflate: cases.bin holds the encoded bytes one after another, cases.json one row a case; inputs are not stored, they follow
from (kind, typesize, size, seed) by the rules of codecs-blosc.py. filters: small cases with both sides in hexadecimal.
"""

import json
import zlib
from pathlib import Path

import numpy as np
from numcodecs import CRC32, CRC32C, Adler32, Delta, GZip, Shuffle, Zlib

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "codecs"
STRATEGIES = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "filtered": zlib.Z_FILTERED,
    "huffman": zlib.Z_HUFFMAN_ONLY,
    "rle": zlib.Z_RLE,
    "fixed": zlib.Z_FIXED,
}


class Random:
    """Numerical Recipes' 32-bit LCG: the same few lines in TypeScript."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def bits(self, count):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return self.state >> (32 - count)


def noise(size, typesize, random):
    return bytes(random.bits(8) for _ in range(size))


def walk(size, typesize, random):
    """A random walk of little-endian integers: smooth planes above a noisy one."""
    out = bytearray()
    value = 1 << 20
    while len(out) < size:
        value = (value + random.bits(6) - 30) & 0xFFFFFFFF
        out += value.to_bytes(max(typesize, 4), "little")[:typesize]
    return bytes(out[:size])


def runs(size, typesize, random):
    """Long runs of one byte: matches at distance 1, lengths with several extension bytes."""
    out = bytearray()
    while len(out) < size:
        out += bytes([random.bits(8)]) * (1 + (random.bits(11) if random.bits(2) == 0 else random.bits(5)))
    return bytes(out[:size])


def periods(size, typesize, random):
    """Short patterns repeated: matches at every distance from 1 to 64, which overlap themselves."""
    out = bytearray()
    while len(out) < size:
        pattern = bytes(random.bits(8) for _ in range(1 + random.bits(6 if random.bits(2) == 0 else 4)))
        length = len(pattern) + 8 + random.bits(8)
        out += (pattern * (length // len(pattern) + 1))[:length]
    return bytes(out[:size])


def plateaus(size, typesize, random):
    """Elements that keep their value for long: large inputs that pack small whichever way they are shuffled."""
    out = bytearray()
    while len(out) < size:
        element = bytes(random.bits(8) if k < 2 else 0 for k in range(typesize))
        out += element * (500 + random.bits(13))
    return bytes(out[:size])


def echo(size, typesize, random):
    """Noise that comes back 9000 bytes later: beyond blosclz's short distances."""
    once = bytes(random.bits(8) for _ in range(9000))
    return (once * (size // 9000 + 1))[:size]


KINDS = {"noise": noise, "walk": walk, "runs": runs, "periods": periods, "plateaus": plateaus, "echo": echo}


class Folder:
    def __init__(self, name):
        self.path = FIXTURES / name
        self.rows, self.blob = [], bytearray()

    def add(self, kind, size, typesize, seed, encode, **how):
        data = KINDS[kind](size, typesize, Random(seed))
        encoded = bytes(encode(data))
        self.rows.append(dict(kind=kind, size=size, typesize=typesize, seed=seed, **how, at=len(self.blob), length=len(encoded)))
        self.blob += encoded

    def save(self):
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "cases.bin").write_bytes(self.blob)
        (self.path / "cases.json").write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in self.rows) + "\n]\n")
        print(f"{self.path.name}: {len(self.rows)} cases, {len(self.blob)} bytes")


def raw(level, strategy, window_bits=-15):
    def encode(data):
        packer = zlib.compressobj(level, zlib.DEFLATED, window_bits, 9, STRATEGIES[strategy])
        return packer.compress(data) + packer.flush()

    return encode


def flushed(data):
    """Blocks cut by flushes: empty stored blocks between the others, several tables in one stream."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    out = b""
    for at in range(0, len(data), 1000):
        out += packer.compress(data[at : at + 1000])
        out += packer.flush(zlib.Z_FULL_FLUSH if at % 2000 else zlib.Z_SYNC_FLUSH)
    return out + packer.flush()


def inflate():
    folder = Folder("inflate")
    seed = 301
    for kind in ("noise", "walk", "runs", "periods"):
        for size in (0, 1, 2, 15, 16, 17, 100, 257, 258, 259, 1000, 4097):
            level = (0, 1, 3, 5, 6, 9)[seed % 6]
            encode, codec = ((GZip(level).encode, "gzip"), (Zlib(level).encode, "zlib"))[seed % 2]
            folder.add(kind, size, 4, seed, encode, codec=codec, level=level)
            seed += 1
    for kind, size in (("walk", 20000), ("periods", 12000), ("echo", 30000), ("plateaus", 200000)):
        for strategy in STRATEGIES:
            # Huffman coding alone leaves long inputs long.
            shorter = size // 4 if strategy in ("huffman", "rle", "fixed") else size
            folder.add(kind, shorter, 4, seed, raw(6, strategy), codec="deflate", level=6, strategy=strategy)
            seed += 1
    folder.add("walk", 9000, 2, seed, flushed, codec="deflate", strategy="flushed")
    folder.add("walk", 9000, 2, seed + 1, raw(9, "default", 9), codec="zlib", level=9, strategy="window 512")
    folder.add("noise", 66000, 1, seed + 2, raw(0, "default"), codec="deflate", level=0, strategy="stored twice")
    folder.save()


def filters():
    rows = []

    def add(name, configuration, dtype, values, codec):
        array = np.asarray(values, dtype=dtype)
        encoded = np.asarray(bytearray(codec.encode(array)) if name != "delta" else codec.encode(array))
        rows.append(
            dict(
                codec=name,
                configuration=configuration,
                dtype=array.dtype.name,
                decoded=array.tobytes().hex(),
                encoded=encoded.tobytes().hex(),
            )
        )

    random = Random(77)
    for dtype, astype in (
        ("<i1", "<i1"), ("<i2", "<i1"), ("<i4", "<i2"), ("<i8", "<i4"), ("<i8", "<i8"),
        ("<u1", "<u1"), ("<u2", "<u2"), ("<u4", "<u4"), ("<u8", "<u8"), ("<f4", "<f4"), ("<f8", "<f8"),
    ):
        # Falling values make unsigned differences wrap around; the differences stay within the narrowest type.
        values = [40 + (-1) ** i * random.bits(5) / (4 if "f" in dtype else 1) for i in range(19)]
        codec = Delta(dtype=dtype, astype=astype)
        add("delta", {"dtype": dtype, "astype": astype}, dtype, np.array(values).astype(dtype), codec)
    words = [random.bits(31) for _ in range(21)]
    for dtype in ("<i2", "<i4", "<f8"):
        size = np.dtype(dtype).itemsize
        add("shuffle", {"elementsize": size}, dtype, np.array(words).astype(dtype), Shuffle(elementsize=size))
    add("shuffle", {}, "<i4", words, Shuffle())
    for name, make in (("crc32", CRC32), ("crc32c", CRC32C), ("adler32", Adler32)):
        add(name, {}, "<i4", words, make())
        for location in ("start", "end"):
            add(name, {"location": location}, "<i4", words, make(location=location))

    path = FIXTURES / "filters"
    path.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (path / "cases.json").write_text(f"[\n{lines}\n]\n")
    print(f"filters: {len(rows)} cases")


inflate()
filters()
