"""Attributes whose cells are lists of numbers, each of its own length: sparse and dense, nullable, filtered, of every kind of number."""

import numpy as np
import tiledb
from tiledb.sparse_array import _setitem_impl_sparse

from support.tiledb_answers import copy_array, fresh_array, save_dense, save_sparse

START = 1_700_000_000_000
TYPES = ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float32", "float64", "datetime64[s]"]


def attributes():
    chain = tiledb.FilterList([tiledb.ByteShuffleFilter(), tiledb.ZstdFilter(3)])
    delta = tiledb.FilterList([tiledb.DoubleDeltaFilter(), tiledb.ZstdFilter(3)])
    return [
        *(tiledb.Attr(name(dtype), dtype=dtype, var=True, filters=chain) for dtype in TYPES),
        tiledb.Attr("plain", dtype="int32", var=True), tiledb.Attr("delta", dtype="int64", var=True, filters=delta),
        tiledb.Attr("maybe", dtype="int16", var=True, nullable=True),
    ]


def name(dtype):
    return dtype.split("[")[0]


def columns(count, seed):
    """Lists of up to three numbers."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 4, count)
    return {
        attr: lists(lengths, dtype, rng)
        for attr, dtype in [*((name(dtype), dtype) for dtype in TYPES), ("plain", "int32"), ("delta", "int64"), ("maybe", "int16")]
    }


def lists(lengths, dtype, rng):
    cells = np.empty(len(lengths), "O")
    for index, length in enumerate(lengths):
        numbers = rng.normal(size=length) if dtype.startswith("float") else rng.integers(0, 120, length) - (0 if dtype[0] in "ud" else 60)
        cells[index] = numbers.astype(dtype)
    return cells


def sparse():
    path = fresh_array("lists")
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(-1000, 1000), tile=100, dtype="int32") for n in "xy"))
    tiledb.Array.create(str(path), tiledb.ArraySchema(domain=domain, attrs=attributes(), sparse=True, allows_duplicates=True, capacity=10))
    for step, count in enumerate((33, 21)):
        cells = np.random.default_rng(90 + step).choice(100 * 100, count, replace=False)
        with tiledb.open(str(path), "w", timestamp=START + step * 1000) as array:
            coords = ((cells // 100 - 50).astype("int32"), (cells % 100 - 50).astype("int32"))
            _setitem_impl_sparse(array, coords, columns(count, 92 + step), {"maybe": np.arange(count) % 3 != 1})
    queries = [("everything", {}), ("a box", {"bbox": [-20, -20, 25, 30]}), ("nothing", {"bbox": [85, 85, 86, 86]})]
    save_sparse("lists", path, dims=["x", "y"], queries=queries, about=__doc__)
    merged = copy_array(path, "lists-merged")
    tiledb.consolidate(str(merged))
    tiledb.vacuum(str(merged))
    save_sparse("lists-merged", merged, dims=["x", "y"], queries=queries, about="the same, consolidated")


def dense():
    for cell_order in ("row-major", "col-major"):
        label = f"dense-lists-{cell_order[:3]}"
        path = fresh_array(label)
        domain = tiledb.Domain(*(tiledb.Dim(n, domain=(0, high), tile=tile, dtype="int32") for n, high, tile in [("y", 10, 4), ("x", 8, 3)]))
        tiledb.Array.create(str(path), tiledb.ArraySchema(domain=domain, attrs=attributes(), cell_order=cell_order))
        for step, (y, x) in enumerate([((0, 9), (0, 7)), ((3, 6), (2, 8))]):
            shape = (y[1] - y[0], x[1] - x[0])
            count = shape[0] * shape[1]
            values = {attr: cells.reshape(shape) for attr, cells in columns(count, 95 + step).items()}
            with tiledb.open(str(path), "w", timestamp=START + step * 1000) as array:
                array._setitem_impl((slice(*y), slice(*x)), values, {"maybe": (np.arange(count).reshape(shape) % 4 != 2).astype("uint8")})
        save_dense(label, path, [
            ("everything", {}), ("a box within tiles", {"ranges": {"y": [3, 8], "x": [1, 7]}}),
            ("cells nobody wrote", {"ranges": {"y": [9, 10], "x": [0, 2]}}), ("as it was", {"timestamp": START + 500}),
        ], about=__doc__)


for make in (sparse, dense):
    make()
