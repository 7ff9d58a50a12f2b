"""What the stores of all ATLAS packages hold, and how their answers are spelled."""

import math

import numpy as np

from .answers import json_value

NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


def plain(value):
    """A fill value, a statistic or an attribute as JSON."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, np.datetime64):
        return str(value.astype("int64"))
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    return json_value(value)


def windows_of(shape):
    """A box off every border, and one that ends beyond the array."""
    if not shape or 0 in shape:
        return []
    start = [min(1, n - 1) for n in shape]
    return [(start, [max(1, n // 2) for n in shape]), (start, [n + 3 for n in shape])]


def values_of(answers, data):
    if data.dtype.kind == "O":
        return {"shape": list(data.shape), "strings": [str(item) for item in data.ravel()]}
    if data.dtype.kind == "M":
        data = data.view("int64")
    return answers.values(data)


def fill_of(dtype):
    return math.nan if dtype.startswith("float") else 7


def numbers(dataset, rng, *, parts):
    """Each type of number in chunks that the shape does not fill; `parts`: some chunks are never written, one in part."""
    for dtype in NUMBERS:
        dataset.define_array(dtype, dtype, ["y", "x"], [5, 7], [2, 3], fill_of(dtype) if parts else None)
        values = (rng.normal(size=(5, 7)) * 50).astype(dtype) if dtype[0] != "u" else rng.integers(0, 200, (5, 7)).astype(dtype)
        if parts:
            dataset.write_array(dtype, [1, 2], np.ascontiguousarray(values[1:4, 2:5]))
        else:
            dataset.write_array(dtype, [0, 0], values)


def shapes(dataset, rng):
    """No dimension, one, four; unchunked; nothing written at all."""
    dataset.define_array("scalar", "float64", [], [], [])
    dataset.write_array("scalar", [], np.array(2.5))
    dataset.define_array("depth", "float32", ["depth"], [11])
    dataset.write_array("depth", [0], np.arange(11, dtype="float32") * 1.5)
    dataset.define_array("cube", "int16", ["t", "z", "y", "x"], [3, 2, 5, 4], [2, 2, 3, 3], -1)
    dataset.write_array("cube", [0, 0, 0, 0], rng.integers(-999, 999, (3, 2, 5, 4)).astype("int16"))
    dataset.define_array("unwritten", "int32", ["x"], [6], [4], 42)
    dataset.define_array("unfilled", "int32", ["x"], [6], [4])


def words(dataset):
    """Text and times, written whole, in part and not at all."""
    names = np.array(["alpha", "", "gamma é", "日本", "a name of more than sixteen bytes"], dtype=object)
    dataset.define_array("station", "string", ["station"], [5], [2])
    dataset.write_array("station", [0], names)
    dataset.define_array("partial", "string", ["station"], [5], [2], "none")
    dataset.write_array("partial", [1], names[:1])
    nat = -(2**63)
    times = np.array(["2023-11-14T22:13:20", "NaT", "1969-12-31T23:59:59.999999999"], "datetime64[ns]").view("int64")
    dataset.define_array("time", "timestamp_nanoseconds", ["time"], [3], [2], nat)
    dataset.write_array("time", [0], times)
    dataset.define_array("no_time", "timestamp_nanoseconds", ["time"], [3], [2], nat)
