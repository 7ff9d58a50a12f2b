"""Writes test/fixtures/codecs/zstd: what the reference encoder makes of seeded inputs.

    python3 -m venv venv && venv/bin/pip install zstandard==0.25.0 xxhash==4.1.0
    venv/bin/python test/generate/codecs-zstd.py

cases.bin holds the frames one after another, cases.json one row a frame: what it was made from, how, and the XXH64 of
its content (64 bits, hexadecimal, seed 0). Contents are not stored: test/unit/kernel/zstd-cases.ts makes them again from
(kind, size, seed) by the rules below. trained.dict and raw.dict are the dictionaries the rows name.
"""

import json
from pathlib import Path

import xxhash
import zstandard

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "codecs" / "zstd"
BLOCK = 128 * 1024


class Random:
    """Numerical Recipes' 32-bit LCG: the same few lines in TypeScript."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def bits(self, count):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return self.state >> (32 - count)


def noise(size, random):
    """Does not compress: stored blocks and stored literals."""
    return bytes(random.bits(8) for _ in range(size))


def skewed(size, random):
    """Some bytes far more frequent than others, in no order: Huffman literals and next to no matches."""
    out = bytearray()
    for _ in range(size):
        value = 0
        while value < 40 and random.bits(2) != 0:
            value += 1
        out.append(value)
    return bytes(out)


def zeros(size, random):
    return bytes(size)


def words(size, random):
    """Sentences of made-up words: short matches at all distances, recent offsets."""
    vocabulary = [bytes(97 + random.bits(4) for _ in range(2 + random.bits(3))) for _ in range(256)]
    out = bytearray()
    while len(out) < size:
        out += vocabulary[random.bits(random.bits(3) + 1)] + b" "
    return bytes(out[:size])


def walk(size, random):
    """Little-endian u16 of a random walk: like elevation."""
    out = bytearray()
    value = 900
    while len(out) < size:
        value = (value + random.bits(3) - 4) & 0xFFFF
        out += value.to_bytes(2, "little")
    return bytes(out[:size])


def periods(size, random):
    """Patterns of 1 to 64 bytes repeated: matches that overlap themselves at every distance."""
    out = bytearray()
    while len(out) < size:
        pattern = bytes(random.bits(8) for _ in range(1 + random.bits(6)))
        length = len(pattern) + 8 + random.bits(8)
        out += (pattern * (length // len(pattern) + 1))[:length]
    return bytes(out[:size])


def stretches(size, random):
    """Like periods, but for long: large blocks that pack small, with matches of every length code."""
    out = bytearray()
    while len(out) < size:
        pattern = bytes(random.bits(8) for _ in range(1 + random.bits(7)))
        length = len(pattern) + 8 + random.bits(5 + random.bits(4))
        out += (pattern * (length // len(pattern) + 1))[:length]
    return bytes(out[:size])


def distant(size, random):
    """Three pieces of noise, a plain of zeros, then the pieces again, each before more noise: long literals and
    long matches from far away, several in a row."""
    pieces = [noise(length, random) for length in (8200, 4200, 16500)]
    tail = b"".join(piece + noise(len(piece), random) for piece in pieces)
    head = b"".join(pieces)
    return head + bytes(size - len(head) - len(tail)) + tail


def record(size, random):
    """A little JSON, padded with words: what dictionaries are for."""
    text = '{"tile":%d,"kind":"%s","bbox":[%d,%d,%d,%d],"name":"' % (
        random.bits(12),
        ("points", "mesh", "raster", "lines")[random.bits(2)],
        random.bits(16),
        random.bits(16),
        random.bits(16),
        random.bits(16),
    )
    return (text.encode() + words(size, random))[:size]


KINDS = {
    "noise": noise, "skewed": skewed, "zeros": zeros, "words": words, "walk": walk,
    "periods": periods, "stretches": stretches, "distant": distant, "record": record,
}
LEVELS = [-5, -1, 1, 3, 6, 9, 13, 16, 19, 22]
SMALL = [0, 1, 2, 3, 7, 15, 16, 17, 31, 63, 64, 65, 127, 255, 256, 257, 511, 1000, 1023, 1024, 4097, 16383, 16384]
LARGE = [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK + 17]

frames = bytearray()
rows = []


def add(kind, size, level, checksum=False, content_size=True, dictionary=None, name=None, named=True, **parameters):
    seed = len(rows) + 1
    content = KINDS[kind](size, Random(seed))
    assert len(content) == size
    settings = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=size, write_checksum=checksum, write_content_size=content_size,
        write_dict_id=named, **parameters,
    )
    frame = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=settings).compress(content)
    row = {"kind": kind, "size": size, "seed": seed, "level": level, "checksum": checksum, "contentSize": content_size}
    if name:
        row["dictionary"] = name
    rows.append(row | {"at": len(frames), "length": len(frame), "xxh64": xxhash.xxh64(content).hexdigest()})
    frames.extend(frame)


for index, size in enumerate(SMALL):
    for step, kind in enumerate(("noise", "skewed", "zeros", "words", "walk", "periods")):
        turn = index * 7 + step * 3
        if kind == "noise" and size > 1024:
            continue
        add(kind, size, LEVELS[turn % 10], checksum=turn % 2 == 0, content_size=turn % 3 != 0)
for index, size in enumerate(LARGE):
    for step, kind in enumerate(("zeros", "stretches")):
        turn = index * 3 + step
        add(kind, size, LEVELS[turn * 3 % 10], checksum=turn % 2 == 0, content_size=turn % 3 != 0)
for level in LEVELS:
    add("words", 20_000, level, checksum=True)
for level in (1, 19):
    add("words", BLOCK + 1, level, checksum=True, content_size=False)
add("skewed", BLOCK + 3, 1)
add("zeros", 4_000_000, 3, checksum=True)
# Long matches after as many literals from four megabytes away: with their states, more bits than one refill has.
add("distant", 4_300_000, 19, checksum=True)

samples = [KINDS["record"](120 + (i * 37) % 400, Random(10_000 + i)) for i in range(1200)]
trained = zstandard.train_dictionary(4096, samples, dict_id=20251)
raw = zstandard.ZstdCompressionDict(b"".join(samples)[:5000], dict_type=zstandard.DICT_TYPE_RAWCONTENT)
for index, size in enumerate((1, 9, 60, 150, 151, 300, 399, 2000, 9_000)):
    for step, level in enumerate((-1, 1, 3, 12, 19)):
        turn = index + step
        add("record", size, level, turn % 2 == 0, turn % 3 != 0, trained, "trained", named=turn % 5 != 0)
    add("record", size, LEVELS[index], index % 2 == 0, index % 3 != 0, raw, "raw")

(FOLDER / "cases.bin").write_bytes(frames)
(FOLDER / "cases.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
(FOLDER / "trained.dict").write_bytes(trained.as_bytes())
(FOLDER / "raw.dict").write_bytes(raw.as_bytes())
