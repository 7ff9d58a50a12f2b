"""Zarr-Vectors point stores: real airports and made points, one property each."""

import airportsdata
import numpy as np
import zarr
from zarr_vectors.multiresolution.coarsen import build_pyramid
from zarr_vectors.types.points import write_points

from support.answers import FIXTURES, fresh_store
from support.point_answers import PointTable, save_points

FEET_TO_METRES = 0.3048
disagreements = []


def airports(countries=None):
    """Airports as (longitude, latitude, height in metres) with attributes; rows in the order of their code."""
    table = airportsdata.load("ICAO")
    rows = [table[code] for code in sorted(table) if countries is None or table[code]["country"] in countries]
    positions = np.array([[r["lon"], r["lat"], r["elevation"] * FEET_TO_METRES] for r in rows])
    return positions, {
        "row": np.arange(len(rows), dtype="int32"),
        "elevation_ft": np.array([r["elevation"] for r in rows], dtype="float32"),
        "has_iata": np.array([1 if r["iata"] else 0 for r in rows], dtype="uint8"),
        "country": np.array([r["country"] for r in rows]),
    }


def made(count, dims=3, seed=7):
    """Points in [-40, 50] on every axis, some of them exactly on chunk and bin borders."""
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-40, 50, size=(count, dims))
    on_border = rng.random(positions.shape) < 0.1
    # Borders of bins, and zero; the outermost would open one more chunk on every side.
    positions[on_border] = np.clip(np.round(positions[on_border] / 12.5) * 12.5, -37.5, 37.5)
    positions[:4] = np.array([[0, 0, 0], [-40, -40, -40], [50, 49, 49], [50, 0, -0.0]])[:, :dims]
    rgb = rng.integers(0, 256, size=(count, 3)).astype("uint8")
    return positions, {
        "row": np.arange(count, dtype="int32"),
        "intensity": rng.normal(size=count).astype("float32"),
        "rgb": rgb,
        "label": np.array(["leaf", "wood", "ground", "näher", "空"])[rng.integers(0, 5, size=count)],
    }


def boxes_for(positions, levels=(0,)):
    """The same boxes for any cloud, in terms of its own coordinates as stored."""
    wide = positions.astype("float64")
    low, high = wide.min(axis=0), wide.max(axis=0)
    middle = (low + high) / 2
    size = high - low

    def box(a, b):
        assert np.all(np.asarray(a) <= np.asarray(b)), "a box is given as minimum and maximum"
        return {"bbox": [*np.asarray(a, "float64").tolist(), *np.asarray(b, "float64").tolist()]}

    # A real point, so that the box's corners are coordinates to the last bit.
    point = wide[len(wide) // 2]
    other = wide[np.argsort(np.abs(wide - point).sum(axis=1))[min(12, len(wide) - 1)]]
    beside = point + np.spacing(np.abs(point) + 1e-9)
    cases = [
        ("no bbox", {}),
        ("everything", box(low - 1, high + 1)),
        ("bounds exactly", box(low, high)),
        ("lower half", box(low, middle)),
        ("middle", box(middle - size / 5, middle + size / 5)),
        ("thin slab", box([low[0], *(middle - size / 50)[1:]], [high[0], *(middle + size / 50)[1:]])),
        ("one point exactly", box(point, point)),
        ("corners on two points", box(np.minimum(point, other), np.maximum(point, other))),
        ("just beside a point", box(beside, np.maximum(beside, point + size * 0.02))),
        ("negative corner", box(low, np.minimum(low + size / 4, middle))),
        ("outside", box(high + size, high + 2 * size)),
        ("inside the bounds, nothing in it", box(middle + size * 1e-7, middle + size * 2e-7)),
    ]
    if all(low[i] < 0 < high[i] for i in range(2)):
        cases.append(("across zero", box(np.maximum(low, -size / 12), np.minimum(high, size / 12))))
    result = []
    for level in levels:
        for name, query in cases:
            if level == 0:
                result.append((name, query))
            else:
                result.append((f"{name}, level {level}", {**query, "level": level}))
    return result


def write(name, positions, fields, *, family="zarr-vectors", dtype="float32", pyramid=None, consolidated=False,
          extra_queries=(), about=None, **options):
    path = fresh_store(family, name, ".zarrvectors")
    stored = positions.astype(dtype)
    write_points(str(path), positions, dtype=dtype, vertex_attributes=fields or None, **options)
    levels = (0,)
    if pyramid:
        build_pyramid(str(path), **pyramid)
        levels = tuple(range(len(pyramid["factors"]) + 1))
    if consolidated:
        zarr.consolidate_metadata(str(path))
    ids = options.get("object_ids")
    found = save_points(
        family, name, path, written=PointTable(stored, fields), sorted_by=("row",) if "row" in fields else (),
        levels=levels, queries=[*boxes_for(stored, levels), *extra_queries], objects=ids, about=about,
    )
    disagreements.extend(found)


def write_real():
    positions, fields = airports({"ES", "PT", "MA", "IE", "GB", "DZ"})
    write("airports-west", positions, fields, chunk_shape=(10, 15, 2000))
    write("airports-west-sharded-zstd", positions, fields, chunk_shape=(10, 15, 2000), compressor="zstd", shard_shape=2,
          consolidated=True)


def write_made():
    positions, fields = made(500)
    few = {name: fields[name] for name in ("row", "rgb")}
    chunks = {"chunk_shape": (50, 50, 100)}
    write("plain", positions, fields, **chunks)
    write("consolidated", positions, fields, consolidated=True, **chunks)
    write("zstd", positions, few, compressor="zstd", **chunks)
    write("blosc", positions, few, compressor="blosc", **chunks)
    write("gzip", positions, few, compressor=[{"name": "gzip", "configuration": {"level": 6}}], **chunks)
    write("sharded", positions, fields, shard_shape=2, **chunks)
    write("sharded-blosc", positions, few, shard_shape=(2, 1, 1), compressor="blosc", **chunks)
    write("bins", positions, few, bin_shape=(12.5, 25, 25), **chunks)
    write("bins-sharded-zstd", positions, few, bin_shape=(12.5, 25, 25), shard_shape=2, compressor="zstd", **chunks)
    write("float64", positions + np.array([308_000.0, 4_688_000.0, 0.0]), few, dtype="float64", **chunks)
    write("int32-positions", np.round(positions), few, dtype="int32", **chunks)
    write("no-attributes", positions, {}, **chunks)
    flat, flat_fields = made(400, dims=2)
    write("two-dimensional", flat, flat_fields, chunk_shape=(50, 50))
    write("two-dimensional-bins-float64", flat, flat_fields, dtype="float64", chunk_shape=(50, 50), bin_shape=(10, 10))
    # A tenth has no binary fraction: 0.3 / 0.1 is just below 3. The writer finds the chunk through the bin, so the
    # point 0.3 lies in chunk 0 although 0.3 / 0.3 is 1: one rounding error outside the chunk it is stored in.
    tenths = np.clip(flat / 100, -0.3, 0.6) + np.array([0, 0.1])
    snap = np.random.default_rng(2).random(tenths.shape) < 0.4
    tenths = np.where(snap, np.round(tenths, 1), tenths)
    outside = np.floor(np.floor(tenths / 0.1) / 3) != np.floor(tenths / 0.3)
    assert outside.any(), "no point of bins-inexact lies outside its chunk"
    lost = tenths[outside.any(axis=1)][0]
    write("bins-inexact", tenths, {"row": flat_fields["row"]}, dtype="float64", chunk_shape=(0.3, 0.3), bin_shape=(0.1, 0.1),
          extra_queries=[("a point outside its own chunk", {"bbox": [*lost.tolist(), *lost.tolist()]}),
                         ("a column of such points", {"bbox": [0.3, -1, 0.3, 1]}),
                         ("from the border on", {"bbox": [0.3, 0.3, 0.45, 0.6]})])
    # Without a chunk shape the writer means one chunk; negative data still spreads over several.
    write("default-chunk", positions[:50], {n: c[:50] for n, c in few.items()})
    write("one-point", positions[:1], {n: c[:1] for n, c in fields.items()}, chunk_shape=(50, 50, 50))


def write_strings():
    positions, fields = made(200, seed=11)
    missing = fields["label"].astype(object)
    missing[::5] = None
    many = np.array([f"tree-{i % 300:03d}" for i in range(200)])
    values = fields["intensity"].copy()
    values[::7] = np.nan
    write("strings", positions, {"row": fields["row"], "label": missing, "tree": many, "nan": values,
                                 "wide": np.array(fields["row"], "int64") * -(2**40), "id": np.array(fields["row"], "uint64") + 2**63,
                                 "normal": np.stack([values, values * 2, -values], axis=1)},
          chunk_shape=(100, 100, 100))


def write_objects():
    positions, fields = made(300, seed=3)
    fields = {name: fields[name] for name in ("row", "label")}
    rng = np.random.default_rng(5)
    dense = rng.integers(0, 12, size=300)
    queries = [
        ("two objects", {"objects": [3, 7]}),
        ("one object in a box", {"objects": [5], "bbox": [-40, -40, -40, 10, 10, 60]}),
        ("no such object", {"objects": [99]}),
    ]
    chunks = {"chunk_shape": (50, 50, 100)}
    write("object-ids", positions, fields, object_ids=dense, extra_queries=queries, **chunks)
    # Bins with object ids: fragments are objects there, and a bin number is no fragment number.
    write("object-ids-bins", positions, fields, object_ids=dense, bin_shape=(12.5, 25, 25), extra_queries=queries, **chunks)
    sparse = np.array([7, 42, 1000, 5, 77777])[rng.integers(0, 5, size=300)]
    write("object-ids-sparse", positions, fields, object_ids=sparse, extra_queries=[
        ("two objects", {"objects": [1000, 7]}), ("no such object", {"objects": [8]})], **chunks)


def write_pyramids():
    positions, fields = made(500, seed=9)
    fields = {name: fields[name] for name in ("row", "intensity")}
    chunks = {"chunk_shape": (50, 50, 100)}
    twice = {"factors": [(2, 1), (2, 1)], "sparsity_seed": 1}
    write("pyramid", positions, fields, bin_shape=(6.25, 6.25, 25), pyramid=twice, **chunks)
    write("pyramid-rechunked-zstd", positions, fields, bin_shape=(6.25, 6.25, 25), compressor="zstd", shard_shape=2,
          pyramid={**twice, "chunk_scale_factors": [2, 2]}, consolidated=True, **chunks)


def write_demo():
    positions, fields = airports()
    # The demo's store has three levels: whole, and means over 2 and 8 degrees.
    write("airports", positions, fields, family="demo", dtype="float64", chunk_shape=(20, 20, 10_000), bin_shape=(1, 1, 10_000),
          compressor="zstd", shard_shape=(3, 3, 1), consolidated=True, about="Airports of the world: longitude, latitude, height",
          pyramid={"factors": [(2, 1), (4, 1)], "chunk_scale_factors": [(3, 3, 2), (2, 2, 4)], "cross_level_storage": "none"},
          extra_queries=[
              ("Iceland", {"bbox": [-25, 63, -1000, -13, 67, 9000]}),
              ("Alps above 1000 m", {"bbox": [5, 44, 1000, 16, 48, 9000]}),
              ("below the sea", {"bbox": [-180, -90, -500, 180, 90, -1]}),
          ])


if __name__ == "__main__":
    write_real()
    write_made()
    write_strings()
    write_objects()
    write_pyramids()
    write_demo()
    record = FIXTURES / "zarr-vectors" / "disagreements.txt"
    record.write_text("".join(f"{line}\n" for line in disagreements), encoding="utf-8")
    print(f"zarr-vectors: {len(disagreements)} queries where the reference and the brute-force filter differ; see {record.name}")
