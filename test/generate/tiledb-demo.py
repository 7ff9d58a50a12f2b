"""The demo's forest: trees on a slope, flown over twice, in the layout of alsdb's point clouds, consolidated and vacuumed."""

import json

import numpy as np
import tiledb

from support.canopy import SIZE, SOUTH, WEST, crown_height, ground_height, stands
from support.tiledb_answers import fresh_array, save_sparse

POINTS = 14_000
ATTRIBUTES = [("Z", "float64"), ("Intensity", "uint16"), ("ReturnNumber", "uint8"), ("Classification", "uint8")]


def filters(*chain):
    return tiledb.FilterList(list(chain))


def schema():
    zstd = tiledb.ZstdFilter(9)
    shuffled = filters(tiledb.ByteShuffleFilter(), zstd)
    narrowed = filters(tiledb.BitWidthReductionFilter(), zstd)
    domain = tiledb.Domain(
        tiledb.Dim("X", domain=(100_000.0, 900_000.0), tile=100.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Y", domain=(3_000_000.0, 9_999_900.0), tile=100.0, dtype="float64", filters=shuffled),
        tiledb.Dim("Year", domain=(2000, 2100), tile=1, dtype="int16", filters=filters(tiledb.DoubleDeltaFilter(), zstd)),
    )
    attrs = [tiledb.Attr(n, dtype=t, filters=shuffled if t == "float64" else narrowed) for n, t in ATTRIBUTES]
    return tiledb.ArraySchema(domain=domain, attrs=attrs, sparse=True, allows_duplicates=True, capacity=1000)


def flight(year, trees, seed):
    """Ground and crowns as a laser meets them."""
    rng = np.random.default_rng(seed)
    x, y = np.round(rng.uniform(0, SIZE, (2, POINTS)), 2)
    ground = ground_height(x, y)
    height = crown_height(x, y, trees)
    is_ground = (height == 0) | (rng.random(POINTS) < 0.18)
    z = np.round(ground + np.where(is_ground, 0, height * rng.uniform(0.75, 1, POINTS)), 2)
    above = z - ground
    classes = np.where(is_ground, 2, np.where(above < 2, 3, np.where(above < 8, 4, 5)))
    columns = {"Z": z, "Intensity": rng.integers(200, 4000, POINTS), "ReturnNumber": np.where(is_ground, 2, 1),
               "Classification": classes}
    return WEST + x, SOUTH + y, np.full(POINTS, year, "int16"), {n: columns[n].astype(t) for n, t in ATTRIBUTES}


def main():
    path = fresh_array("forest", family="demo")
    tiledb.Array.create(str(path), schema())
    manifest = {}
    for step, (year, stand) in enumerate(stands()):
        x, y, years, columns = flight(year, stand, 71 + step)
        with tiledb.open(str(path), "w", timestamp=1_700_000_000_000 + step * 1000) as array:
            array[x, y, years] = columns
            manifest[f"flight_{year}.laz"] = {"year": year, "crs": "EPSG:25830", "n_points": POINTS, "status": "ok",
                                              "bbox": [x.min(), y.min(), x.max(), y.max()]}
            array.meta["crs"] = "EPSG:25830"
            array.meta["ingestion_manifest"] = json.dumps(manifest)
    for mode in ("fragments", "commits", "array_meta"):
        tiledb.consolidate(str(path), config=tiledb.Config({"sm.consolidation.mode": mode}))
        tiledb.vacuum(str(path), config=tiledb.Config({"sm.vacuum.mode": mode}))
    save_sparse("forest", path, dims=["X", "Y"], sorted_by=["Z", "Intensity"], family="demo", queries=[
        ("a box of one year", {"bbox": [308_100, 4_688_100, 308_180, 4_688_160], "ranges": {"Year": [2021, 2021]}}),
    ], about=__doc__)


main()
