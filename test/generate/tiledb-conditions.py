"""Delete conditions on every kind of field: text, bytes of one and of any length, nulls, enumerations, membership, dimensions."""

import shutil

import numpy as np
import tiledb
from tiledb.sparse_array import _setitem_impl_sparse

from support.tiledb_answers import copy_array, fresh_array, save_sparse

START = 1_700_000_000_000
CONDITIONS = {
    "text": "name == 'Esche' or name > 'näher1'",
    "bytes": "code == 'c' or code < 'aa'",
    "fixed": "tag == 'abc' or tag == 'qqq'",  # the library compares the first byte of several: it takes 'abd' too
    "fixed-among": "tag in ['abc', 'qqq']",
    "nulls": "maybe < 30",  # conditions that ask for null itself are written by the library and refused when it reads them
    "categories": "tree == 'oak'",
    "among": "row in [3, 5, 30, 31, 32] or tree in ['pine', 'beech'] and row > 40",
    "others": "name not in ['Esche', '', 'näher4']",
    "floats": "weight > 2.25 and (weight < 5.5 or x < 10)",
    "dimensions": "x >= 0 and y < 0",
}


def create():
    path = fresh_array("conditions")
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(-1000, 1000), tile=100, dtype="int32") for n in "xy"))
    attrs = [
        tiledb.Attr("row", dtype="uint16"), tiledb.Attr("name", dtype=str, var=True), tiledb.Attr("code", dtype="ascii", var=True),
        tiledb.Attr("tag", dtype="S3"), tiledb.Attr("maybe", dtype="int16", nullable=True),
        tiledb.Attr("tree", dtype="int8", enum_label="trees"), tiledb.Attr("weight", dtype="float64"),
        tiledb.Attr("seen", dtype="datetime64[s]"),
    ]
    trees = tiledb.Enumeration("trees", False, np.array(["oak", "pine", "beech"]))
    tiledb.Array.create(str(path), tiledb.ArraySchema(
        domain=domain, attrs=attrs, sparse=True, allows_duplicates=True, capacity=10, enums=[trees]))
    for step in range(2):
        row = np.arange(30) + 30 * step
        cells = np.random.default_rng(70 + step).choice(100 * 100, 30, replace=False)
        with tiledb.open(str(path), "w", timestamp=START + step * 2000) as array:
            _setitem_impl_sparse(array, ((cells // 100 - 50).astype("int32"), (cells % 100 - 50).astype("int32")), {
                "row": row.astype("uint16"), "name": np.array([["", "Esche", "näher", "空"][i % 4] + (str(i) if i % 3 else "") for i in row], "O"),
                "code": np.array([["ab", "c", "", "xyz", "a"][i % 5] for i in row], "O"),
                "tag": np.array([[b"abc", b"xyz", b"abd"][i % 3] for i in row], "S3"), "maybe": row.astype("int16"),
                "tree": (row % 3).astype("int8"), "weight": row / 4, "seen": row.astype("datetime64[s]"),
            }, {"maybe": row % 4 != 0})
    return path


def main():
    path = create()
    for name, condition in CONDITIONS.items():
        changed = copy_array(path, f"conditions-{name}")
        # After the first of two fragments, so that the second keeps what the condition takes.
        with tiledb.open(str(changed), "d", timestamp=START + 1000) as array:
            array.query(cond=condition).submit()
        save_sparse(f"conditions-{name}", changed, dims=["x", "y"], queries=[
            ("everything", {"fields": ["row", "maybe"]}), ("a box", {"bbox": [-20, -20, 25, 30], "fields": ["row"]}),
            ("before", {"timestamp": START + 500, "fields": ["row"]}),
        ], about=f"{__doc__} Here: {condition}")
    shutil.rmtree(path)


main()
