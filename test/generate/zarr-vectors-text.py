"""Text that is stored as rows of one length (`<U5`, `|S5`), and a mesh in Draco: by zarr-vectors 0.9.2.

The writers of lines, graphs and meshes make such rows of strings; those of points make dictionaries, so that their rows are written by
the package's core functions here.
"""

import numpy as np
import zarr
from zarr_vectors.core.arrays import (
    build_fragment_owner_column, create_attribute_array, read_chunk_attributes, read_chunk_vertices, read_fragment,
    read_link_attributes, read_object_attributes, write_chunk_attributes, write_link_attributes,
)
from zarr_vectors.core.store import get_resolution_level, open_store
from zarr_vectors.types.graphs import read_graph, write_graph
from zarr_vectors.types.meshes import read_mesh, write_mesh
from zarr_vectors.types.points import read_points, write_points
from zarr_vectors.types.polylines import read_polylines, write_polylines
from zarr_vectors.core.arrays import create_fragment_attribute_array, read_chunk_fragment_attributes, read_all_object_manifests
from zarr_vectors.core.arrays import read_link_arrays, write_chunk_fragment_attributes

from support import shapes
from support.answers import FIXTURES, fresh_store
from support.point_answers import PointTable, encode_table
from support.shape_answers import Lines, document, inside, save_lines, save_network

PACKAGES = ("zarr-vectors", "zarr", "numpy")
FAMILY = "zarr-vectors-shapes"
CHUNKS = (40, 40, 40)
WORDS = np.array(["leaf", "wood", "näher", "空", ""])
CODES = np.array([b"CA1", b"DG", b""])
disagreements = []


def level_of(path):
    return get_resolution_level(open_store(str(path), mode="r+"), 0)


def rows_of(level, chunk):
    return np.concatenate([np.asarray(rows) for rows in read_chunk_vertices(level, tuple(chunk))])


def check_rows(level, name, positions, values):
    """The package reads of every chunk the text that was written for its vertices."""
    place = {tuple(p): i for i, p in enumerate(np.asarray(positions).tolist())}
    for chunk in sorted(build_fragment_owner_column(level)):
        got = np.concatenate(read_chunk_attributes(level, name, chunk))
        want = values[[place[tuple(p)] for p in rows_of(level, chunk).tolist()]]
        assert np.array_equal(got, want), f"{name}: the package reads other text"


def text_of_fragments(level, name, dtype):
    """Text for each fragment, `<chunk>/<fragment>`; by (chunk, fragment)."""
    create_fragment_attribute_array(level, name, dtype=dtype)
    found = {}
    with level.batched_writes():
        for chunk, owners in sorted(build_fragment_owner_column(level).items()):
            values = np.array([f"{sum(chunk)}/{fragment}" for fragment in range(len(owners))], dtype)
            write_chunk_fragment_attributes(level, name, chunk, values, dtype=np.dtype(dtype))
            found |= {(chunk, fragment): str(value) for fragment, value in enumerate(values)}
    for chunk, owners in build_fragment_owner_column(level).items():
        got = read_chunk_fragment_attributes(level, name, chunk)
        assert [str(v) for v in got] == [found[chunk, f] for f in range(len(owners))], "the package reads other text"
    return found


def links_of(level, positions):
    """Stored links, as rows of `positions`, in the package's order."""
    index = {tuple(p): i for i, p in enumerate(np.asarray(positions).tolist())}
    chunks, rows = read_link_arrays(level)
    return [[index[tuple(rows_of(level, c)[r].tolist())] for c, r in zip(cs, rs)] for cs, rs in zip(chunks.tolist(), rows)]


def write_lines():
    lines = shapes.walks(12, seed=91)
    stored = np.concatenate(lines)
    ends = np.cumsum([len(line) for line in lines])
    region, code = WORDS[np.arange(len(stored)) % 5], CODES[np.arange(len(stored)) % 3]
    split = lambda values: np.split(values, ends[:-1])
    side, tract = np.array(["left", "right", "näher"])[np.arange(12) % 3], np.array(["fornix", "弓"])
    for name, options in (("streamlines-text", {}),
                          ("streamlines-text-consolidated-sharded-zstd", {"compressor": "zstd", "shard_shape": 2})):
        path = fresh_store(FAMILY, name, ".zarrvectors")
        write_polylines(str(path), lines, chunk_shape=CHUNKS, vertex_attributes={"region": split(region), "code": split(code)},
                        object_attributes={"side": side}, groups={0: [0, 1, 2, 3, 4, 5], 1: [6, 7, 8, 9, 10, 11]},
                        group_attributes={"tract": tract}, **options)
        level = level_of(path)
        check_rows(level, "region", stored, region)
        check_rows(level, "code", stored, code)
        assert np.array_equal(read_object_attributes(level, "side"), side), "the package reads other text"
        pieces = text_of_fragments(level, "piece", "<U6")
        of_vertices = []
        for line, manifest in zip(lines, read_all_object_manifests(level)):
            parts = [(tuple(c), int(f), len(read_fragment(level, tuple(c), int(f)))) for c, f in manifest]
            of_vertices.append(np.concatenate([np.full(n, pieces[c, f], "<U6") for c, f, n in parts]))
        links = links_of(level, stored)
        joint = np.array([f"n{i}" for i in range(len(links))])
        write_link_attributes(level, "joint", joint, num_links=len(links))
        assert np.array_equal(read_link_attributes(level, "joint"), joint), "the package reads other text"
        number = {frozenset(link): i for i, link in enumerate(links)}
        on = [number.get(frozenset((i, i + 1)), -1) if i + 1 not in ends else -1 for i in range(len(stored))]
        assert sum(i >= 0 for i in on) == len(links), "every stored link is one between neighbours of a line"
        if "consolidated" in name:
            zarr.consolidate_metadata(str(path))
        vertex = {"region": split(region), "code": split(code.astype(str)), "piece": of_vertices,
                  "joint": split(np.array([joint[i] if i >= 0 else "" for i in on]))}

        def read(level, **call):
            got = read_polylines(str(path), level=level, **call)
            return {int(i): np.concatenate(parts) for i, parts in zip(got["object_ids"], got["polylines"])}

        near = [i for i, words in enumerate(vertex["region"]) if "näher" in words]
        half = [*stored.min(axis=0).tolist(), *((stored.min(axis=0) + stored.max(axis=0)) / 2).tolist()]
        both = [i for i, words in enumerate(vertex["region"]) if (inside(lines[i], half) & (words == "näher")).any()]
        queries = [("text of vertices", {"ranges": {"region": ["näher", "näher"]}}, near),
                   ("text of vertices, in a box", {"ranges": {"region": ["näher", "näher"]}, "bbox": half}, both),
                   ("text that no vertex has", {"ranges": {"region": ["x", "z"]}}, []),
                   ("text of objects", {"ranges": {"side": ["left", "left"]}}, [0, 3, 6, 9]),
                   ("text of groups", {"ranges": {"tract": ["弓", "弓"]}}, [6, 7, 8, 9, 10, 11])]
        fields = {"side": side, "tract": tract[np.arange(12) // 6]}
        disagreements.extend(save_lines(name, path, {0: Lines(np.arange(12), lines, vertex, fields)}, PACKAGES, read, queries))


def write_networks():
    positions = shapes.points(50, seed=92)
    edges = shapes.near_edges(positions)
    label, code = WORDS[np.arange(50) % 5], CODES[np.arange(50) % 3]
    kind = np.array([f"k{i % 7}" for i in range(len(edges))])
    trunk, parents = shapes.tree(50, seed=93)
    for name, points, links, options in (("graph-text", positions, edges, {}), ("skeleton-text", trunk, parents, {"kind": "skeleton"})):
        path = fresh_store(FAMILY, name, ".zarrvectors")
        attributes = {} if options else {"link_attributes": {"kind": kind}}
        write_graph(str(path), points, links, chunk_shape=CHUNKS, vertex_attributes={"label": label, "code": code},
                    object_ids=np.zeros(50, "int64"), object_attributes={"name": np.array(["Zelle"])}, **attributes, **options)
        level = level_of(path)
        check_rows(level, "label", points, label)
        vertex = {"label": label, "code": code.astype(str), "name": np.array(["Zelle"] * 50)}
        if not options:
            number = {frozenset(link): i for i, link in enumerate(edges.tolist())}
            stored = [number[frozenset(link)] for link in links_of(level, positions)]
            assert np.array_equal(read_link_attributes(level, "kind"), kind[stored]), "the package reads other text"

        def read(level, bbox):
            got = read_graph(str(path), level=level, bbox=bbox)
            return got["positions"], got["edges"]

        disagreements.extend(save_network(name, path, "graph", {0: (points, links, vertex)}, PACKAGES, read, tree=bool(options),
                                          link_fields=None if options else {"kind": (kind, np.ones(len(edges), bool))}))
    vertices, faces = shapes.sphere()
    path = fresh_store(FAMILY, "mesh-text", ".zarrvectors")
    label = WORDS[np.arange(len(vertices)) % 5]
    write_mesh(str(path), vertices, faces, chunk_shape=CHUNKS, vertex_attributes={"label": label})
    check_rows(level_of(path), "label", vertices, label)

    def read_faces(level, bbox):
        got = read_mesh(str(path), level=level, bbox=bbox)
        return got["vertices"], got["faces"]

    disagreements.extend(save_network("mesh-text", path, "mesh", {0: (vertices, faces, {"label": label})}, PACKAGES, read_faces))


def write_text_of_points():
    rng = np.random.default_rng(94)
    positions = rng.uniform(-39, 39, (120, 3)).astype("float32")
    row, owners = np.arange(120, dtype="int32"), np.arange(120) % 3
    label = WORDS[row % 5]
    path = fresh_store("zarr-vectors", "points-text", ".zarrvectors")
    write_points(str(path), positions, chunk_shape=CHUNKS, vertex_attributes={"row": row}, object_ids=owners)
    level = level_of(path)
    create_attribute_array(level, "label", dtype="<U5")
    place = {tuple(p): i for i, p in enumerate(positions.tolist())}
    chunks = sorted(build_fragment_owner_column(level))
    for chunk in chunks:
        groups = [label[[place[tuple(p)] for p in rows.tolist()]] for rows in read_chunk_vertices(level, chunk)]
        write_chunk_attributes(level, "label", chunk, groups, dtype=label.dtype)
    check_rows(level, "label", positions, label)
    pieces = text_of_fragments(level, "piece", "<U6")
    of_points = np.empty(120, "<U6")
    for chunk in chunks:
        for fragment, rows in enumerate(read_chunk_vertices(level, chunk)):
            of_points[[place[tuple(p)] for p in rows.tolist()]] = pieces[tuple(chunk), fragment]
    answers = document("points-text", path, "points", PACKAGES, family="zarr-vectors")
    answers.document["sortedBy"] = ["row"]
    table = PointTable(positions, {"row": row, "label": label, "piece": of_points})
    encode = lambda keep: encode_table(answers, table.take(keep).canonical(("row",)))
    low, high = positions.min(axis=0).astype("float64"), positions.max(axis=0).astype("float64")
    everything = np.ones(120, bool)
    answers.document["levels"].append({"level": 0, "dims": 3, "bounds": [*low.tolist(), *high.tolist()], **encode(everything)})
    middle = (low + high) / 2
    half = [*low.tolist(), *middle.tolist()]
    boxes = {
        "lower half": half,
        "upper half": [*middle.tolist(), *high.tolist()],
        "a slab": [low[0], low[1], -10.0, high[0], high[1], 10.0],
        "beside everything": [*(high + 1).tolist(), *(high + 2).tolist()],
    }
    for about, query, keep in (
        ("everything", {}, everything),
        *((about, {"bbox": box}, inside(positions, box)) for about, box in boxes.items()),
        ("one object", {"objects": [1]}, owners == 1),
        ("text", {"ranges": {"label": ["leaf", "leaf"]}}, label == "leaf"),
        ("text from one word to another, in a box", {"ranges": {"label": ["m", "wood"]}, "bbox": half},
         inside(positions, half) & (label >= "m") & (label <= "wood")),
        ("text that is nowhere", {"ranges": {"label": ["xylem", "xylem"]}}, ~everything),
    ):
        if "ranges" not in query:
            box = query.get("bbox")
            call = {"bbox": (np.array(box[:3]), np.array(box[3:]))} if box else {"object_ids": [1]} if "objects" in query else {}
            got = read_points(str(path), attribute_names=["row", "label"], **call)["vertex_attributes"]
            order = np.argsort(got["row"])
            agrees = np.array_equal(got["row"][order], row[keep]) and np.array_equal(got["label"][order], label[keep])
            if not agrees:
                disagreements.append(f"points-text / {about}: {int(keep.sum())} rows, reference {len(order)}")
        answers.document["queries"].append({"name": about, "query": query, **encode(keep)})
    answers.save()


def write_draco():
    """No answers: the package itself cannot read the store again."""
    vertices, faces = shapes.sphere(6, 8)
    path = fresh_store(FAMILY, "mesh-draco", ".zarrvectors")
    write_mesh(str(path), vertices, faces, chunk_shape=CHUNKS, encoding="draco")
    zarr.consolidate_metadata(str(path))
    try:
        read_mesh(str(path))
    except ValueError as failure:
        print(f"mesh-draco: the package cannot read it: {failure}")
    else:
        raise AssertionError("the package reads Draco now; so could we be asked to")


if __name__ == "__main__":
    write_lines()
    write_networks()
    write_text_of_points()
    write_draco()
    record = FIXTURES / FAMILY / "disagreements-text.txt"
    record.write_text("".join(f"{line}\n" for line in disagreements), encoding="utf-8")
    print(f"text: {len(disagreements)} disagreements with the reference; see {record.name}")
