"""Writes test/fixtures/codecs/bzip2: what Python's bz2 (libbz2) makes of seeded inputs; laid out as codecs/inflate."""

import bz2

from support.codec_inputs import Folder


def encoder(level):
    return lambda data: bz2.compress(data, level)


def streams(data):
    """Three streams one after the other, of three levels."""
    third = len(data) // 3
    parts = (data[:third], data[third : 2 * third], data[2 * third :])
    return b"".join(bz2.compress(part, level) for part, level in zip(parts, (1, 5, 9)))


folder = Folder("bzip2")
seed = 901
for kind in ("noise", "walk", "runs", "periods"):
    for size in (0, 1, 2, 3, 4, 5, 255, 256, 259, 1000, 4097):
        level = (1, 5, 9)[seed % 3]
        folder.add(kind, size, 4, seed, encoder(level), level=level)
        seed += 1
# Long runs, several blocks (level 1 has 100 kB), all tables in use, codes longer than the look-up.
for kind, size, level in (
    ("plateaus", 400_000, 1), ("echo", 60_000, 9), ("walk", 130_000, 1), ("periods", 250_000, 1), ("runs", 300_000, 9),
):
    folder.add(kind, size, 2, seed, encoder(level), level=level)
    seed += 1
folder.add("walk", 9000, 2, seed, streams)
folder.save()
