"""Writes the answers that lie beside a fixture store.

One fixture is three siblings: the store, `<name>.expected.json` and `<name>.expected.bin`.
The layout is described in test/fixtures/README.md.
"""

import hashlib
import json
import shutil
import textwrap
from importlib.metadata import version
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

# Answers larger than this are kept as a hash and samples, so that the folder stays small.
STORED_LIMIT_BYTES = 16 * 1024


def versions(*packages):
    return {name: version(name) for name in packages}


def fresh_store(family, name, suffix):
    """An empty place for a store; what lay there before is removed."""
    path = FIXTURES / family / f"{name}{suffix}"
    if path.exists():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def json_value(value):
    """A number as JSON: 64-bit integers and what JSON cannot say become strings."""
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (np.complexfloating, complex)):
        return [json_value(value.real), json_value(value.imag)]
    if isinstance(value, (np.floating, float)):
        number = float(value)
        if np.isnan(number):
            return "NaN"
        if np.isinf(number):
            return "Infinity" if number > 0 else "-Infinity"
        return number
    if isinstance(value, (np.int64, np.uint64)):
        return str(int(value))
    if isinstance(value, (np.integer, int)):
        return int(value)
    raise TypeError(f"no JSON for {type(value)}")


def to_text(value, indent=0):
    """JSON with one line for what fits on one: short enough to read, stable enough to diff."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(line) + indent <= 120 or not isinstance(value, (dict, list)):
        return line
    pad = " " * (indent + 1)
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        items = [json.dumps(item, ensure_ascii=False, allow_nan=False) for item in value]
        return "[\n" + textwrap.fill(", ".join(items), 116, initial_indent=pad, subsequent_indent=pad,
                                     break_long_words=False, break_on_hyphens=False) + "\n" + " " * indent + "]"
    if isinstance(value, list):
        parts = [to_text(item, indent + 1) for item in value]
        return "[\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + "]"
    parts = [f"{json.dumps(key, ensure_ascii=False)}: {to_text(item, indent + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + "}"


class Answers:
    """Collects one fixture's expected values; `save` writes both files."""

    def __init__(self, family, name, store, **head):
        self.family = family
        self.name = name
        self.document = {"name": name, "store": store.name, **head}
        self.blob = bytearray()
        self.known = {}

    def values(self, array):
        """A reference to an array's little-endian, C-order bytes."""
        array = np.asarray(array)
        # ascontiguousarray would turn a 0-d array into a 1-d one.
        little = np.array(array, dtype=array.dtype.newbyteorder("<"), order="C")
        raw = little.tobytes()
        digest = hashlib.sha256(raw).hexdigest()
        entry = {"dtype": array.dtype.name, "shape": list(array.shape), "length": len(raw)}
        if len(raw) <= STORED_LIMIT_BYTES:
            if digest not in self.known:
                # Eight-byte steps let a reader view the bytes as any typed array.
                self.blob.extend(bytes(-len(self.blob) % 8))
                self.known[digest] = len(self.blob)
                self.blob.extend(raw)
            entry["offset"] = self.known[digest]
        else:
            entry["sha256"] = digest
            picks = sorted({int(i) for i in np.linspace(0, array.size - 1, 7)})
            flat = little.reshape(-1)
            entry["samples"] = [[i, json_value(flat[i])] for i in picks]
        return entry

    def save(self):
        base = FIXTURES / self.family / self.name
        base.with_name(f"{self.name}.expected.json").write_text(to_text(self.document) + "\n", encoding="utf-8")
        base.with_name(f"{self.name}.expected.bin").write_bytes(bytes(self.blob))
