"""Writes stores of a million vertices with the reference package, and reads a box of them over HTTP.

    vector-requests.py write <folder> <min…> <max…>                             and what the box holds: answers.json
    vector-requests.py read <url> points|positions|polylines <min…> <max…>     prints the number of rows or lines
"""

import json
import sys
from pathlib import Path

import numpy as np
import zarr
from checksum import checksum
from obstore.store import HTTPStore
from zarr.storage import ObjectStore
from zarr_vectors.types.points import read_points, write_points
from zarr_vectors.types.polylines import read_polylines, write_polylines

SIDE = 1000.0
CHUNK = (100.0, 100.0, 100.0)


def write(folder, *corners):
    low, high = np.array(corners, "float64").reshape(2, -1)
    rng = np.random.default_rng(17)
    positions = rng.uniform(0, SIDE, size=(1_000_000, 3)).astype("float32")
    value = {"value": rng.random(1_000_000).astype("float32")}
    write_points(f"{folder}/points.zarrvectors", positions, chunk_shape=CHUNK, vertex_attributes=value)
    write_points(f"{folder}/points-sharded.zarrvectors", positions, chunk_shape=CHUNK, vertex_attributes=value, shard_shape=5)
    lines = []
    for _ in range(20_000):
        walk = rng.uniform(0, SIDE, size=3) + np.cumsum(rng.normal(size=(50, 3)) * 6, axis=0)
        lines.append(np.clip(walk, 0, SIDE - 1e-3).astype("float32"))
    write_polylines(f"{folder}/polylines.zarrvectors", lines, chunk_shape=CHUNK)
    for kind in ("points", "points-sharded", "polylines"):
        zarr.consolidate_metadata(f"{folder}/{kind}.zarrvectors")
    rows = inside(positions, low, high)
    met = [line for line in lines if inside(line, low, high).any()]
    vertices = np.concatenate(lines)
    answers = {
        "positions": checksum(*positions[rows].T),
        "points": checksum(*positions[rows].T, value["value"][rows]),
        "whole": checksum(*np.concatenate(met).T),
        "clip": checksum(*vertices[inside(vertices, low, high)].T),
    }
    Path(folder, "answers.json").write_text(json.dumps(answers))


def inside(vertices, low, high):
    return ((vertices >= low) & (vertices <= high)).all(axis=1)


def read(url, kind, *corners):
    url = ObjectStore(HTTPStore.from_url(url, client_options={"allow_http": True}), read_only=True)
    low, high = np.array(corners, "float64").reshape(2, -1)
    if kind in ("points", "positions"):
        names = ["value"] if kind == "points" else None
        print(read_points(url, bbox=(low, high), attribute_names=names)["vertex_count"])
    else:
        print(read_polylines(url, bbox=(low, high))["polyline_count"])


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
