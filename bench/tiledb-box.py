"""An airborne-laser array of eight million points in alsdb's schema, and TileDB-Py's own read of a box of it.

    tiledb-box.py write <folder>                            two arrays: flights as they were taken in, and consolidated
    tiledb-box.py read <url> <endpoint> <key> <secret> <min x> <min y> <max x> <max y>      prints rows, their checksum and milliseconds
"""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import tiledb
from checksum import checksum

WEST, SOUTH, SIDE = 308_000.0, 4_688_000.0, 1000.0
POINTS = 2_000_000
"""Of one flight, one square kilometre; four flights make a square of two kilometres."""
ATTRIBUTES = [
    ("Z", "float64"), ("Intensity", "uint16"), ("ReturnNumber", "uint8"), ("NumberOfReturns", "uint8"),
    ("ScanDirectionFlag", "uint8"), ("EdgeOfFlightLine", "uint8"), ("Classification", "uint8"),
    ("ScanAngleRank", "int8"), ("UserData", "uint8"), ("PointSourceId", "uint16"), ("Red", "uint16"),
    ("Green", "uint16"), ("Blue", "uint16"), ("GpsTime", "float64"), ("Synthetic", "uint8"),
    ("KeyPoint", "uint8"), ("Withheld", "uint8"), ("Overlap", "uint8"),
]


def filters(*chain):
    return tiledb.FilterList(list(chain))


def schema():
    zstd = tiledb.ZstdFilter(9)
    shuffled = filters(tiledb.ByteShuffleFilter(), zstd)
    narrowed = filters(tiledb.BitWidthReductionFilter(), zstd)
    domain = tiledb.Domain(
        tiledb.Dim("X", domain=(100_000.0, 900_000.0), tile=500.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Y", domain=(3_000_000.0, 9_999_900.0), tile=500.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Year", domain=(2000, 2100), tile=1, dtype="int16", filters=filters(tiledb.DoubleDeltaFilter(), zstd)),
    )
    attrs = [tiledb.Attr(n, dtype=t, filters=shuffled if t == "float64" else narrowed) for n, t in ATTRIBUTES]
    return tiledb.ArraySchema(domain=domain, attrs=attrs, sparse=True, allows_duplicates=True)


def flight(x0, y0, seed):
    """Ground and forest: coordinates in whole centimetres, classes of ground, shrubs and trees."""
    rng = np.random.default_rng(seed)
    x, y = (np.round(low + rng.uniform(0, SIDE, POINTS), 2) for low in (x0, y0))
    height = np.where(rng.random(POINTS) < 0.35, 0, rng.gamma(4, 4, POINTS))
    zeros = np.zeros(POINTS)
    columns = {
        **{name: zeros for name, _ in ATTRIBUTES},
        "Z": np.round(320 + (x - WEST) / 20 + 15 * np.sin(y / 180) + height, 2),
        "Intensity": rng.integers(0, 4096, POINTS), "ReturnNumber": rng.integers(1, 4, POINTS),
        "NumberOfReturns": rng.integers(1, 6, POINTS), "ScanDirectionFlag": rng.integers(0, 2, POINTS),
        "Classification": np.where(height == 0, 2, np.where(height < 2, 3, np.where(height < 8, 4, 5))),
        "ScanAngleRank": rng.integers(-20, 21, POINTS), "PointSourceId": np.full(POINTS, seed),
        "Red": rng.integers(0, 65536, POINTS), "Green": rng.integers(0, 4096, POINTS), "Blue": rng.integers(0, 65536, POINTS),
        "GpsTime": seed * 1e6 + np.sort(rng.uniform(0, 3600, POINTS)),
    }
    return x, y, np.full(POINTS, 2021, "int16"), {n: columns[n].astype(t) for n, t in ATTRIBUTES}


def consolidate(path, *modes):
    for mode in modes:
        tiledb.consolidate(str(path), config=tiledb.Config({"sm.consolidation.mode": mode}))
        tiledb.vacuum(str(path), config=tiledb.Config({"sm.vacuum.mode": mode}))


def write(folder):
    flights = folder / "flights.tdb"
    tiledb.Array.create(str(flights), schema())
    manifest = {}
    for step in range(4):
        x, y, years, columns = flight(WEST + SIDE * (step % 2), SOUTH + SIDE * (step // 2), step)
        with tiledb.open(str(flights), "w", timestamp=1_700_000_000_000 + step * 1000) as array:
            array[x, y, years] = columns
            manifest[f"flight_{step}.laz"] = {
                "year": 2021, "crs": "EPSG:25830", "bbox": [x.min(), y.min(), x.max(), y.max()], "n_points": POINTS, "status": "ok",
            }
            array.meta["crs"] = "EPSG:25830"
            array.meta["ingestion_manifest"] = json.dumps(manifest)
    merged = folder / "merged.tdb"
    shutil.copytree(flights, merged)
    consolidate(flights, "commits", "fragment_meta")
    consolidate(merged, "fragments", "commits", "fragment_meta")


def read(url, endpoint, key, secret, *corners):
    low_x, low_y, high_x, high_y = map(float, corners)
    config = {
        "vfs.s3.endpoint_override": endpoint, "vfs.s3.scheme": "http", "vfs.s3.use_virtual_addressing": "false",
        "vfs.s3.aws_access_key_id": key, "vfs.s3.aws_secret_access_key": secret, "vfs.s3.region": "us-east-1",
    }
    started = time.perf_counter()
    with tiledb.open(url, ctx=tiledb.Ctx(config)) as array:
        opened = time.perf_counter()
        found = array.query(attrs=["Z", "Classification"], dims=["X", "Y"]).multi_index[low_x:high_x, low_y:high_y]
    done = time.perf_counter()
    rows = checksum(*(found[name] for name in ("X", "Y", "Z", "Classification")))
    print(json.dumps({"rows": rows, "openMs": (opened - started) * 1e3, "ms": (done - opened) * 1e3}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        read(*sys.argv[2:])
