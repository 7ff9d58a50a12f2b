"""One airborne-laser cloud in four formats, and what boxes of it hold.

    points.py <folder> <points>     points.zarrvectors, points.tdb, points.copc.laz, points.parquet … in <folder>

Coordinates are whole centimetres times 0.01, so that every format holds the same float64 numbers. Each file is written as a careful user
would; `docs/performance.md` tells the choices.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from checksum import checksum

WEST, SOUTH = 30_800_000, 468_800_000
"""Lower left corner, in centimetres."""
PER_SQUARE_METRE = 4
STRIP = 20_000
"""Width of a flight strip, in centimetres; points come strip by strip."""
SHARES = (0.0001, 0.01, 0.25)
CHUNK = 100.0
"""Edge of a Zarr-Vectors chunk, in metres: 40 000 points, about a megabyte of positions."""
ROW_GROUP = 50_000
"""Rows of a Parquet row group, the unit that hyparquet passes over: of 10 000 to 200 000 the fastest for it."""


def make_cloud(count):
    """Ground and forest on a slope, in the order of flight: columns x, y, z (centimetres), intensity, classification."""
    rng = np.random.default_rng(9)
    side = round(100 * (count / PER_SQUARE_METRE) ** 0.5)
    x = rng.integers(0, side + 1, count)
    y = rng.integers(0, side + 1, count)
    flown = np.lexsort((x, y // STRIP))
    x, y = x[flown], y[flown]
    height = np.where(rng.random(count) < 0.4, 0, rng.gamma(4, 4, count))
    cloud = np.empty(count, [("x", "i4"), ("y", "i4"), ("z", "i4"), ("intensity", "u2"), ("classification", "u1")])
    cloud["x"], cloud["y"] = WEST + x, SOUTH + y
    cloud["z"] = np.round(100 * (320 + x / 2000 + 15 * np.sin(y / 18_000) + height))
    cloud["classification"] = np.select([height == 0, height < 2, height < 8], [2, 3, 4], 5)
    cloud["intensity"] = np.clip(rng.normal(np.where(height == 0, 1800, 900), 300), 0, 65_535)
    return cloud


def metres(values):
    return values * 0.01


def write_zarr_vectors(folder, cloud):
    """As the package does by default, an object for each chunk, but compressed; and in shards of 16 chunks."""
    import zarr
    from zarr_vectors.types.points import write_points

    positions = np.stack([metres(cloud[axis]) for axis in "xyz"], axis=1)
    attributes = {name: np.ascontiguousarray(cloud[name]) for name in ("intensity", "classification")}
    for name, shard in (("points", None), ("points-shards", (4, 4, 1))):
        path = str(folder / f"{name}.zarrvectors")
        write_points(
            path, positions, chunk_shape=(CHUNK, CHUNK, 1000.0), dtype="float64", vertex_attributes=attributes,
            compressor="zstd", shard_shape=shard,
        )
        zarr.consolidate_metadata(path)


def write_tiledb(folder, cloud):
    import tiledb

    alsdb = import_module("tiledb-box")
    path = folder / "points.tdb"
    tiledb.Array.create(str(path), alsdb.schema())
    columns = {name: np.zeros(len(cloud), dtype) for name, dtype in alsdb.ATTRIBUTES}
    columns |= {"Z": metres(cloud["z"]), "Intensity": cloud["intensity"].copy(), "Classification": cloud["classification"].copy()}
    with tiledb.open(str(path), "w") as array:
        array[metres(cloud["x"]), metres(cloud["y"]), np.full(len(cloud), 2021, "int16")] = columns
        array.meta["crs"] = "EPSG:25830"
    alsdb.consolidate(path, "commits", "fragment_meta")


def write_copc(folder, cloud):
    import_module("points-copc").write_copc(folder / "points.copc.laz", cloud)


def write_parquet(folder, cloud):
    """GeoParquet 1.1 with GeoArrow points: their x and y have statistics of their own, so that no column of boxes is needed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    cloud = cloud[np.argsort(morton(cloud["x"] - WEST, cloud["y"] - SOUTH), kind="stable")]
    axes = [pa.array(metres(cloud[axis])) for axis in "xyz"]
    fields = [pa.field(axis, pa.float64(), nullable=False) for axis in "xyz"]
    columns = {"geometry": pa.StructArray.from_arrays(axes, fields=fields)}
    columns |= {name: pa.array(cloud[name]) for name in ("intensity", "classification")}
    schema = [pa.field(name, column.type, nullable=False) for name, column in columns.items()]
    geometry = {"encoding": "point", "geometry_types": ["Point Z"], "crs": None}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.table(columns, schema=pa.schema(schema, metadata={"geo": json.dumps(geo)}))
    pq.write_table(table, folder / "points.parquet", row_group_size=ROW_GROUP, compression="snappy", use_dictionary=False)


def morton(x, y):
    """Bits of x and y in turn, 24 of each: what lies near in the plane comes near in the order."""
    order = np.zeros(len(x), "i8")
    for bit in range(24):
        order |= ((x >> bit & 1).astype("i8") << 2 * bit) | ((y >> bit & 1).astype("i8") << 2 * bit + 1)
    return order


def box_of(cloud, share):
    """A square that holds about this share of the points, away from the middle; its edges lie on points' own coordinates."""
    side = int(cloud["x"].max()) - WEST
    half = round(side * share**0.5 / 2)
    x, y = (max(half, min(side - half, round(side * at))) for at in (0.43, 0.58))
    return [WEST + x - half, SOUTH + y - half, WEST + x + half, SOUTH + y + half]


def answer(cloud, box):
    """What lies in the closed box: rows and their checksum."""
    inside = (cloud["x"] >= box[0]) & (cloud["x"] <= box[2]) & (cloud["y"] >= box[1]) & (cloud["y"] <= box[3])
    rows = cloud[inside]
    found = checksum(*(metres(rows[axis]) for axis in "xyz"), rows["intensity"], rows["classification"])
    return {"bbox": [value * 0.01 for value in box], "rows": len(rows), "checksum": found}


def main(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    cloud = make_cloud(count)
    for write in (write_zarr_vectors, write_tiledb, write_copc, write_parquet):
        print(f"  {count} points: {write.__name__}", flush=True)
        write(folder, cloud)
    boxes = [{"share": share, **answer(cloud, box_of(cloud, share))} for share in SHARES]
    (folder / "answers.json").write_text(json.dumps(boxes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
