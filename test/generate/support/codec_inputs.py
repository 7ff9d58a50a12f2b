"""Seeded inputs of codec fixtures, and the folder of cases that their encodings go to.

The same rules stand in test/unit/kernel/codec-cases.ts, which makes the inputs again.
"""

import json
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "codecs"


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
