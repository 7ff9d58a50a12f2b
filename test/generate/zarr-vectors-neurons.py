"""Neurons of a fruit fly, as navis ships them, in format 0.9: what the demo page draws as trees.

Level 1 is each tree thinned to its roots, forks, ends and every tenth node between, written by the same writer: `coarsening_method`
"manual". The package's own coarsening gives trees no edges.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import zarr
from zarr_vectors.types.graphs import read_graph, write_graph

from support.answers import fresh_store
from support.shape_answers import save_network

NEURONS = (722817260, 754534424)
NAVIS = ("navis==1.12.0", "navis-1.12.0-py3-none-any.whl")
# Coordinates are stored in voxels of 8 nanometres.
MICROMETRES = 0.008


def read_swc():
    """Trees as (positions, radii, parents), the parent of a root being -1; only the data of the wheel is used, nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "-d", folder, NAVIS[0]], check=True)
        wheel = zipfile.ZipFile(Path(folder) / NAVIS[1])
        trees = {}
        for neuron in NEURONS:
            lines = wheel.read(f"navis/data/swc/{neuron}.swc").decode().splitlines()
            rows = np.array([line.split() for line in lines if not line.startswith("#")], "float64")
            place = {int(node): i for i, node in enumerate(rows[:, 0])}
            parents = np.array([place.get(int(node), -1) for node in rows[:, 6]])
            trees[neuron] = (rows[:, 2:5] * MICROMETRES, rows[:, 5] * MICROMETRES, parents)
        return trees


def thin(tree):
    """The same tree with roots, forks, ends and every tenth node between."""
    positions, radii, parents = tree
    children = np.bincount(parents[parents >= 0], minlength=len(parents))
    keep = (children != 1) | (parents < 0)
    steps = np.zeros(len(parents), int)
    for node in range(len(parents)):  # Parents come first.
        if parents[node] >= 0:
            steps[node] = 0 if keep[parents[node]] else steps[parents[node]] + 1
            keep[node] |= steps[node] >= 9
    place = np.cumsum(keep) - 1
    kept = []
    for node in np.flatnonzero(keep):
        up = parents[node]
        while up >= 0 and not keep[up]:
            up = parents[up]
        kept.append(place[up] if up >= 0 else -1)
    return positions[keep], radii[keep], np.array(kept)


def to_soma(positions, parents):
    """Length of the path to the root, in micrometres."""
    found = np.zeros(len(positions))
    for node, parent in enumerate(parents):
        if parent >= 0:
            found[node] = found[parent] + np.linalg.norm(positions[node] - positions[parent])
    return found


def write(path, trees):
    """One level, and what was written."""
    counts = [len(positions) for positions, *_ in trees.values()]
    bases = np.cumsum([0, *counts[:-1]])
    positions = np.concatenate([p for p, *_ in trees.values()]).astype("float32")
    fields = {"radius": np.concatenate([r for _, r, _ in trees.values()]).astype("float32"),
              "to_soma": np.concatenate([to_soma(p, q) for p, _, q in trees.values()]).astype("float32")}
    edges = np.concatenate([np.column_stack([np.flatnonzero(q >= 0), q[q >= 0]]) + base for (_, _, q), base in zip(trees.values(), bases)])
    owners = np.repeat(list(trees), counts)
    cable = {neuron: sum(np.linalg.norm(p[node] - p[up]) for node, up in enumerate(q) if up >= 0) for neuron, (p, _, q) in trees.items()}
    write_graph(str(path), positions, edges, kind="skeleton", chunk_shape=(60, 60, 60), vertex_attributes=fields, object_ids=owners,
                object_attributes={"cable": np.array([cable[n] for n in sorted(trees)], "float32")}, compressor="zstd", shard_shape=4)
    carried = {**fields, "cable": np.array([cable[n] for n in owners], "float32")}
    return positions, edges, carried, owners


if __name__ == "__main__":
    trees = read_swc()
    path = fresh_store("demo", "neurons", ".zarrvectors")
    fine = write(path, trees)
    with tempfile.TemporaryDirectory() as folder:
        coarse = write(Path(folder) / "coarse", {neuron: thin(tree) for neuron, tree in trees.items()})
        shutil.copytree(Path(folder) / "coarse" / "0", path / "1")
    document = json.loads((path / "1/zarr.json").read_text())
    document["attributes"]["zarr_vectors_level"] |= {"level": 1, "parent_level": 0, "coarsening_method": "manual"}
    (path / "1/zarr.json").write_text(json.dumps(document))
    root = json.loads((path / "zarr.json").read_text())
    [scales] = root["attributes"]["multiscales"]
    scales["datasets"].append({**scales["datasets"][0], "path": "1"})
    for axis in scales["axes"]:
        axis["unit"] = "micrometer"
    (path / "zarr.json").write_text(json.dumps(root))
    zarr.consolidate_metadata(str(path))

    def read(level, bbox):
        got = read_graph(str(path), level=level, bbox=bbox)
        return got["positions"], got["edges"]

    found = save_network("neurons", path, "graph", {0: fine[:3], 1: coarse[:3]}, ("zarr-vectors", "zarr", "numpy"), read, fine[3], tree=True,
                         family="demo", about="Two neurons of a fruit fly")
    print(f"neurons: {len(fine[0])} and {len(coarse[0])} nodes, {len(found)} disagreements")
