"""Writes one sparse and one dense array with whatever TileDB-Py runs it: `tiledb_old_writer.py FOLDER`. Python 3.8 and later."""

import sys
import time
from pathlib import Path

import numpy as np
import tiledb

COUNT = 40
# That release cannot write empty text.
SHORTEST = 1 if tiledb.__version__.startswith("0.4.") else 0


def points(step, shortest=0):
    rng = np.random.RandomState(90 + step)
    cells = rng.choice(120 * 120, COUNT, replace=False)
    row = np.arange(COUNT) + 100 * step
    return cells // 120 - 60.0, cells % 120 - 60.0, {
        "count": row.astype("int32"), "weight": row / 8.0, "code": np.array([b"ab" * (i % 3 + shortest) for i in row], dtype="O"),
    }


def plane(step):
    return (np.arange(8 * 7).reshape(8, 7) + 1000 * step).astype("int32")


def sparse_schema(domain, attrs, shuffled):
    common = {"domain": domain, "attrs": attrs, "sparse": True, "capacity": 16}
    try:
        return tiledb.ArraySchema(allows_duplicates=True, **common)
    except TypeError:  # before format 5: no duplicates, and all coordinates of a cell in one file
        return tiledb.ArraySchema(coords_filters=shuffled, **common)


def main(folder):
    zstd, shuffle = tiledb.ZstdFilter(3), tiledb.ByteShuffleFilter()
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(-100.0, 100.0), tile=25.0, dtype="float64") for n in "xy"))
    variable = {} if tiledb.__version__ < "0.6" else {"var": True}
    attrs = [
        tiledb.Attr("count", dtype="int32", filters=tiledb.FilterList([tiledb.BitWidthReductionFilter(), zstd])),
        tiledb.Attr("weight", dtype="float64", filters=tiledb.FilterList([shuffle, zstd])),
        tiledb.Attr("code", dtype=np.bytes_, **variable),
    ]
    path = str(folder / "sparse.tdb")
    tiledb.Array.create(path, sparse_schema(domain, attrs, tiledb.FilterList([shuffle, zstd])))
    for step in range(2):
        x, y, columns = points(step, SHORTEST)
        with tiledb.open(path, "w") as array:
            array[x, y] = columns
        time.sleep(0.01)  # the second write is the later one
    domain = tiledb.Domain(tiledb.Dim("y", domain=(0, 18), tile=5, dtype="int32"), tiledb.Dim("x", domain=(0, 13), tile=4, dtype="int32"))
    path = str(folder / "dense.tdb")
    tiledb.Array.create(path, tiledb.ArraySchema(domain=domain, attrs=[tiledb.Attr("value", dtype="int32")], cell_order="col-major"))
    for step, (y, x) in enumerate([(1, 2), (6, 5)]):
        with tiledb.open(path, "w") as array:
            array[y:y + 8, x:x + 7] = plane(step)
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
