"""ATLAS directory stores with what the package that wrote them answers. Only the API that all releases of them share."""

import math

import numpy as np
from atlas import Atlas

from .answers import Answers, fresh_store, versions
from .atlas_contents import numbers, plain, shapes, values_of, windows_of, words

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


CODECS = tuple((codec, "json", "none") for codec in ("zstd", "lz4", "none"))


def write_all(prefix, forms=CODECS):
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


def write_again(prefix):
    """A store made where another one was, whose only dataset had been deleted: the metadata were saved once, and there are three layers, the first with other values."""
    path = fresh_store("atlas", f"{prefix}-again", ".atlas")
    for first in (0, 100):
        with Atlas.create(str(path)) as store:
            dataset = store.create_dataset("d")
            dataset.define_array("v", "int32", ["x"], [5], [2], -1)
            dataset.write_array("v", [0], np.arange(first, first + 5, dtype="int32"))
            if first == 0:
                store.flush()
                store.delete_dataset("d")
    answer(f"{prefix}-again", path, write_again.__doc__)


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


def write_attributes(prefix):
    """Attributes set in three flushes. The packages mix them up: the answers are what was set, and `told` is what they say."""
    path = fresh_store("atlas", f"{prefix}-attributes", ".atlas")
    truth = {name: {"": {}, "v": {}} for name in ("a", "b", "c")}
    with Atlas.create(str(path)) as store:
        def dataset(name):
            if name in store.list_datasets():
                return store.open_dataset(name)
            made = store.create_dataset(name)
            made.define_array("v", "int32", ["x"], [4], [2], 0)
            made.write_array("v", [0], np.arange(4, dtype="int32"))
            return made

        def set_all(name, own, of_array):
            view = dataset(name)
            for key, value in own.items():
                view.set_attribute(key, value)
            for key, value in of_array.items():
                view.set_array_attribute("v", key, value)
            truth[name][""].update(own)
            truth[name]["v"].update(of_array)

        set_all("a", {"month": 1, "title": "A"}, {"units": "degC"})
        set_all("b", {"month": 2, "title": "B"}, {"units": "K", "scale": 0.5})
        store.flush()
        set_all("c", {"month": 3, "kind": "late"}, {"units": "m"})
        set_all("b", {"month": 5}, {})
        # Touched without an attribute: its places are copied.
        dataset("a").write_array("v", [0], np.full(1, 9, "int32"))
        store.flush()
        set_all("a", {"note": "added"}, {"scale": 0.25})
    store = Atlas.open(str(path))
    answers = Answers("atlas", f"{prefix}-attributes", path, format="atlas", generator=versions("atlas-python", "numpy"),
                      about=write_attributes.__doc__, listed=store.list_datasets(), datasets={}, told={})
    for name in store.list_datasets():
        view = store.open_dataset(name)
        stats = {key: plain(value) for key, value in view.array_stats("v").items()}
        answers.document["datasets"][name] = {"attributes": truth[name][""], "arrays": {"v": {
            "dtype": "int32", "shape": [4], "chunks": [2], "dimensions": ["x"], "windows": [], "stats": stats,
            "attributes": truth[name]["v"], "data": answers.values(view.read_array("v"))}}}
        answers.document["told"][name] = {
            "attributes": {k: plain(v) for k, v in view.attributes().items()},
            "v": {k: plain(v) for k, v in view.array_attributes("v").items()},
        }
    answers.save()
