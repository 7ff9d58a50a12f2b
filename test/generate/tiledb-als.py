"""An airborne-laser point cloud as alsdb lays it out, in the four states an array goes through.

alsdb itself is not on PyPI: its schema is written here with TileDB-Py of the version that alsdb pins. The capacity is
smaller than alsdb's 10 000, so that few points still make many tiles.
"""

import json

import numpy as np
import tiledb

from support.tiledb_answers import copy_array, fresh_array, save_sparse

ATTRIBUTES = [
    ("Z", "float64"), ("Intensity", "uint16"), ("ReturnNumber", "uint8"), ("NumberOfReturns", "uint8"),
    ("ScanDirectionFlag", "uint8"), ("EdgeOfFlightLine", "uint8"), ("Classification", "uint8"),
    ("ScanAngleRank", "int8"), ("UserData", "uint8"), ("PointSourceId", "uint16"), ("Red", "uint16"),
    ("Green", "uint16"), ("Blue", "uint16"), ("GpsTime", "float64"), ("Synthetic", "uint8"),
    ("KeyPoint", "uint8"), ("Withheld", "uint8"), ("Overlap", "uint8"),
]


def filters(*chain):
    return tiledb.FilterList(list(chain))


def als_schema(capacity):
    zstd = tiledb.ZstdFilter(9)
    shuffled = filters(tiledb.ByteShuffleFilter(), zstd)
    narrowed = filters(tiledb.BitWidthReductionFilter(), zstd)
    domain = tiledb.Domain(
        tiledb.Dim("X", domain=(100_000.0, 900_000.0), tile=500.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Y", domain=(3_000_000.0, 9_999_900.0), tile=500.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Year", domain=(2000, 2100), tile=1, dtype="int16", filters=filters(tiledb.DoubleDeltaFilter(), zstd)),
    )
    attrs = [
        tiledb.Attr(name, dtype=dtype, filters=shuffled if dtype == "float64" else narrowed)
        for name, dtype in ATTRIBUTES
    ]
    return tiledb.ArraySchema(domain=domain, attrs=attrs, sparse=True, allows_duplicates=True, capacity=capacity)


def flight(year, count, x0, y0, seed):
    """A survey of one year over 600 m: a slope with trees on it, coordinates in whole centimetres."""
    rng = np.random.default_rng(seed)
    x = np.round(x0 + rng.uniform(0, 600, count), 2)
    y = np.round(y0 + rng.uniform(0, 600, count), 2)
    x[:3], y[:3] = [x0, x0 + 100, x0 + 500], [y0, y0 + 100, y0 + 500]  # on the borders of boxes and space tiles
    ground = 320 + (x - x0) / 20
    height = np.where(rng.random(count) < 0.4, 0, rng.gamma(4, 4, count))
    z = np.round(ground + height, 2)
    returns = rng.integers(1, 6, count)
    columns = {
        "Z": z, "Intensity": rng.integers(0, 4096, count), "ReturnNumber": rng.integers(1, 4, count),
        "NumberOfReturns": returns, "ScanDirectionFlag": rng.integers(0, 2, count),
        "EdgeOfFlightLine": np.zeros(count), "Classification": np.where(height == 0, 2, 5),
        "ScanAngleRank": rng.integers(-20, 21, count), "UserData": np.zeros(count),
        "PointSourceId": np.full(count, seed), "Red": rng.integers(0, 65536, count),
        "Green": rng.integers(0, 65536, count), "Blue": rng.integers(0, 65536, count),
        "GpsTime": seed * 1e6 + np.sort(rng.uniform(0, 3600, count)), "Synthetic": np.zeros(count),
        "KeyPoint": np.zeros(count), "Withheld": np.zeros(count), "Overlap": rng.integers(0, 2, count),
    }
    return x, y, np.full(count, year, "int16"), {name: columns[name].astype(dtype) for name, dtype in ATTRIBUTES}


FLIGHTS = [(2021, 260, 308_000.0, 4_688_000.0, 1), (2019, 240, 308_200.0, 4_688_100.0, 2), (2021, 150, 308_400.0, 4_688_400.0, 3)]


def write(path, schema):
    tiledb.Array.create(str(path), schema)
    manifest = {}
    for index, (year, count, x0, y0, seed) in enumerate(FLIGHTS):
        time = 1_700_000_000_000 + index * 1000
        x, y, years, columns = flight(year, count, x0, y0, seed)
        with tiledb.open(str(path), "w", timestamp=time) as array:
            array[x, y, years] = columns
        manifest[f"flight_{seed}.laz"] = {
            "year": year, "crs": "EPSG:25830", "bbox": [x.min(), y.min(), x.max(), y.max()], "n_points": count,
            "status": "ok",
        }
        with tiledb.open(str(path), "w", timestamp=time) as array:
            array.meta["crs"] = "EPSG:25830"
            array.meta["ingestion_manifest"] = json.dumps(manifest)


def consolidate(path, mode, vacuum):
    tiledb.consolidate(str(path), config=tiledb.Config({"sm.consolidation.mode": mode}))
    if vacuum:
        tiledb.vacuum(str(path), config=tiledb.Config({"sm.vacuum.mode": mode}))


QUERIES = [
    ("everything", {}),
    ("a box", {"bbox": [308_250.0, 4_688_150.0, 308_450.0, 4_688_400.0]}),
    ("a box of one year", {"bbox": [308_200.0, 4_688_100.0, 308_600.0, 4_688_600.0], "ranges": {"Year": [2021, 2021]}}),
    ("a year alone", {"ranges": {"Year": [2019, 2019]}, "fields": ["Z", "Classification"]}),
    ("a year without points", {"ranges": {"Year": [2020, 2020]}, "fields": ["Z"]}),
    ("a box that touches one point", {"bbox": [308_000.0, 4_688_000.0, 308_000.0, 4_688_000.0], "fields": []}),
    ("corners on points and on a space tile's border", {"bbox": [308_100.0, 4_688_100.0, 308_500.0, 4_688_500.0],
                                                         "fields": ["GpsTime", "PointSourceId"]}),
    ("an empty box", {"bbox": [400_000.0, 5_000_000.0, 400_100.0, 5_000_100.0]}),
    ("a slice of heights", {"bbox": [308_000.0, 4_688_000.0, 309_000.0, 4_689_000.0], "ranges": {"Z": [330.0, 335.0]},
                            "fields": ["Z", "Intensity"]}),
    ("three dimensions", {"bbox": [308_200.0, 4_688_200.0, 330.0, 308_500.0, 4_688_500.0, 350.0],
                          "positions": ["X", "Y", "Z"], "fields": ["ScanAngleRank", "Red"]}),
]


def main():
    raw = fresh_array("als-raw")
    write(raw, als_schema(capacity=50))
    commits = copy_array(raw, "als-commits")
    consolidate(commits, "commits", True)
    consolidate(commits, "fragment_meta", True)
    fragments = copy_array(commits, "als-fragments")
    consolidate(fragments, "fragments", False)
    vacuumed = copy_array(fragments, "als-vacuumed")
    tiledb.vacuum(str(vacuumed), config=tiledb.Config({"sm.vacuum.mode": "fragments"}))
    consolidate(vacuumed, "commits", True)
    consolidate(vacuumed, "fragment_meta", True)
    states = [
        (raw, "als-raw", "three flights as they were written"),
        (commits, "als-commits", "commits and fragment metadata consolidated"),
        (fragments, "als-fragments", "fragments consolidated, the old ones still there"),
        (vacuumed, "als-vacuumed", "the old fragments vacuumed, everything consolidated"),
    ]
    for path, name, about in states:
        save_sparse(name, path, dims=["X", "Y"], queries=QUERIES, sorted_by=["GpsTime", "Z"], about=about)


main()
