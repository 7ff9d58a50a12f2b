"""Points, lines, graphs, skeletons and meshes in format 0.7, written by zarr-vectors 0.2.0."""

import numpy as np
import zarr
from zarr_vectors.core.arrays import (
    read_chunk_vertices, read_cross_chunk_links, read_object_attributes, write_cross_chunk_link_attributes,
)
from zarr_vectors.core.store import get_resolution_level, open_store
from zarr_vectors.multiresolution.coarsen import build_pyramid
from zarr_vectors.types.graphs import read_graph, write_graph
from zarr_vectors.types.lines import write_lines
from zarr_vectors.types.meshes import read_mesh, write_mesh
from zarr_vectors.types.points import read_points, write_points
from zarr_vectors.types.polylines import read_polylines, write_polylines

from support import shapes
from support.answers import FIXTURES, fresh_store
from support.point_answers import PointTable, encode_table, save_points
from support.shape_answers import Lines, boxes_for, document, inside, save_lines, save_network

PACKAGES = ("zarr-vectors", "zarr", "numpy")
SHAPES = "zarr-vectors-shapes"
CHUNKS = (40, 40, 40)
disagreements = []


def consolidate(path, wanted):
    """Comes last: of a consolidated store, this package finds no attributes any more."""
    if wanted:
        zarr.consolidate_metadata(str(path))


def store_points(name, positions, fields, *, pyramid=None, consolidated=False, queries=(), **options):
    path = fresh_store("zarr-vectors", name, ".zarrvectors")
    write_points(str(path), positions, chunk_shape=CHUNKS, vertex_attributes=fields or None, **options)
    levels = (0,)
    if pyramid:
        build_pyramid(str(path), **pyramid)
        levels = tuple(range(len(pyramid["factors"]) + 1))
    boxes = [("no bbox", {}), *((label, {"bbox": bbox}) for label, bbox in boxes_for(positions))]
    asked = [(f"{label}, level {level}" if level else label, {**query, **({"level": level} if level else {})})
             for level in levels for label, query in boxes]
    disagreements.extend(save_points(
        "zarr-vectors", name, path, written=PointTable(positions, fields), sorted_by=("row",), levels=levels,
        queries=[*asked, *queries], objects=options.get("object_ids")))
    consolidate(path, consolidated)


def line_reader(path):
    ids = {}

    def read(level, **call):
        # The reader tells no ids: each line is found among those of a whole read, which come in order of their ids.
        if level not in ids:
            whole = read_polylines(str(path), level=level)["polylines"]
            ids[level] = [np.concatenate(parts) for parts in whole]
        got = [np.concatenate(parts) for parts in read_polylines(str(path), level=level, **call)["polylines"]]
        return {next(i for i, line in enumerate(ids[level]) if np.array_equal(line, found)): found for found in got}
    return read


def store_lines(name, lines, *, vertex=None, fields=None, pyramid=None, consolidated=False, queries=(), **options):
    path = fresh_store(SHAPES, name, ".zarrvectors")
    write_polylines(str(path), lines, chunk_shape=CHUNKS, vertex_attributes=vertex, object_attributes=fields, **options)
    levels = {0: Lines(np.arange(len(lines)), lines, vertex, fields)}
    if pyramid:
        build_pyramid(str(path), **pyramid)
        for level in range(1, len(pyramid["factors"]) + 1):
            got = line_reader(path)(level)
            levels[level] = Lines(sorted(got), [got[i] for i in sorted(got)])
    disagreements.extend(save_lines(name, path, levels, PACKAGES, line_reader(path), queries))
    consolidate(path, consolidated)


def add_across(path, positions, links, link_fields):
    """The graph writer stores what edges within chunks carry; this adds what those across chunks do, in the order of their records."""
    level = get_resolution_level(open_store(str(path), mode="r+"), 0)
    index = {tuple(p): i for i, p in enumerate(positions.tolist())}
    rows = lambda chunk: np.concatenate([np.asarray(r) for r in read_chunk_vertices(level, chunk, np.float32, 3)])
    number = {frozenset(link): i for i, link in enumerate(links.tolist())}
    stored = [number[frozenset(index[tuple(rows(tuple(c))[r].tolist())] for c, r in record)] for record in read_cross_chunk_links(level)]
    for field, (values, _) in link_fields.items():
        write_cross_chunk_link_attributes(level, field, values[stored], num_links=len(stored))


def store_owned_points():
    """What objects and groups of points carry; this package reads none of it with the points."""
    positions = shapes.points(120, seed=43)
    row, owners = np.arange(120, dtype="int32"), np.arange(120) % 5
    side, mass = np.array(["left", "right", "näher", "up", "空"]), np.arange(5) * 1.5
    tract, in_group = np.array(["fornix", "弓"]), owners != 4
    path = fresh_store("zarr-vectors", "v07-points-owned", ".zarrvectors")
    write_points(str(path), positions, chunk_shape=CHUNKS, vertex_attributes={"row": row}, object_ids=owners,
                 object_attributes={"side": side, "mass": mass}, groups={0: [0, 2], 1: [1, 3]}, group_attributes={"tract": tract})
    level = get_resolution_level(open_store(str(path), mode="r"), 0)
    assert np.array_equal(read_object_attributes(level, "side"), side), "the package reads other text"
    assert np.array_equal(read_object_attributes(level, "mass"), mass), "the package reads them otherwise"
    table = PointTable(positions, {"row": row, "side": side[owners], "mass": mass[owners],
                                   "tract": np.array([tract[o % 2] if o != 4 else None for o in owners], object)})
    answers = document("v07-points-owned", path, "points", PACKAGES, family="zarr-vectors")
    answers.document["sortedBy"] = ["row"]
    encode = lambda keep: encode_table(answers, table.take(keep).canonical(("row",)))
    low, high = positions.min(axis=0).astype("float64"), positions.max(axis=0).astype("float64")
    half = [*low.tolist(), *((low + high) / 2).tolist()]
    everything, lower = np.ones(120, bool), inside(positions, half)
    boxes = {"lower half": half, "upper half": [*half[3:], *high.tolist()], "a slab": [*low.tolist()[:2], -10.0, *high.tolist()[:2], 10.0],
             "beside everything": [*(high + 1).tolist(), *(high + 2).tolist()]}
    answers.document["levels"].append({"level": 0, "dims": 3, "bounds": [*low.tolist(), *high.tolist()], **encode(everything)})
    for label, query, keep in (
        ("everything", {}, everything), *((about, {"bbox": box}, inside(positions, box)) for about, box in boxes.items()), ("two objects", {"objects": [1, 4]}, np.isin(owners, [1, 4])),
        ("a group", {"groups": [1]}, np.isin(owners, [1, 3])), ("a range on an attribute of objects", {"ranges": {"mass": [1, 3]}}, np.isin(owners, [1, 2])),
        ("text of objects, in a box", {"ranges": {"side": ["näher", "näher"]}, "bbox": half}, (owners == 2) & lower),
        ("text of groups", {"ranges": {"tract": ["弓", "弓"]}}, np.isin(owners, [1, 3])),
    ):
        if "ranges" not in query:
            box = query.get("bbox")
            call = {"bbox": (np.array(box[:3]), np.array(box[3:]))} if box else {"object_ids": query.get("objects")} if "objects" in query else \
                {"group_ids": query["groups"]} if "groups" in query else {}
            got = read_points(str(path), **call)
            agrees = sorted(map(tuple, got["positions"].tolist())) == sorted(map(tuple, positions[keep].tolist()))
            if not agrees:
                disagreements.append(f"v07-points-owned / {label}: {int(keep.sum())} rows, reference {got['vertex_count']}")
        answers.document["queries"].append({"name": label, "query": query, **encode(keep)})
    answers.save()


def store_network(name, kind, positions, links, *, tree=False, fields=None, owners=None, consolidated=False, link_fields=None):
    path = fresh_store(SHAPES, name, ".zarrvectors")
    extra = {} if owners is None else {"object_ids": owners}
    if link_fields:
        extra["link_attributes"] = {field: values for field, (values, _) in link_fields.items()}
    if kind == "mesh":
        write_mesh(str(path), positions, links, chunk_shape=CHUNKS, vertex_attributes=fields, **extra)
    else:
        write_graph(str(path), positions, links, chunk_shape=CHUNKS, kind="skeleton" if tree else "graph",
                    vertex_attributes=fields, **extra)
    if link_fields:
        add_across(path, positions, links, link_fields)

    def read(level, bbox):
        if kind == "mesh":
            got = read_mesh(str(path), level=level, bbox=bbox)
            return got["vertices"], got["faces"]
        got = read_graph(str(path), level=level, bbox=bbox)
        return got["positions"], got["edges"]

    disagreements.extend(save_network(name, path, kind, {0: (positions, links, fields or {})}, PACKAGES, read, owners, tree=tree,
                                      link_fields=link_fields))
    consolidate(path, consolidated)


if __name__ == "__main__":
    positions = shapes.points(200, seed=41)
    fields = {"row": np.arange(200, dtype="int32"), "value": positions[:, 1] * 3}
    store_points("v07-plain", positions, fields)
    store_points("v07-objects-consolidated", positions, fields, object_ids=np.arange(200) % 5, consolidated=True,
                 queries=[("two objects", {"objects": [1, 4]}), ("no such object", {"objects": [9]})])
    store_points("v07-pyramid", positions, fields, bin_shape=(10, 10, 10), pyramid={"factors": [(2, 1)]})
    lines = shapes.walks(12, seed=51)
    vertex = {"curvature": [np.random.default_rng(i).random(len(line)).astype("float32") for i, line in enumerate(lines)]}
    weights = np.random.default_rng(3).random(len(lines)).astype("float32")
    queries = [("two objects", {"objects": [7, 2]}, [2, 7]), ("a group", {"groups": [1]}, [3, 4]),
               ("a range on an object field", {"ranges": {"weight": [0.5, 1]}}, [i for i, w in enumerate(weights) if w >= 0.5])]
    made = {"vertex": vertex, "fields": {"weight": weights}, "groups": {0: [0, 1], 1: [3, 4]}, "queries": queries,
            "group_attributes": {"tract": np.array([1.5, 2.5], "float32")}}
    store_lines("v07-streamlines", lines, **made)
    store_lines("v07-streamlines-consolidated", lines, consolidated=True, **made)
    ends = np.cumsum([len(line) for line in lines])
    words = np.array(["leaf", "wood", "näher", "空", ""])[np.arange(ends[-1]) % 5]
    store_lines("v07-streamlines-text", lines, vertex={"region": np.split(words, ends[:-1])},
                fields={"side": np.array(["left", "right", "näher"])[np.arange(12) % 3]},
                queries=[("text of vertices", {"ranges": {"region": ["näher", "näher"]}},
                          [i for i, own in enumerate(np.split(words, ends[:-1])) if "näher" in own]),
                         ("text of objects", {"ranges": {"side": ["left", "left"]}}, [0, 3, 6, 9])])
    store_owned_points()
    store_lines("v07-streamlines-pyramid", lines, bin_shape=(20, 20, 20), pyramid={"factors": [(2, 1)]})
    ends = shapes.points(24, seed=61).reshape(12, 2, 3)
    path = fresh_store(SHAPES, "v07-lines", ".zarrvectors")
    write_lines(str(path), ends, chunk_shape=CHUNKS)
    disagreements.extend(save_lines("v07-lines", path, {0: Lines(np.arange(12), list(ends))}, PACKAGES, line_reader(path)))
    graph = shapes.points(40, seed=71)
    store_network("v07-graph", "graph", graph, shapes.near_edges(graph), fields={"row": np.arange(40, dtype="int32")})
    edges = shapes.near_edges(graph)
    store_network("v07-graph-attributes", "graph", graph, edges, consolidated=True,
                  link_fields={"weight": (np.arange(len(edges), dtype="float32"), np.ones(len(edges), bool)),
                               "ends": (edges.astype("int16"), np.ones(len(edges), bool))})
    store_network("v07-graph-text", "graph", graph, edges, fields={"label": np.array(["leaf", "näher", "空"])[np.arange(40) % 3]},
                  link_fields={"kind": (np.array([f"k{i % 7}" for i in range(len(edges))]), np.ones(len(edges), bool))})
    store_network("v07-skeleton", "graph", *shapes.tree(50, seed=81), tree=True, consolidated=True)
    vertices, faces = shapes.sphere(6, 8)
    store_network("v07-mesh", "mesh", vertices, faces)
    record = FIXTURES / SHAPES / "disagreements-07.txt"
    record.write_text("".join(f"{line}\n" for line in disagreements), encoding="utf-8")
    print(f"format 0.7: {len(disagreements)} disagreements with the reference; see {record.name}")
