"""Writes test/fixtures/codecs/inflate and test/fixtures/codecs/filters: what numcodecs and zlib make of seeded inputs.

    python3 -m venv venv && venv/bin/pip install numcodecs==0.15.1 crc32c==2.9.post0
    venv/bin/python test/generate/codecs-inflate.py

inflate: cases.bin holds the encoded bytes one after another, cases.json one row a case; inputs are not stored, they follow
from (kind, typesize, size, seed) by the rules of support/codec_inputs.py. filters: small cases with both sides in hexadecimal.
"""

import json
import zlib

import numpy as np
from numcodecs import CRC32, CRC32C, Adler32, Delta, GZip, Shuffle, Zlib
from support.codec_inputs import FIXTURES, Folder, Random

STRATEGIES = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "filtered": zlib.Z_FILTERED,
    "huffman": zlib.Z_HUFFMAN_ONLY,
    "rle": zlib.Z_RLE,
    "fixed": zlib.Z_FIXED,
}


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
