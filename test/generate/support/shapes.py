"""Made lines, graphs, trees and surfaces, from fixed seeds; negative coordinates, several chunks, borders hit exactly."""

import numpy as np


def walks(count, dims=3, seed=1, step=4.0, dtype="float32"):
    """Random walks of 2 to 30 vertices, some of them on the borders of chunks."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        length = int(rng.integers(2, 31))
        line = rng.uniform(-25, 25, size=dims) + np.cumsum(rng.normal(size=(length, dims)) * step, axis=0)
        line = np.clip(line, -39, 39)
        on_border = rng.random(line.shape) < 0.05
        line[on_border] = np.round(line[on_border] / 20) * 20
        lines.append(np.clip(line, -39, 39).astype(dtype))
    return lines


def points(count, dims=3, seed=2, dtype="float32"):
    return np.random.default_rng(seed).uniform(-39, 39, size=(count, dims)).astype(dtype)


def near_edges(positions, seed=3):
    """A graph whose edges join near vertices, each pair once, in no order."""
    rng = np.random.default_rng(seed)
    pairs = set()
    wide = positions.astype("float64")
    for i in range(len(wide)):
        near = np.argsort(np.abs(wide - wide[i]).sum(axis=1))[1:4]
        pairs |= {(min(i, int(j)), max(i, int(j))) for j in near}
    edges = np.array(sorted(pairs), "int64")
    flip = rng.random(len(edges)) < 0.5
    edges[flip] = edges[flip][:, ::-1]
    return edges[rng.permutation(len(edges))]


def tree(count, dims=3, seed=4, dtype="float32", spread=9.0):
    """A branching walk: positions, and edges (child, parent); vertex 0 is the root."""
    rng = np.random.default_rng(seed)
    positions = [rng.uniform(-10, 10, size=dims)]
    parents = [-1]
    for i in range(1, count):
        parent = i - 1 if rng.random() < 0.8 else int(rng.integers(0, i))
        positions.append(np.clip(positions[parent] + rng.normal(size=dims) * spread, -39, 39))
        parents.append(parent)
    edges = np.array([[i, p] for i, p in enumerate(parents) if p >= 0], "int64")
    return np.array(positions).astype(dtype), edges


def sphere(rings=8, around=10, radius=31.0, centre=(0.5, -1.5, 2.5), dtype="float32"):
    """A closed surface of triangles."""
    vertices = [(0, 0, radius)]
    for i in range(1, rings):
        for j in range(around):
            a, b = np.pi * i / rings, 2 * np.pi * (j + 0.5 * (i % 2)) / around
            vertices.append((radius * np.sin(a) * np.cos(b), radius * np.sin(a) * np.sin(b), radius * np.cos(a)))
    vertices.append((0, 0, -radius))
    at = lambda i, j: 1 + (i - 1) * around + j % around
    faces = [(0, at(1, j), at(1, j + 1)) for j in range(around)]
    for i in range(1, rings - 1):
        for j in range(around):
            faces += [(at(i, j), at(i + 1, j), at(i + 1, j + 1)), (at(i, j), at(i + 1, j + 1), at(i, j + 1))]
    faces += [(len(vertices) - 1, at(rings - 1, j + 1), at(rings - 1, j)) for j in range(around)]
    return (np.array(vertices) + np.array(centre)).astype(dtype), np.array(faces, "int64")


def quads(size=6, dtype="float32"):
    """A bent sheet of quadrilaterals."""
    x, y = np.meshgrid(np.linspace(-35, 35, size), np.linspace(-33, 37, size), indexing="ij")
    vertices = np.stack([x, y, 0.02 * x * y + 1.0], axis=-1).reshape(-1, 3)
    corner = [(i * size + j) for i in range(size - 1) for j in range(size - 1)]
    return vertices.astype(dtype), np.array([[c, c + size, c + size + 1, c + 1] for c in corner], "int64")
