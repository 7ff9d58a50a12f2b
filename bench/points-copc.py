"""Writes points as COPC: copclib packs the nodes, the octree is made here, as PDAL's and Untwine's writers make it."""

import copclib
import numpy as np

FORMAT = 6
"""Of the points: positions, intensity, classification, GPS time; 30 bytes."""
RECORD = np.dtype([
    ("x", "<i4"), ("y", "<i4"), ("z", "<i4"), ("intensity", "<u2"), ("returns", "u1"), ("flags", "u1"), ("classification", "u1"),
    ("user", "u1"), ("angle", "<i2"), ("source", "<u2"), ("time", "<f8"),
])
CELLS = 64
"""Cells along the edge of a node: a node that is no leaf keeps one point of each cell of its cube."""
LEAF = 40_000
"""Points of a leaf, about: the depth follows from it."""


def nodes_of(cloud, low, edge):
    """Yields level, x, y, z of each node and the rows in it, the coarsest first."""
    depth = max(1, int(np.ceil(np.log(len(cloud) / LEAF) / np.log(4))))
    rest = np.random.default_rng(1).permutation(len(cloud))
    for level in range(depth + 1):
        cells = CELLS << level
        at = [((cloud[axis][rest] - low[i]).astype("i8") * cells // edge) for i, axis in enumerate("xyz")]
        if level < depth:
            _, taken = np.unique((at[0] * cells + at[1]) * cells + at[2], return_index=True)
        else:
            taken = np.arange(len(rest))
        node = [(values[taken] // CELLS) for values in at]
        key = (node[0] << 40) | (node[1] << 20) | node[2]
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            yield level, *(int(values[rows[0]]) for values in node), rest[taken[rows]]
        rest = np.delete(rest, taken)


def write_copc(path, cloud):
    low = [int(cloud[axis].min()) for axis in "xyz"]
    high = [int(cloud[axis].max()) for axis in "xyz"]
    edge = max(b - a for a, b in zip(low, high)) + 1
    centimetre = copclib.Vector3(0.01, 0.01, 0.01)
    config = copclib.CopcConfigWriter(FORMAT, centimetre, copclib.Vector3(0, 0, 0))
    config.las_header.min = copclib.Vector3(*(value * 0.01 for value in low))
    config.las_header.max = copclib.Vector3(*(value * 0.01 for value in high))
    info = config.copc_info
    info.halfsize = edge * 0.005
    info.center_x, info.center_y, info.center_z = ((value + edge / 2) * 0.01 for value in low)
    info.spacing = edge * 0.01 / CELLS
    writer = copclib.FileWriter(str(path), config)
    for level, x, y, z, rows in nodes_of(cloud, low, edge):
        records = np.zeros(len(rows), RECORD)
        for name in cloud.dtype.names:
            records[name] = cloud[name][np.sort(rows)]
        records["returns"] = 0x11
        packed = copclib.VectorChar(records.view("i1"))
        writer.AddNode(copclib.VoxelKey(level, x, y, z), packed)
    writer.Close()
