"""Sparse TileDB arrays, one for each feature of the format."""

import time

import numpy as np
import tiledb
from tiledb.sparse_array import _setitem_impl_sparse

from support.tiledb_answers import copy_array, fresh_array, save_sparse

START = 1_700_000_000_000


def filters(*chain):
    return tiledb.FilterList(list(chain))


def plane(dtype="int32", low=-1000, high=1000, tile=100, **options):
    return tiledb.Domain(*(tiledb.Dim(n, domain=(low, high), tile=tile, dtype=dtype, **options) for n in "xy"))


def create(name, domain, attrs, **options):
    path = fresh_array(name)
    options = {"sparse": True, "capacity": 10, **options}
    tiledb.Array.create(str(path), tiledb.ArraySchema(domain=domain, attrs=attrs, **options))
    return path


def write(path, coords, columns, step=0, nulls=None):
    """One fragment; `nulls` holds one flag a row of nullable attributes, true where there is a value."""
    when = {} if step is None else {"timestamp": START + step * 1000}
    with tiledb.open(str(path), "w", **when) as array:
        _setitem_impl_sparse(array, tuple(coords), columns, nulls or {})


def spread(count, seed, low=-60, high=60):
    """Distinct whole coordinates."""
    rng = np.random.default_rng(seed)
    cells = rng.choice((high - low) ** 2, count, replace=False)
    return (cells // (high - low) + low).astype("int32"), (cells % (high - low) + low).astype("int32")


BOXES = [
    ("everything", {}),
    ("a box", {"bbox": [-20, -20, 25, 30]}),
    ("a box between cells", {"bbox": [-20.5, -19.5, 25.5, 30.25]}),
    ("nothing", {"bbox": [85, 85, 86, 86]}),
]


def mixed():
    """Text of every kind, nulls, enumerations, blobs, times."""
    trees = tiledb.Enumeration("trees", False, np.array(["oak", "pine", "beech", "unused"]))
    path = create(
        "mixed", plane(), allows_duplicates=True, enums=[trees],
        attrs=[
            tiledb.Attr("name", dtype=str, var=True),
            tiledb.Attr("code", dtype="ascii", var=True, filters=filters(tiledb.RleFilter())),
            tiledb.Attr("kind", dtype="ascii", var=True, filters=filters(tiledb.DictionaryFilter(), tiledb.ZstdFilter())),
            tiledb.Attr("count", dtype="int32", nullable=True),
            tiledb.Attr("weight", dtype="float64", nullable=True),
            tiledb.Attr("note", dtype=str, var=True, nullable=True),
            tiledb.Attr("tree", dtype="int8", enum_label="trees"),
            tiledb.Attr("blob", dtype=bytes, var=True),
            tiledb.Attr("seen", dtype="datetime64[s]"),
        ],
    )
    for step, (count, seed) in enumerate([(37, 1), (23, 2)]):
        x, y = spread(count, seed)
        row = np.arange(count) + 100 * step
        write(path, (x, y), {
            "name": np.array([["", "Esche", "näher", "空", "ein-längerer-Name"][i % 5] + (str(i) if i % 3 else "") for i in row], "O"),
            "code": np.array([["ab", "ab", "ab", "", "xyz"][i // 4 % 5] for i in row], "O"),
            "kind": np.array([["leaf", "wood", "", "ground"][i * 7 % 4] for i in row], "O"),
            "count": (row * 3).astype("int32"), "weight": row / 4, "note": np.array([f"n{i}" for i in row], "O"),
            "tree": (row % 3).astype("int8"), "blob": np.array([bytes([0, 255, i % 256]) * (i % 4) for i in row], "O"),
            "seen": (row * 86_400 + 1_600_000_000).astype("datetime64[s]"),
        }, step, {"count": row % 4 != 0, "weight": row % 7 != 0, "note": row % 3 != 1})
    save_sparse("mixed", path, dims=["x", "y"], sorted_by=[], queries=[
        *BOXES,
        ("a range on a nullable field", {"ranges": {"count": [12, 60]}}),
        ("one field of text", {"bbox": [-20, -20, 25, 30], "fields": ["name"]}),
    ], about=mixed.__doc__)


def several():
    """Several values a cell; 64-bit and small coordinates."""
    for name, dtype in [("wide", "int64"), ("narrow", "int8")]:
        path = create(
            name, plane(dtype, -100, 100, 10), allows_duplicates=True,
            attrs=[tiledb.Attr("rgb", dtype=np.dtype([("", np.uint8)] * 3), filters=filters(tiledb.RleFilter()))],
        )
        x, y = spread(40, 3)
        rgb = np.array([(i % 3, i % 3, i % 3) for i in range(40)], dtype=np.dtype([("", np.uint8)] * 3))
        with tiledb.open(str(path), "w", timestamp=START) as array:
            array[x.astype(dtype), y.astype(dtype)] = rgb
        save_sparse(name, path, dims=["x", "y"], queries=BOXES, about=several.__doc__)


def distinct():
    """Cells written again and again: the latest counts, whatever else is asked."""
    attrs = [tiledb.Attr("value", dtype="int32"), tiledb.Attr("row", dtype="uint16")]
    path = create("distinct", plane(), attrs)
    for step in range(4):
        x, y = spread(30, 10 + step % 2, -8, 8)
        write(path, (x, y), {"value": (np.arange(30) * (step + 1) % 50).astype("int32"),
                             "row": (np.arange(30) + 1000 * step).astype("uint16")}, step)
    queries = [*BOXES, ("old values do not come back", {"ranges": {"value": [0, 20]}, "fields": ["row"]}),
               ("as it was", {"timestamp": START + 1500}), ("as it was at first", {"timestamp": START}),
               ("before anything", {"timestamp": START - 1})]
    save_sparse("distinct", path, dims=["x", "y"], queries=queries, about=distinct.__doc__)
    merged = copy_array(path, "distinct-consolidated")
    tiledb.consolidate(str(merged))
    save_sparse("distinct-consolidated", merged, dims=["x", "y"], queries=queries, about="the same, not vacuumed")
    vacuumed = copy_array(merged, "distinct-vacuumed")
    tiledb.vacuum(str(vacuumed))
    write(vacuumed, spread(30, 10, -8, 8), {"value": np.full(30, 7, "int32"), "row": np.arange(30, dtype="uint16")}, 9)
    save_sparse("distinct-vacuumed", vacuumed, dims=["x", "y"], queries=queries, about="the same, vacuumed and written to")


def deletes():
    """Delete conditions between writes, in every state of consolidation."""
    attrs = [tiledb.Attr("value", dtype="int32"), tiledb.Attr("tag", dtype="ascii", var=True)]

    def fill(path, step):
        x, y = spread(30, 20 + step)
        write(path, (x, y), {"value": (np.arange(30) + step * 20).astype("int32"),
                             "tag": np.array([["a", "b", "c"][i % 3] for i in range(30)], "O")}, step)

    def delete(path, condition, step):
        with tiledb.open(str(path), "d", timestamp=START + step * 1000) as array:
            array.query(cond=condition).submit()

    path = create("deletes", plane(), attrs, allows_duplicates=True)
    fill(path, 0)
    delete(path, "value >= 5 and value < 9", 1)
    fill(path, 2)
    delete(path, "tag == 'b' or x > 40", 3)
    fill(path, 4)
    queries = [*BOXES, ("other fields than the conditions'", {"fields": ["value"], "bbox": [-50, -50, 50, 50]}),
               ("between the conditions", {"timestamp": START + 2500})]
    save_sparse("deletes", path, dims=["x", "y"], queries=queries, about=deletes.__doc__)
    commits = copy_array(path, "deletes-commits")
    tiledb.consolidate(str(commits), config=tiledb.Config({"sm.consolidation.mode": "commits"}))
    tiledb.vacuum(str(commits), config=tiledb.Config({"sm.vacuum.mode": "commits"}))
    save_sparse("deletes-commits", commits, dims=["x", "y"], queries=queries, about="commits consolidated")
    merged = copy_array(path, "deletes-consolidated")
    tiledb.consolidate(str(merged))
    save_sparse("deletes-consolidated", merged, dims=["x", "y"], queries=queries, about="fragments consolidated")
    vacuumed = copy_array(merged, "deletes-vacuumed")
    tiledb.vacuum(str(vacuumed))
    save_sparse("deletes-vacuumed", vacuumed, dims=["x", "y"], queries=queries[:-1], about="fragments vacuumed")


def other_dimensions():
    """A dimension of text; times as a dimension; Hilbert order; single precision."""
    domain = tiledb.Domain(
        tiledb.Dim("station", dtype="ascii"),
        tiledb.Dim("x", domain=(-100, 100), tile=20, dtype="int32"),
        tiledb.Dim("y", domain=(-100, 100), tile=20, dtype="int32"),
    )
    path = create("stations", domain, [tiledb.Attr("value", dtype="uint64")], allows_duplicates=True)
    x, y = spread(35, 30)
    names = np.array([["north", "south", "", "east"][i % 4] for i in range(35)], "O")
    write(path, (names, x, y), {"value": np.arange(35, dtype="uint64") + 2**60})
    save_sparse("stations", path, dims=["x", "y"], queries=BOXES, about="a dimension of text")

    domain = tiledb.Domain(
        tiledb.Dim("lon", domain=(-180.0, 180.0), tile=10.0, dtype="float32"),
        tiledb.Dim("lat", domain=(-90.0, 90.0), tile=10.0, dtype="float32"),
        tiledb.Dim("time", domain=(np.datetime64("2000-01-01", "ms"), np.datetime64("2100-01-01", "ms")),
                   tile=np.timedelta64(86_400_000, "ms"), dtype="datetime64[ms]"),
    )
    path = create("tracks", domain, [tiledb.Attr("speed", dtype="float32")], allows_duplicates=True)
    rng = np.random.default_rng(31)
    lon, lat = rng.uniform(-30, 30, (2, 60)).astype("float32")
    time = np.datetime64("2020-06-01", "ms") + rng.integers(0, 30 * 86_400_000, 60).astype("timedelta64[ms]")
    write(path, (lon, lat, time), {"speed": rng.uniform(0, 9, 60).astype("float32")})
    save_sparse("tracks", path, dims=["lon", "lat"], queries=[
        ("everything", {}), ("a box", {"bbox": [-10.5, -10.25, 20.125, 15.0]}),
        ("a fortnight", {"ranges": {"time": ["2020-06-08T00:00:00", "2020-06-21T12:00:00"]}}),
    ], about="single precision, and times as a dimension")

    path = create("hilbert", plane("float64", -100.0, 100.0, None), [tiledb.Attr("row", dtype="int32")],
                  allows_duplicates=True, cell_order="hilbert")
    rng = np.random.default_rng(32)
    x, y = rng.uniform(-50, 50, (2, 80))
    write(path, (x, y), {"row": np.arange(80, dtype="int32")})
    save_sparse("hilbert", path, dims=["x", "y"], queries=BOXES, about="cells in Hilbert order")


def evolved():
    """An attribute added after the first fragment, another dropped after the second."""
    attrs = [tiledb.Attr("old", dtype="int32"), tiledb.Attr("kept", dtype="float64")]
    path = create("evolved", plane(), attrs, allows_duplicates=True)
    x, y = spread(20, 40)
    write(path, (x, y), {"old": np.arange(20, dtype="int32"), "kept": np.arange(20) / 2.0}, None)
    time.sleep(0.01)  # the schema of a write is the latest of its time, which evolution tells by the clock
    change = tiledb.ArraySchemaEvolution()
    change.add_attribute(tiledb.Attr("added", dtype="int16", fill=-7))
    change.array_evolve(str(path))
    time.sleep(0.01)
    x, y = spread(20, 41)
    write(path, (x, y), {"old": np.arange(20, dtype="int32"), "kept": np.arange(20) / 4.0,
                         "added": np.arange(20, dtype="int16")}, None)
    time.sleep(0.01)
    change = tiledb.ArraySchemaEvolution()
    change.drop_attribute("old")
    change.array_evolve(str(path))
    time.sleep(0.01)
    x, y = spread(20, 42)
    write(path, (x, y), {"kept": np.arange(20) / 8.0, "added": np.arange(20, dtype="int16")}, None)
    save_sparse("evolved", path, dims=["x", "y"], queries=BOXES, about=evolved.__doc__)


def chains():
    """One attribute for each filter, and PDAL's chains on coordinates."""
    pipelines = {
        "gzip": [tiledb.GzipFilter(6)], "lz4": [tiledb.LZ4Filter()], "zstd": [tiledb.ZstdFilter(3)],
        "rle": [tiledb.RleFilter()], "double_delta": [tiledb.DoubleDeltaFilter()], "delta": [tiledb.DeltaFilter()],
        "bit_width": [tiledb.BitWidthReductionFilter(window=64)], "positive": [tiledb.PositiveDeltaFilter()],
        "bit_shuffle": [tiledb.BitShuffleFilter(), tiledb.ZstdFilter()],
        "byte_shuffle": [tiledb.ByteShuffleFilter(), tiledb.LZ4Filter()],
        "md5": [tiledb.ChecksumMD5Filter()], "sha256": [tiledb.ZstdFilter(), tiledb.ChecksumSHA256Filter()],
        "xor": [tiledb.XORFilter(), tiledb.ZstdFilter()], "bzip2": [tiledb.Bzip2Filter()],
        "long": [tiledb.DeltaFilter(), tiledb.BitWidthReductionFilter(), tiledb.ByteShuffleFilter(), tiledb.ZstdFilter(),
                 tiledb.ChecksumMD5Filter()],
    }
    path = create(
        "filters", plane(), allows_duplicates=True, capacity=10_000,
        attrs=[tiledb.Attr(name, dtype="int32", filters=filters(*chain)) for name, chain in pipelines.items()],
    )
    count = 700
    x, y = spread(count, 50)
    values = np.sort(np.random.default_rng(51).integers(0, 100_000, count)).astype("int32")
    order = np.lexsort((y, x, y // 100, x // 100))  # global order: by space tile, then by cell
    columns = {}
    for name in pipelines:
        columns[name] = np.empty(count, "int32")
        columns[name][order] = values
    write(path, (x, y), columns)
    save_sparse("filters", path, dims=["x", "y"], queries=BOXES[:2], about=chains.__doc__)

    scale = tiledb.FloatScaleFilter(factor=0.01, offset=0.0, bytewidth=4)
    balanced = filters(scale, tiledb.DeltaFilter(reinterp_dtype=np.int32), tiledb.BitShuffleFilter(), tiledb.ZstdFilter(7))
    aggressive = filters(scale, tiledb.DeltaFilter(reinterp_dtype=np.int32), tiledb.BitWidthReductionFilter(), tiledb.Bzip2Filter(9))
    rng = np.random.default_rng(52)
    for name, chain in [("pdal-balanced", balanced), ("pdal-aggressive", aggressive)]:
        domain = tiledb.Domain(*(
            tiledb.Dim(n, domain=(-10_000.0, 10_000.0), tile=None, dtype="float64", filters=chain) for n in "XYZ"
        ))
        path = create(name, domain, [tiledb.Attr("Intensity", dtype="uint16", filters=filters(tiledb.DeltaFilter(), tiledb.ZstdFilter(7)))],
                      allows_duplicates=True, cell_order="hilbert", capacity=100)
        x, y, z = np.round(rng.uniform(-60, 60, (3, 250)), 2)
        write(path, (x, y, z), {"Intensity": rng.integers(0, 65536, 250).astype("uint16")})
        save_sparse(name, path, dims=["X", "Y", "Z"], queries=[
            ("everything", {}), ("a box", {"bbox": [-20, -20, 25, 30]}),
            ("a box of three dimensions", {"bbox": [-20, -20, -10, 25, 30, 40]}),
        ], about="coordinates in the chains of PDAL's writer")


def statistics():
    """Values that follow the order of tiles, with what makes their statistics lie: NaN, nulls, infinities, an added field."""
    path = create("statistics", plane(), allows_duplicates=True, attrs=[
        tiledb.Attr("rank", dtype="int32"), tiledb.Attr("small", dtype="uint8"), tiledb.Attr("whole", dtype="int64"),
        tiledb.Attr("height", dtype="float64"), tiledb.Attr("gappy", dtype="float64"), tiledb.Attr("single", dtype="float32"),
        tiledb.Attr("maybe", dtype="int16", nullable=True), tiledb.Attr("seen", dtype="datetime64[s]"),
    ])
    count = 95
    row = np.arange(count)
    for step in range(2):
        rank = row + 1000 * step
        gappy = rank / 2.0
        gappy[2::10] = np.nan  # the library forgets what came before a NaN
        gappy[55] = -np.inf
        write(path, (row, np.full(count, step)), {
            "rank": rank.astype("int32"), "small": (rank % 250).astype("uint8"), "whole": rank + 2**60,
            "height": rank / 4.0, "gappy": gappy, "single": (rank / 10).astype("float32"),
            "maybe": rank.astype("int16"), "seen": (rank * 60).astype("datetime64[s]"),
        }, step, {"maybe": (row < 40) | (row % 3 == 0)})
    ranges = [
        ("rank", [23, 41]), ("rank", [1005, 1005]), ("small", [0, 3]), ("height", [5.0, 6.5]), ("gappy", [10.0, 11.0]),
        ("gappy", [0.0, 0.5]), ("gappy", [25, 31]), ("single", [2.05, 2.35]), ("maybe", [45, 70]), ("maybe", [5000, 6000]),
        ("seen", ["1970-01-01T00:20:00", "1970-01-01T00:25:00"]),
    ]
    queries = [(f"{name} {low} to {high}", {"ranges": {name: [low, high]}}) for name, (low, high) in ranges]
    queries.append(("two ranges", {"ranges": {"rank": [10, 60], "height": [12, 30]}, "fields": ["rank"]}))
    save_sparse("statistics", path, dims=["x", "y"], queries=queries, about=statistics.__doc__)
    merged = copy_array(path, "statistics-merged")
    tiledb.consolidate(str(merged))
    tiledb.vacuum(str(merged))
    save_sparse("statistics-merged", merged, dims=["x", "y"], queries=queries, about="the same, consolidated")


MAKERS = (mixed, several, distinct, deletes, other_dimensions, evolved, chains, statistics)

for make in MAKERS:
    make()
