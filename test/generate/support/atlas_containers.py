"""ATLAS containers with what the package that wrote them answers. It reads metadata alone: values are those that were written."""

import numpy as np
from atlas._atlas import Atlas, AtlasWriter

from .answers import Answers, fresh_store, versions
from .atlas_contents import numbers, plain, shapes, values_of, windows_of, words

ATTRIBUTES = {
    "month": 1, "title": "January", "ratio": 2.0, "is_raw": True, "large": 2**60, "negative": -(2**40),
    "range": [0, 1], "limits": [0.5, 2.5], "flags": [True, False], "words": ["a", "longer than eight", "é"],
    "blob": b"\x01\x02", "nothing": [],
}


class Recorder:
    """A dataset being written, with the values that a reader must find: where nothing was written the fill value, and no text."""

    def __init__(self, writer):
        self.writer = writer
        self.values = {}

    def define_array(self, name, dtype, dims, shape, chunk_shape=None, fill_value=None):
        self.writer.define_array(name, dtype, dims, shape, chunk_shape, fill_value)
        if dtype == "string":
            self.values[name] = np.full(shape, "", dtype=object)
        else:
            kind = "int64" if dtype == "timestamp_nanoseconds" else dtype
            self.values[name] = np.full(shape, 0 if fill_value is None else fill_value, dtype=kind)

    def write_array(self, name, start, data):
        self.writer.write_array(name, start, data)
        self.values[name][tuple(slice(at, at + n) for at, n in zip(start, data.shape))] = data


def fill_store(path, codec):
    """Four datasets, one of them deleted when all is written; the values of each."""
    rng = np.random.default_rng(80)
    # The first dataset in a block of its own, as blocks end once they are so large.
    writer = AtlasWriter.create(str(path), codec, 2048)
    recorded = {}
    for name in ("2024", "1999", "whole é#", "bare"):
        dataset = writer.add_dataset(name)
        recorder = recorded[name] = Recorder(dataset)
        if name == "bare":
            recorder.define_array("int8", "int8", ["x"], [3])
            recorder.write_array("int8", [0], np.arange(3, dtype="int8"))
            dataset.finish()
            continue
        numbers(recorder, rng, parts=name != "whole é#")
        shapes(recorder, rng)
        words(recorder)
        if name != "1999":
            for key, value in ATTRIBUTES.items():
                dataset.set_attribute(key, f"{value} of {name}" if key == "title" else value)
                dataset.set_array_attribute("int8", key, f"{value} there" if key == "title" else value)
            dataset.set_array_attribute("cube", "units", "degC")
        dataset.finish()
    writer.finish()
    return recorded


def answer(name, path, recorded, about):
    store = Atlas.open(str(path))
    store.delete_dataset("1999")
    store = Atlas.open(str(path))
    summary = store.summary()
    answers = Answers("atlas", name, path, format="atlas", formatVersion=f"container {summary['format_version']}",
                      generator=versions("atlas-python", "numpy"), about=about, listed=store.list_datasets(), datasets={})
    for dataset in store.list_datasets():
        view = store.dataset(dataset)
        arrays = {}
        for array in view.list_arrays():
            meta = view.array_meta(array)
            values = recorded[dataset].values[array]
            arrays[array] = {
                "dtype": meta["dtype"], "shape": list(meta["shape"]), "chunks": list(meta["chunk_shape"]),
                "dimensions": list(meta["dimension_names"]), "fill": plain(view.array_fill_value(array)),
                "stats": {key: plain(value) for key, value in (view.array_stats(array) or {}).items()},
                "data": values_of(answers, values),
                "windows": [
                    {"start": start, "shape": shape,
                     "data": values_of(answers, values[tuple(slice(at, at + n) for at, n in zip(start, shape))])}
                    for start, shape in windows_of(meta["shape"])
                ],
                "attributes": {k: plain(v) for k, v in view.array_attributes(array).items()},
            }
        attributes = {k: plain(v) for k, v in view.attributes().items()}
        answers.document["datasets"][dataset] = {"attributes": attributes, "arrays": arrays}
    answers.save()


def write_all(prefix, codecs=("zstd",)):
    for codec in codecs:
        name = f"{prefix}-{codec}"
        path = fresh_store("atlas", name, ".atlas")
        recorded = fill_store(path, codec)
        answer(name, path, recorded, f"a container, {codec} blocks of 2 KiB, one dataset deleted")
