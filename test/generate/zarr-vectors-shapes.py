"""Lines, graphs, skeletons and meshes in format 0.9, written by zarr-vectors 0.9.2, one property each."""

import numpy as np
import zarr
from zarr_vectors.core.arrays import write_object_attributes, write_object_index
from zarr_vectors.multiresolution.coarsen import build_pyramid
from zarr_vectors.types.graphs import read_graph, write_graph
from zarr_vectors.types.lines import read_lines, write_lines
from zarr_vectors.types.meshes import read_mesh, write_mesh
from zarr_vectors.types.polylines import read_polylines, write_polylines
from zarr_vectors.types.skeletons import (
    finalize_skeleton_store, init_skeleton_store, write_skeleton_chunk, write_skeleton_cross_chunk_links,
)

from support import shapes
from support.answers import FIXTURES, fresh_store
from support.shape_answers import Lines, save_lines, save_network

PACKAGES = ("zarr-vectors", "zarr", "numpy")
FAMILY = "zarr-vectors-shapes"
disagreements = []


def line_reader(path):
    def read(level, **call):
        got = read_polylines(str(path), level=level, **call)
        return {int(i): np.concatenate(parts) for i, parts in zip(got["object_ids"], got["polylines"])}
    return read


def write_walks(name, lines, *, vertex=None, fields=None, pyramid=None, consolidated=False, queries=(), **options):
    path = fresh_store(FAMILY, name, ".zarrvectors")
    options.setdefault("chunk_shape", (40,) * lines[0].shape[1])
    write_polylines(str(path), lines, vertex_attributes=vertex, object_attributes=fields, **options)
    ids = np.arange(len(lines))
    stored = [line.astype(options.get("dtype", "float32")) for line in lines]
    levels = {0: Lines(ids, stored, vertex, fields)}
    if pyramid:
        build_pyramid(str(path), **pyramid)
        for level in range(1, len(pyramid["factors"]) + 1):
            got = line_reader(path)(level)
            kept = sorted(got)
            levels[level] = Lines(kept, [got[i] for i in kept], {}, {})
    if consolidated:
        zarr.consolidate_metadata(str(path))
    disagreements.extend(save_lines(name, path, levels, PACKAGES, line_reader(path), queries))


def write_all_lines():
    lines = shapes.walks(24)
    rng = np.random.default_rng(8)
    vertex = {
        "curvature": [rng.random(len(line)).astype("float32") for line in lines],
        "tangent": [rng.normal(size=(len(line), 3)).astype("float32") for line in lines],
    }
    fields = {
        "weight": rng.random(len(lines)).astype("float32"),
        "segment_id": np.arange(len(lines), dtype="uint64") * 3 + 2**60,
        "centre": np.stack([line.mean(axis=0) for line in lines]).astype("float64"),
    }
    weights = fields["weight"]
    queries = [
        ("three objects", {"objects": [17, 2, 9]}, [2, 9, 17]),
        ("an object there is not", {"objects": [3, 999]}, [3]),
        ("two groups", {"groups": [0, 2]}, [0, 1, 4, 5]),
        ("objects of a group", {"groups": [1], "objects": [2, 4, 3]}, [2, 3]),
        ("a range on an object field", {"ranges": {"weight": [0.5, 1]}}, [i for i, w in enumerate(weights) if w >= 0.5]),
        ("objects in a box", {"objects": [1, 2, 3, 4], "bbox": [-39, -39, -39, 0, 39, 39]},
         [i for i in (1, 2, 3, 4) if (lines[i][:, 0] <= 0).any()]),
    ]
    groups = {0: [0, 1], 1: [2, 3], 2: [4, 5]}
    # Object attributes are stored in chunks of 65536 rows, so that the plain store has only a small one.
    write_walks("streamlines", lines, vertex=vertex, fields={"weight": weights}, groups=groups, queries=queries,
                group_attributes={"tract": np.array([1.5, 2.5, 3.5], "float32")})
    few = {"curvature": vertex["curvature"]}
    write_walks("streamlines-consolidated-sharded-zstd", lines, vertex=few, fields=fields, groups=groups, queries=queries,
                consolidated=True, compressor="zstd", shard_shape=2)
    write_walks("streamlines-bins-blosc", lines, vertex=few, bin_shape=(10, 20, 40), compressor="blosc")
    write_walks("polylines-2d-float64", shapes.walks(16, dims=2, seed=5, dtype="float64"), dtype="float64",
                chunk_shape=(20, 20), geometry_type="polyline")
    write_walks("polylines-4d", shapes.walks(8, dims=4, seed=6), chunk_shape=(40, 40, 80, 80), geometry_type="polyline")
    write_walks("streamlines-by-attribute", lines[:8], chunk_by_attribute="bundle",
                vertex={"bundle": [np.full(len(line), 10 * (i % 3), "int32") for i, line in enumerate(lines[:8])],
                        "curvature": vertex["curvature"][:8]})
    write_walks("streamlines-pyramid", lines, vertex=few, fields={"weight": weights}, bin_shape=(10, 10, 10),
                pyramid={"factors": [(2, 1), (2, 2)], "sparsity_seed": 3}, consolidated=True)
    ends = shapes.points(60, seed=9).reshape(30, 2, 3)
    path = fresh_store(FAMILY, "lines", ".zarrvectors")
    write_lines(str(path), ends, chunk_shape=(40, 40, 40), object_attributes={"weight": np.arange(30, dtype="float32")})

    def read(level, **call):
        # read_lines tests endpoints, not chunks, and gives no ids: found by position.
        got = read_lines(str(path), level=level)["endpoints"]
        by_id = {int(np.flatnonzero((ends == line).all(axis=(1, 2)))[0]): line for line in got}
        return by_id if "bbox" not in call else line_reader(path)(level, **call)

    disagreements.extend(save_lines("lines", path, {0: Lines(np.arange(30), list(ends), {}, {"weight": np.arange(30, dtype="float32")})},
                                    PACKAGES, read))


def write_network(name, kind, positions, links, *, tree=False, fields=None, owners=None, pyramid=None, consolidated=False, **options):
    path = fresh_store(FAMILY, name, ".zarrvectors")
    options.setdefault("chunk_shape", (40,) * positions.shape[1])
    if owners is not None:
        options["object_ids"] = owners
    if kind == "mesh":
        write_mesh(str(path), positions, links, vertex_attributes=fields, **options)
    else:
        write_graph(str(path), positions, links, kind="skeleton" if tree else "graph", vertex_attributes=fields, **options)

    def read(level, bbox):
        if kind == "mesh":
            got = read_mesh(str(path), level=level, bbox=bbox)
            return got["vertices"], got["faces"]
        got = read_graph(str(path), level=level, bbox=bbox)
        return got["positions"], got["edges"]

    levels = {0: (positions, links, fields or {})}
    if pyramid:
        build_pyramid(str(path), **pyramid)
        for level in range(1, len(pyramid["factors"]) + 1):
            levels[level] = (*read(level, None), {})
    if consolidated:
        zarr.consolidate_metadata(str(path))
    disagreements.extend(save_network(name, path, kind, levels, PACKAGES, read, owners, tree=tree))


def write_graphs():
    positions = shapes.points(60)
    edges = shapes.near_edges(positions)
    row = {"row": np.arange(60, dtype="int32")}
    write_network("graph", "graph", positions, edges, fields={**row, "value": positions[:, 0] * 2})
    halves = (np.arange(60) >= 30).astype("int64")
    inner = edges[halves[edges[:, 0]] == halves[edges[:, 1]]]
    write_network("graph-objects", "graph", positions, inner, owners=halves * 5 + 2, fields=row, consolidated=True,
                  compressor="zstd", shard_shape=2)
    flat = shapes.points(40, dims=2, seed=12, dtype="float64")
    write_network("graph-2d-float64", "graph", flat, shapes.near_edges(flat), dtype="float64")
    write_network("graph-pyramid", "graph", positions, edges, bin_shape=(10, 10, 10), pyramid={"factors": [(2, 1)]})


def write_skeletons():
    positions, edges = shapes.tree(80)
    write_network("skeleton", "graph", positions, edges, tree=True, fields={"radius": np.arange(80, dtype="float32")})
    trees = [shapes.tree(30, seed=20 + i) for i in range(3)]
    base = np.repeat(np.arange(3) * 30, [len(e) for _, e in trees])
    write_network("skeletons", "graph", np.concatenate([p for p, _ in trees]),
                  np.concatenate([e for _, e in trees]) + base[:, None], tree=True, owners=np.repeat([4, 7, 9], 30), consolidated=True)
    write_streamed("skeletons-streamed")


def write_streamed(name):
    """The streaming writer: one fragment per unbranched path, links across chunks from parent to child, nanometres, an offset."""
    path = fresh_store(FAMILY, name, ".zarrvectors")
    size = 20.0
    trees = {2**60 + 5: shapes.tree(40, seed=31), 2**60 + 9: shapes.tree(35, seed=32)}
    everything = np.concatenate([p for p, _ in trees.values()])
    root, level = init_skeleton_store(str(path), chunk_shape=(size,) * 3, ndim=3, attribute_dtypes={"radius": "float32"},
                                      bounds=(everything.min(axis=0).tolist(), everything.max(axis=0).tolist()),
                                      coordinate_offset=(1000.0, 2000.0, 3000.0))
    records, pieces, across = [], {}, []
    for segment, (positions, edges) in trees.items():
        chunk_of = [tuple(int(c) for c in np.floor(p.astype("float64") / size)) for p in positions]
        parent = {int(a): int(b) for a, b in edges}
        top = {}
        for node in range(len(positions)):
            up = parent.get(node)
            top[node] = top[up] if up is not None and chunk_of[up] == chunk_of[node] else node
            if up is not None and chunk_of[up] != chunk_of[node]:
                across.append(((segment, up), (segment, node)))
        for node in range(len(positions)):
            pieces.setdefault(chunk_of[node], {}).setdefault((segment, top[node]), []).append(node)
    places = {}
    for chunk, by_top in sorted(pieces.items()):
        batch = []
        for (segment, _), nodes in by_top.items():
            positions, edges = trees[segment]
            local = {n: i for i, n in enumerate(nodes)}
            inner = [[local[int(a)], local[int(b)]] for a, b in edges if int(a) in local and int(b) in local]
            batch.append({"segment_id": segment, "positions": positions[nodes], "edges": np.array(inner, "int64").reshape(-1, 2),
                          "attributes": {"radius": np.array(nodes, "float32")}, "anchors": {(segment, n): local[n] for n in nodes}})
        found, anchors = write_skeleton_chunk(level, chunk, batch, attr_dtypes={"radius": np.dtype("float32")})
        records += found
        places |= anchors
    write_skeleton_cross_chunk_links(level, [(places[a], places[b]) for a, b in across], ndim=3)
    manifests = {i: [(c, f) for s, c, f in records if s == segment] for i, segment in enumerate(trees)}
    write_object_index(level, manifests, sid_ndim=3)
    write_object_attributes(level, "segment_id", np.array(list(trees), dtype="uint64"))
    finalize_skeleton_store(root)
    counts = [len(p) for p, _ in trees.values()]
    links = np.concatenate([e + b for (_, e), b in zip(trees.values(), np.cumsum([0, *counts[:-1]]))])

    def read(level, bbox):
        got = read_graph(str(path), level=level, bbox=bbox)
        return got["positions"], got["edges"]

    radius = np.concatenate([np.arange(n, dtype="float32") for n in counts])
    disagreements.extend(save_network(name, path, "graph", {0: (everything, links, {"radius": radius})}, PACKAGES, read,
                                      np.repeat([0, 1], counts), tree=True))


def write_meshes():
    vertices, faces = shapes.sphere()
    write_network("mesh", "mesh", vertices, faces, fields={"height": vertices[:, 2].copy()})
    owners = np.repeat([1, 6], [len(vertices), len(vertices)])
    two = np.concatenate([vertices * 0.4 - 20, vertices * 0.4 + 20]).astype("float32")
    write_network("mesh-objects", "mesh", two, np.concatenate([faces, faces + len(vertices)]), owners=owners, consolidated=True,
                  compressor="zstd", shard_shape=2)
    write_network("mesh-quads", "mesh", *shapes.quads())
    # The package's coarsening keeps the vertices of a mesh and none of its faces.
    write_network("mesh-pyramid", "mesh", vertices, faces, bin_shape=(10, 10, 10), pyramid={"factors": [(2, 1)]}, consolidated=True)


if __name__ == "__main__":
    write_all_lines()
    write_graphs()
    write_skeletons()
    write_meshes()
    record = FIXTURES / FAMILY / "disagreements.txt"
    record.write_text("".join(f"{line}\n" for line in disagreements), encoding="utf-8")
    print(f"zarr-vectors shapes: {len(disagreements)} disagreements with the reference; see {record.name}")
