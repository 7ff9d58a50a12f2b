"""Streamlines as Zarr-Vectors and as FlatGeobuf, and which of them have a vertex in a box.

    lines.py <folder>      lines.zarrvectors, lines.fgb and answers.json in <folder>

Coordinates are float32 numbers, which FlatGeobuf holds as float64.
"""

import json
import sys
from pathlib import Path

import numpy as np

BUNDLES, LINES = 200, 150
"""Bundles, and streamlines in each: 30 000 in all, of 100 vertices on average."""
SIZE = np.array([160.0, 200.0, 140.0])
"""Millimetres, of a head."""
STEP = 1.0
"""Between vertices, about."""
SHARES = (0.001, 0.01, 0.25)


def make_lines():
    """Bundles of curves between two places, each with a bow; the lines of a bundle keep together, fanning out at its ends."""
    rng = np.random.default_rng(11)
    lines = []
    for _ in range(BUNDLES):
        ends = rng.uniform(0.1, 0.9, (2, 3)) * SIZE
        middle = ends.mean(axis=0) + rng.normal(0, 15, 3)
        for _ in range(LINES):
            a, b, c = ends[0] + rng.normal(0, 5, 3), middle + rng.normal(0, 2, 3), ends[1] + rng.normal(0, 5, 3)
            length = np.linalg.norm(b - a) + np.linalg.norm(c - b)
            t = np.linspace(0, 1, max(2, round(length / STEP)))[:, None]
            curve = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c + rng.normal(0, 0.05, (len(t), 3))
            lines.append(np.clip(curve, 0, SIZE - 0.01).astype("float32"))
    return [lines[at] for at in rng.permutation(len(lines))]


def write_zarr_vectors(folder, lines):
    """An object for each chunk of 40 mm, some 450 kB; and chunks of 20 mm in shards of 64."""
    import zarr
    from zarr_vectors.types.polylines import write_polylines

    for name, edge, shard in (("lines", 40.0, None), ("lines-shards", 20.0, 4)):
        path = str(folder / f"{name}.zarrvectors")
        write_polylines(path, lines, chunk_shape=(edge,) * 3, compressor="zstd", shard_shape=shard)
        zarr.consolidate_metadata(path)


def write_flatgeobuf(folder, lines):
    """In the order of its index, a packed Hilbert R-tree of the boxes in x and y."""
    import pyogrio.raw
    import shapely

    counts = np.array([len(line) for line in lines])
    shapes = shapely.linestrings(np.concatenate(lines).astype("f8"), indices=np.repeat(np.arange(len(lines)), counts))
    geometry = shapely.to_wkb(shapes, output_dimension=3, flavor="iso")
    pyogrio.raw.write(
        folder / "lines.fgb", geometry, [], [], driver="FlatGeobuf", geometry_type="LineString Z", SPATIAL_INDEX="YES",
    )


def box_of(vertices, owners, share):
    """A cube around a vertex that about this share of the lines have a vertex in; its faces lie on float32 numbers."""
    middle = vertices[len(vertices) // 3]
    reach = np.abs(vertices - middle).max(axis=1)
    nearest = np.full(owners[-1] + 1, np.inf)
    np.minimum.at(nearest, owners, reach)
    half = np.float32(np.sort(nearest)[round(share * len(nearest)) - 1])
    return np.concatenate([middle - half, middle + half]).astype("f4")


def answer(lines, vertices, owners, box):
    """What has a vertex in the closed box: lines, and a sum and an exclusive or of a hash of each, which do not depend on their order."""
    inside = ((vertices >= box[:3]) & (vertices <= box[3:])).all(axis=1)
    found = np.unique(owners[inside])
    total, mixed = 0, 0
    for number in found:
        value = fold(lines[number])
        total, mixed = (total + value) & 0xFFFFFFFF, mixed ^ value
    return {"bbox": box.astype("f8").tolist(), "lines": len(found), "checksum": f"{len(found)} lines {total:08x} {mixed:08x}"}


def fold(line):
    """Hash of a line: of each number's bits with its place in the line, summed."""
    words = line.reshape(-1).view("<u4")
    hashes = (words ^ np.arange(1, len(words) + 1, dtype="u4") * np.uint32(0x9E3779B1)) * np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(15)
    return int(hashes.sum(dtype="u4"))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    lines = make_lines()
    for write in (write_zarr_vectors, write_flatgeobuf):
        print(f"  {len(lines)} lines: {write.__name__}", flush=True)
        write(folder, lines)
    vertices = np.concatenate(lines)
    owners = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    boxes = []
    for share in SHARES:
        boxes.append({"share": share, **answer(lines, vertices, owners, box_of(vertices, owners, share))})
    (folder / "answers.json").write_text(json.dumps({"lines": len(lines), "vertices": len(vertices), "boxes": boxes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
