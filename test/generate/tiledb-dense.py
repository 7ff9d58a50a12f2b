"""Dense TileDB arrays: orders of tiles and cells, overlapping fragments, fill values, several values a cell."""

import numpy as np
import tiledb

from support.tiledb_answers import copy_array, fresh_array, save_dense

START = 1_700_000_000_000


def dim(name, high, tile, dtype="int32", low=0):
    return tiledb.Dim(name, domain=(low, high), tile=tile, dtype=dtype)


BOXES = [
    ("everything", {}),
    ("a box within tiles", {"ranges": {"y": [3, 11], "x": [2, 9]}}),
    ("one cell", {"ranges": {"y": [7, 7], "x": [5, 5]}}),
    ("cells nobody wrote", {"ranges": {"y": [0, 1], "x": [12, 13]}}),
    ("one row", {"ranges": {"y": [9, 9]}}),
]


def orders():
    """Every order of tiles and cells; three fragments over one another; a domain that tiles do not fill."""
    for tile_order in ("row-major", "col-major"):
        for cell_order in ("row-major", "col-major"):
            name = f"dense-{tile_order[:3]}-{cell_order[:3]}"
            path = fresh_array(name)
            schema = tiledb.ArraySchema(
                domain=tiledb.Domain(dim("y", 18, 5), dim("x", 13, 4)), tile_order=tile_order, cell_order=cell_order,
                attrs=[
                    tiledb.Attr("value", dtype="int32", filters=tiledb.FilterList([tiledb.ZstdFilter(3)])),
                    tiledb.Attr("ratio", dtype="float64", fill=-1.5),
                ],
            )
            tiledb.Array.create(str(path), schema)
            rng = np.random.default_rng(60)
            for step, (y, x) in enumerate([((0, 15), (0, 11)), ((4, 12), (3, 13)), ((6, 9), (1, 7))]):
                shape = (y[1] - y[0], x[1] - x[0])
                with tiledb.open(str(path), "w", timestamp=START + step * 1000) as array:
                    array[y[0]:y[1], x[0]:x[1]] = {
                        "value": (rng.integers(0, 1000, shape) + 1000 * step).astype("int32"),
                        "ratio": rng.normal(size=shape),
                    }
            queries = [*BOXES, ("as it was", {"timestamp": START + 1500})]
            save_dense(name, path, queries, about=orders.__doc__)
            if name == "dense-row-row":
                merged = copy_array(path, "dense-consolidated")
                tiledb.consolidate(str(merged))
                tiledb.vacuum(str(merged))
                save_dense("dense-consolidated", merged, BOXES, about="consolidated and vacuumed")


def others():
    """Three dimensions that begin below zero; times; several values a cell; one dimension without a name for its attribute."""
    path = fresh_array("dense-cube")
    domain = tiledb.Domain(dim("z", 5, 2, low=-2), dim("y", 8, 3, low=-4), dim("x", 9, 4, low=-5))
    rgb = np.dtype([("", np.uint8)] * 3)
    tiledb.Array.create(str(path), tiledb.ArraySchema(domain=domain, attrs=[tiledb.Attr("rgb", dtype=rgb)], cell_order="col-major"))
    values = np.zeros((8, 13, 15), rgb)
    flat = np.random.default_rng(61).integers(0, 256, (8, 13, 15, 3))
    for i, field in enumerate(values.dtype.names):
        values[field] = flat[..., i]
    with tiledb.open(str(path), "w", timestamp=START) as array:
        array[:] = values
    save_dense("dense-cube", path, [
        ("everything", {}), ("a box", {"ranges": {"z": [-1, 2], "y": [-3, 5], "x": [0, 7]}}),
    ], about=others.__doc__)

    path = fresh_array("dense-days")
    days = tiledb.Dim("day", domain=(np.datetime64("2020-01-01", "D"), np.datetime64("2020-03-31", "D")),
                      tile=np.timedelta64(10, "D"), dtype="datetime64[D]")
    tiledb.Array.create(str(path), tiledb.ArraySchema(domain=tiledb.Domain(days), attrs=[tiledb.Attr(dtype="float32")]))
    with tiledb.open(str(path), "w", timestamp=START) as array:
        array[np.datetime64("2020-01-05", "D"):np.datetime64("2020-02-20", "D")] = np.arange(47, dtype="float32")
    save_dense("dense-days", path, [("everything", {}), ("a fortnight", {"ranges": {"day": ["2020-02-10", "2020-02-24"]}})],
               about="days as a dimension, an attribute without a name")


def cells():
    """Text of every kind, bytes, nulls and enumerations, in both orders of cells; fragments over one another, cells nobody wrote."""
    for cell_order in ("row-major", "col-major"):
        name = f"dense-cells-{cell_order[:3]}"
        path = fresh_array(name)
        trees = tiledb.Enumeration("trees", False, np.array(["oak", "pine", "beech", "unused"]))
        schema = tiledb.ArraySchema(
            domain=tiledb.Domain(dim("y", 10, 4), dim("x", 8, 3)), cell_order=cell_order, enums=[trees],
            attrs=[
                tiledb.Attr("name", dtype=str, var=True),
                tiledb.Attr("kind", dtype="ascii", var=True, filters=tiledb.FilterList([tiledb.DictionaryFilter(), tiledb.ZstdFilter()])),
                tiledb.Attr("run", dtype="ascii", var=True, filters=tiledb.FilterList([tiledb.RleFilter()])),
                tiledb.Attr("blob", dtype=bytes, var=True),
                tiledb.Attr("note", dtype=str, var=True, nullable=True),
                tiledb.Attr("count", dtype="int32", nullable=True),
                tiledb.Attr("weight", dtype="float64", nullable=True, fill=-1.0),
                tiledb.Attr("tree", dtype="int8", enum_label="trees", fill=3),  # TileDB-Py cannot read codes without a name
            ],
        )
        tiledb.Array.create(str(path), schema)
        for step, (y, x) in enumerate([((0, 9), (0, 7)), ((3, 6), (2, 8))]):
            shape = (y[1] - y[0], x[1] - x[0])
            at = np.arange(shape[0] * shape[1]).reshape(shape) + 100 * step
            text = np.vectorize(lambda i: ["", "Esche", "näher", "空"][i % 4] + (str(i) if i % 3 else ""), otypes=["O"])(at)
            word = np.vectorize(lambda i: ["ab", "", "xyz"][i // 4 % 3], otypes=["O"])(at)
            blob = np.vectorize(lambda i: bytes([0, 255, i % 256]) * (i % 3 + 1), otypes=["O"])(at)
            values = {"name": text, "kind": word, "run": word, "blob": blob, "note": text, "count": at.astype("int32"),
                      "weight": at / 4, "tree": (at % 3).astype("int8")}
            nulls = {"note": (at % 3 != 1).astype("uint8"), "count": (at % 4 != 0).astype("uint8"), "weight": (at % 5 != 2).astype("uint8")}
            write_cells(path, step, y, x, values, nulls)
        save_dense(name, path, [
            ("everything", {}), ("a box within tiles", {"ranges": {"y": [3, 8], "x": [1, 7]}}),
            ("one cell", {"ranges": {"y": [5, 5], "x": [3, 3]}}), ("as it was", {"timestamp": START + 500}),
        ], about=cells.__doc__)


def write_cells(path, step, y, x, values, nulls):
    """One fragment; `nulls` holds one flag a cell of nullable attributes, 1 where there is a value."""
    with tiledb.open(str(path), "w", timestamp=START + step * 1000) as array:
        array._setitem_impl((slice(*y), slice(*x)), values, nulls)


MAKERS = (orders, others, cells)

for make in MAKERS:
    make()
