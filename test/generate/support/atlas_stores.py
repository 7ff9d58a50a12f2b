"""ATLAS directory stores with what the package that wrote them answers. Only the API that all releases of them share."""

import math

import numpy as np
from atlas import Atlas

from .answers import Answers, fresh_store, json_value, versions

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


def answer(name, path, about):
    """Everything the package says of a store, opened afresh."""
    store = Atlas.open(str(path))
    answers = Answers("atlas", name, path, format="atlas", generator=versions("atlas-python", "numpy"), about=about,
                      listed=store.list_datasets(), datasets={})
    for dataset in store.list_datasets():
        view = store.open_dataset(dataset)
        arrays = {}
        for array in view.list_arrays():
            meta = view.array_meta(array)
            arrays[array] = {
                "dtype": meta["dtype"], "shape": list(meta["shape"]), "chunks": list(meta["chunk_shape"]),
                "dimensions": list(meta["dimension_names"]), "fill": plain(view.array_fill_value(array)),
                "stats": {key: plain(value) for key, value in (view.array_stats(array) or {}).items()},
                "data": values_of(answers, view.read_array(array)),
                "windows": [
                    {"start": start, "shape": shape, "data": values_of(answers, view.read_array(array, start, shape))}
                    for start, shape in windows_of(meta["shape"])
                ],
            }
            if hasattr(view, "array_attributes"):
                arrays[array]["attributes"] = {k: plain(v) for k, v in view.array_attributes(array).items()}
        attributes = {k: plain(v) for k, v in view.attributes().items()}
        answers.document["datasets"][dataset] = {"attributes": attributes, "arrays": arrays}
    answers.save()


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


def describe(dataset):
    for key, value in (("month", 1), ("title", "January"), ("ratio", 2.0), ("is_raw", True), ("large", 2**60)):
        dataset.set_attribute(key, value)
    if hasattr(dataset, "set_array_attribute"):
        dataset.set_array_attribute("int8", "units", "degC")
        dataset.set_array_attribute("int8", "scale", 0.5)


def fill_store(store):
    rng = np.random.default_rng(80)
    whole = store.create_dataset("whole")
    numbers(whole, rng, parts=False)
    shapes(whole, rng)
    words(whole)
    describe(whole)
    numbers(store.create_dataset("parts"), rng, parts=True)


def write_all(prefix, forms=(("zstd", "json", "none"),)):
    """A store of each form (codec of the blocks, encoding and compression of the metadata); layers, and what compaction makes of them."""
    for number, (codec, form, compression) in enumerate(forms):
        name = f"{prefix}-{codec}-{form}" + ("" if compression == "none" else f"-{compression}")
        path = fresh_store("atlas", name, ".atlas")
        with Atlas.create(str(path), codec=codec, meta_format=form, meta_compression=compression) as store:
            if number < 3:
                fill_store(store)
            else:
                dataset = store.create_dataset("only")
                dataset.define_array("v", "int32", ["x"], [5], [2])
                dataset.write_array("v", [0], np.arange(5, dtype="int32"))
        answer(name, path, f"{codec} blocks, metadata in {form}, {compression} around it")
    for name in ("layers", "compacted"):
        path = fresh_store("atlas", f"{prefix}-{name}", ".atlas")
        with Atlas.create(str(path)) as store:
            layer(store)
            if name == "compacted":
                store.compact()
        answer(f"{prefix}-{name}", path, "three flushes: overwritten chunks, a deleted array, datasets deleted and made again")


def write_names(prefix):
    """Names that keys encode. The packages encode those of layers twice and cannot read them again: the answers are what was written."""
    path = fresh_store("atlas", f"{prefix}-names", ".atlas")
    shown = {"a#b": np.arange(5, dtype="int16"), "é t": np.arange(5, 10, dtype="int16")}
    with Atlas.create(str(path)) as store:
        dataset = store.create_dataset("d é#")
        for name, data in shown.items():
            dataset.define_array(name, "int16", ["x"], [5], [2])
            dataset.write_array(name, [0], data)
    answers = Answers("atlas", f"{prefix}-names", path, format="atlas", generator=versions("atlas-python", "numpy"),
                      about=write_names.__doc__, listed=["d é#"], datasets={"d é#": {"arrays": {
                          name: {"dtype": "int16", "shape": [5], "chunks": [2], "dimensions": ["x"], "windows": []}
                          for name in shown}}})
    for name, data in shown.items():
        answers.document["datasets"]["d é#"]["arrays"][name]["data"] = answers.values(data)
    answers.save()


def layer(store):
    """Datasets are named so that an object in JavaScript would put them in another order."""
    for name in ("2024", "1999", "again", "gone"):
        dataset = store.create_dataset(name)
        for array in ("v", "w"):
            dataset.define_array(array, "float32", ["y", "x"], [4, 5], [2, 2], math.nan)
            dataset.write_array(array, [0, 0], np.arange(20, dtype="float32").reshape(4, 5) + len(name) * 100)
        dataset.set_attribute("month", len(name))
    store.flush()
    dataset = store.open_dataset("2024")
    dataset.write_array("v", [1, 1], np.full((2, 2), -1, "float32"))
    dataset.delete_array("w")
    store.delete_dataset("1999")
    store.delete_dataset("again")
    store.flush()
    dataset = store.create_dataset("again")
    dataset.define_array("v", "float32", ["y", "x"], [4, 5], [2, 2], math.nan)
    dataset.write_array("v", [0, 0], np.full((2, 2), 5, "float32"))
    store.open_dataset("2024").write_array("v", [3, 4], np.full((1, 1), -2, "float32"))
    store.flush()
