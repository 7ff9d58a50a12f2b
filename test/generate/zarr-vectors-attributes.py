"""What links, fragments, objects and groups carry, dictionaries, links stored twice, 64-bit ids, a time axis: by zarr-vectors 0.9.2."""

import numpy as np
import zarr
from zarr_vectors.core.arrays import (
    build_fragment_owner_column, create_attribute_array, create_fragment_attribute_array, read_all_object_manifests,
    read_chunk_fragment_attributes, read_chunk_vertices, read_fragment, read_groupings_attributes, read_link_arrays,
    read_link_attributes, read_object_attributes, write_chunk_attributes, write_chunk_fragment_attributes,
    write_fragment_owner_column, write_link_attributes, write_links,
)
from zarr_vectors.core.store import create_store, get_resolution_level, open_store
from zarr_vectors.encoding.categorical import encode_categorical
from zarr_vectors.types.graphs import read_graph, write_graph
from zarr_vectors.types.meshes import read_mesh, write_mesh
from zarr_vectors.types.points import read_points, write_points
from zarr_vectors.types.polylines import read_polylines, write_polylines

from support import shapes
from support.answers import FIXTURES, fresh_store
from support.point_answers import PointTable, encode_table
from support.shape_answers import Lines, document, inside, save_lines, save_network

PACKAGES = ("zarr-vectors", "zarr", "numpy")
FAMILY = "zarr-vectors-shapes"
CHUNKS = (40, 40, 40)
disagreements = []


def chunk_rows(level, chunk):
    return np.concatenate([np.asarray(rows) for rows in read_chunk_vertices(level, tuple(chunk))])


def stored_links(level, positions):
    """Links in the package's order, as rows of `positions`."""
    index = {tuple(p): i for i, p in enumerate(np.asarray(positions).tolist())}
    chunks, rows = read_link_arrays(level)
    return [[index[tuple(chunk_rows(level, c)[r].tolist())] for c, r in zip(cs, rs)] for cs, rs in zip(chunks.tolist(), rows)]


def level_of(path, mode="r+"):
    return get_resolution_level(open_store(str(path), mode=mode), 0)


def fragment_column(level, name, value_of, dtype, channels=None):
    """One row per fragment, from its chunk and number; and the same by (chunk, fragment)."""
    create_fragment_attribute_array(level, name, dtype=dtype, **({"channel_names": channels} if channels else {}))
    rows = {}
    with level.batched_writes():
        for chunk, owners in sorted(build_fragment_owner_column(level).items()):
            values = np.array([value_of(chunk, fragment) for fragment in range(len(owners))], dtype)
            write_chunk_fragment_attributes(level, name, chunk, values, dtype=np.dtype(dtype))
            rows |= {(chunk, fragment): value for fragment, value in enumerate(values)}
    for chunk, owners in build_fragment_owner_column(level).items():
        got = read_chunk_fragment_attributes(level, name, chunk)
        assert np.array_equal(got, np.array([rows[chunk, f] for f in range(len(owners))], dtype)), "the package reads them otherwise"
    return rows


def check_links(name, level, positions, links, fields):
    """The package's own pairs of link and attribute row are those that were written."""
    number = {frozenset(link): i for i, link in enumerate(np.asarray(links).tolist())}
    stored = [number[frozenset(link)] for link in stored_links(level, positions)]
    for field, (values, _) in fields.items():
        if not np.array_equal(read_link_attributes(level, field), values[stored]):
            disagreements.append(f"{name}: read_link_attributes gives other values of {field}")


def graph_reader(path):
    def read(level, bbox):
        got = read_graph(str(path), level=level, bbox=bbox)
        return got["positions"], got["edges"]
    return read


def write_graphs():
    positions = shapes.points(60)
    halves = (np.arange(60) >= 30).astype("int64")
    edges = shapes.near_edges(positions)
    edges = edges[halves[edges[:, 0]] == halves[edges[:, 1]]]
    ids = np.array([2**60 + 1, 2**60 + 5], "int64")
    owners = ids[halves]
    rng = np.random.default_rng(4)
    every = np.ones(len(edges), bool)
    fields = {"weight": (rng.random(len(edges)).astype("float32"), every),
              "ends": (edges.astype("int32"), every),
              "big": (np.arange(len(edges), dtype="uint64") + 2**63, every)}
    for name, options in (("graph-attributes", {}), ("graph-attributes-consolidated-sharded-zstd", {"compressor": "zstd", "shard_shape": 2})):
        path = fresh_store(FAMILY, name, ".zarrvectors")
        write_graph(str(path), positions, edges, chunk_shape=CHUNKS, vertex_attributes={"row": np.arange(60, dtype="int32")},
                    link_attributes={n: c for n, (c, _) in fields.items()}, object_ids=owners,
                    object_attributes={"mass": np.array([1.5, 2.5], "float32")}, **options)
        level = level_of(path)
        write_fragment_owner_column(level)
        check_links(name, level, positions, edges, fields)
        if "sharded" in name:
            zarr.consolidate_metadata(str(path))
        vertex = {"row": np.arange(60, dtype="int32"), "object_id": owners, "mass": np.array([1.5, 2.5], "float32")[halves]}
        disagreements.extend(save_network(name, path, "graph", {0: (positions, edges, vertex)}, PACKAGES, graph_reader(path), owners,
                                          link_fields=fields))
    # An edge that crosses chunks once more in each of them.
    name = "graph-links-twice"
    path = fresh_store(FAMILY, name, ".zarrvectors")
    write_graph(str(path), positions, edges, chunk_shape=CHUNKS, vertex_attributes={"row": np.arange(60, dtype="int32")})
    level = level_of(path)
    chunks, rows = read_link_arrays(level)
    records = [[(tuple(c), int(r)) for c, r in zip(cs, rs)] for cs, rs in zip(chunks.tolist(), rows)]
    level.delete_subtree("links/0")
    partition = write_links(level, records, 3, link_width=2, store="duplicate")
    value = np.arange(len(records), dtype="float32")
    write_link_attributes(level, "weight", value, num_links=partition.num_links, partition=partition)
    index = {tuple(p): i for i, p in enumerate(positions.tolist())}
    found = np.array([[index[tuple(chunk_rows(level, c)[r].tolist())] for c, r in record] for record in records])
    disagreements.extend(save_network(name, path, "graph", {0: (positions, found, {"row": np.arange(60, dtype="int32")})}, PACKAGES,
                                      graph_reader(path), link_fields={"weight": (value, np.ones(len(value), bool))}))


def dictionary_column(level, name, positions, values):
    """A dictionary of the vertices, which the writers of points alone make by themselves: the codes, by the rows of `positions`."""
    codes, meta = encode_categorical(values, fill_value=-1)
    create_attribute_array(level, name, dtype=str(codes.dtype), extra_meta=meta)
    place = {tuple(p): i for i, p in enumerate(np.asarray(positions).tolist())}
    for chunk in sorted(build_fragment_owner_column(level)):
        pieces = [codes[[place[tuple(p)] for p in rows.tolist()]] for rows in read_chunk_vertices(level, chunk)]
        write_chunk_attributes(level, name, chunk, pieces, dtype=codes.dtype)
    return codes


def write_dictionaries():
    words = np.array(["leaf", "wood", None, "näher", "空"], object)
    name = "mesh-dictionary"
    vertices, faces = shapes.sphere()
    path = fresh_store(FAMILY, name, ".zarrvectors")
    write_mesh(str(path), vertices, faces, chunk_shape=CHUNKS)
    codes = dictionary_column(level_of(path), "label", vertices, words[np.arange(len(vertices)) % 5])

    def read(level, bbox):
        got = read_mesh(str(path), level=level, bbox=bbox)
        return got["vertices"], got["faces"]

    disagreements.extend(save_network(name, path, "mesh", {0: (vertices, faces, {"label": codes})}, PACKAGES, read))
    for name, kind in (("graph-dictionary", "graph"), ("skeleton-dictionary", "skeleton")):
        positions, edges = shapes.tree(60, seed=71)
        path = fresh_store(FAMILY, name, ".zarrvectors")
        write_graph(str(path), positions, edges, kind=kind, chunk_shape=CHUNKS)
        codes = dictionary_column(level_of(path), "label", positions, words[np.arange(60) % 5])
        disagreements.extend(save_network(name, path, "graph", {0: (positions, edges, {"label": codes})}, PACKAGES, graph_reader(path),
                                          tree=kind == "skeleton"))
    name = "streamlines-dictionary-consolidated"
    lines = shapes.walks(12, seed=72)
    path = fresh_store(FAMILY, name, ".zarrvectors")
    write_polylines(str(path), lines, chunk_shape=CHUNKS)
    stored = np.concatenate(lines)
    codes = dictionary_column(level_of(path), "label", stored, words[np.arange(len(stored)) % 5])
    zarr.consolidate_metadata(str(path))
    per_line = np.split(codes, np.cumsum([len(line) for line in lines])[:-1])
    disagreements.extend(save_lines(name, path, {0: Lines(np.arange(12), lines, {"label": per_line})}, PACKAGES, line_reader(path)))


def line_reader(path):
    def read(level, **call):
        got = read_polylines(str(path), level=level, **call)
        return {int(i): np.concatenate(parts) for i, parts in zip(got["object_ids"], got["polylines"])}
    return read


def write_line_links():
    """What the links of lines carry: those where a line changes its chunk, which alone are stored."""
    name = "streamlines-links"
    lines = shapes.walks(10, seed=73)
    path = fresh_store(FAMILY, name, ".zarrvectors")
    write_polylines(str(path), lines, chunk_shape=CHUNKS, bin_shape=(20, 20, 20))
    level = level_of(path)
    stored = np.concatenate(lines)
    links = stored_links(level, stored)
    cost = np.arange(len(links), dtype="float32") + 0.5
    pair = np.array(links, "int16")
    write_link_attributes(level, "cost", cost, num_links=len(links))
    write_link_attributes(level, "pair", pair, num_links=len(links))
    assert np.array_equal(read_link_attributes(level, "cost"), cost)
    of_pair = {frozenset(link): i for i, link in enumerate(links)}
    numbers = [of_pair.get(frozenset((i, i + 1)), -1) for i in range(len(stored))]
    ends = set(np.cumsum([len(line) for line in lines]) - 1)
    numbers = np.array([-1 if i in ends else n for i, n in enumerate(numbers)])
    assert (numbers >= 0).sum() == len(links), "every stored link is one between neighbours of a line"
    def split(values):
        return np.split(values, sorted(e + 1 for e in ends)[:-1])

    valid = numbers >= 0
    vertex = {"cost": split(np.where(valid, cost[numbers], 0).astype("float32")),
              "pair": split((pair[numbers] * valid[:, None]).astype("int16"))}
    disagreements.extend(save_lines(name, path, {0: Lines(np.arange(10), lines, vertex)}, PACKAGES, line_reader(path)))


def write_owned_points():
    """What fragments, objects and groups of points carry."""
    rng = np.random.default_rng(45)
    count = 240
    positions = rng.uniform(-39, 39, (count, 3)).astype("float32")
    row = np.arange(count, dtype="int32")
    owners = np.array([3, 11, 12, 40, 41], "int64")[rng.integers(0, 5, count)]
    known = np.unique(owners)
    mass = (known * 1.5).astype("float32")
    side = np.array(["left", "right", "näher", "up", "空"])
    centre = np.stack([positions[owners == i].mean(axis=0) for i in known]).astype("float64")
    groups = {0: [3, 11], 1: [40]}
    tract = np.array([1.5, 2.5], "float32")
    chunk_of = [tuple(int(c) for c in np.floor(p.astype("float64") / 40)) for p in positions]
    # The fragments of a chunk are its objects, in order of their ids.
    objects_in = {c: sorted({int(owners[i]) for i in range(count) if chunk_of[i] == c}) for c in set(chunk_of)}
    piece = {c: np.array([1000 * (c[0] + 2) + 100 * (c[1] + 2) + f for f in range(len(ids))], "int32") for c, ids in objects_in.items()}
    tag = {c: np.stack([values * 0.5, -values], axis=1).astype("float64") for c, values in piece.items()}
    at = [(chunk_of[i], objects_in[chunk_of[i]].index(int(owners[i]))) for i in range(count)]
    place = np.searchsorted(known, owners)
    group_of = {i: g for g, ids in groups.items() for i in ids}
    in_group = np.array([int(i) in group_of for i in owners])
    fields = {
        "row": row, "piece": np.array([piece[c][f] for c, f in at]), "tag": np.array([tag[c][f] for c, f in at]),
        "mass": mass[place], "side": side[place], "centre": centre[place],
        "tract": np.array([tract[group_of[int(i)]] if int(i) in group_of else 0 for i in owners], "float32"),
    }
    everything = np.ones(count, bool)
    low, high = positions.min(axis=0).astype("float64"), positions.max(axis=0).astype("float64")
    middle = (low + high) / 2
    queries = [
        ("everything", {}, everything),
        ("lower half", {"bbox": [*low.tolist(), *middle.tolist()]}, inside(positions, [*low, *middle])),
        ("upper half", {"bbox": [*middle.tolist(), *high.tolist()]}, inside(positions, [*middle, *high])),
        ("outside", {"bbox": [100, 100, 100, 101, 101, 101]}, ~everything),
        ("two objects", {"objects": [12, 40]}, np.isin(owners, [12, 40])),
        ("no such object", {"objects": [7]}, ~everything),
        ("a group", {"groups": [0]}, np.isin(owners, [3, 11])),
        ("a range on an attribute of objects", {"ranges": {"mass": [17, 60.5]}}, (fields["mass"] >= 17) & (fields["mass"] <= 60.5)),
        ("text of objects", {"ranges": {"side": ["left", "left"]}}, fields["side"] == "left"),
        ("a range on an attribute of groups, in a box", {"ranges": {"tract": [2, 3]}, "bbox": [-39, -39, -39, 0, 39, 39]},
         in_group & (fields["tract"] == 2.5) & (positions[:, 0] <= 0)),
        ("a range that no object meets", {"ranges": {"mass": [-2, -1]}}, ~everything),
    ]
    for name, options in (("points-owned", {}), ("points-owned-consolidated-sharded-zstd", {"compressor": "zstd", "shard_shape": 2})):
        path = fresh_store("zarr-vectors", name, ".zarrvectors")
        write_points(str(path), positions, chunk_shape=CHUNKS, vertex_attributes={"row": row}, object_ids=owners,
                     object_attributes={"mass": mass, "side": side, "centre": centre}, groups=groups,
                     fragment_attributes={"piece": piece, "tag": tag}, group_attributes={"tract": tract}, **options)
        level = level_of(path, "r")
        assert np.array_equal(read_object_attributes(level, "mass"), mass), "the package reads them otherwise"
        assert np.array_equal(read_groupings_attributes(level, "tract"), tract), "the package reads them otherwise"
        for chunk, values in piece.items():
            assert np.array_equal(read_chunk_fragment_attributes(level, "piece", chunk), values), "the package reads them otherwise"
        if "consolidated" in name:
            zarr.consolidate_metadata(str(path))
        answers = document(name, path, "points", PACKAGES, family="zarr-vectors")
        answers.document["sortedBy"] = ["row"]
        order = PointTable(positions, fields)

        def table(keep):
            found = encode_table(answers, order.take(keep).canonical(("row",)))
            valid = PointTable(positions, {"row": row, "valid": in_group.astype("uint8")}).take(keep).canonical(("row",)).fields["valid"]
            found["fields"]["tract"]["validity"] = answers.values(valid)
            return found

        answers.document["levels"].append({"level": 0, "dims": 3, "bounds": [*low.tolist(), *high.tolist()], **table(everything)})
        for label, query, keep in queries:
            call = {"bbox": tuple(np.array(query["bbox"]).reshape(2, -1))} if "bbox" in query else {}
            call |= {"object_ids": query["objects"]} if "objects" in query else {}
            call |= {"group_ids": query["groups"]} if "groups" in query else {}
            agrees = None
            if "ranges" not in query:
                got = read_points(str(path), attribute_names=["row"], **call)
                agrees = sorted(got["vertex_attributes"].get("row", np.arange(0)).tolist()) == np.flatnonzero(keep).tolist()
                if not agrees:
                    disagreements.append(f"{name} / {label}: {int(keep.sum())} rows, reference {got['vertex_count']}")
            answers.document["queries"].append({"name": label, "query": query, **table(keep), "reference": {"agrees": agrees}})
        answers.save()


def write_skeleton():
    positions, edges = shapes.tree(80)
    cost = np.arange(len(edges), dtype="float32")
    path = fresh_store(FAMILY, "skeleton-attributes", ".zarrvectors")
    write_graph(str(path), positions, edges, kind="skeleton", chunk_shape=CHUNKS, link_attributes={"cost": cost})
    level = level_of(path)
    # Edges that are not stored, since the row before says them, have no row of attributes.
    stored = {tuple(link) for link in stored_links(level, positions)}
    valid = np.array([tuple(edge) in stored for edge in edges.tolist()])
    check_links("skeleton-attributes", level, positions, edges, {"cost": (cost, valid)})
    disagreements.extend(save_network("skeleton-attributes", path, "graph", {0: (positions, edges, {})}, PACKAGES, graph_reader(path),
                                      tree=True, link_fields={"cost": (cost * valid, valid)}))


def write_meshes():
    vertices, faces = shapes.sphere()
    path = fresh_store(FAMILY, "mesh-attributes", ".zarrvectors")
    write_mesh(str(path), vertices, faces, chunk_shape=CHUNKS, vertex_attributes={"height": vertices[:, 2].copy()})
    level = level_of(path)
    number = {frozenset(face): i for i, face in enumerate(faces.tolist())}
    normal = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]).astype("float32")
    stored = [number[frozenset(link)] for link in stored_links(level, vertices)]
    write_link_attributes(level, "normal", normal[stored], num_links=len(stored))
    fields = {"normal": (normal, np.ones(len(faces), bool))}
    check_links("mesh-attributes", level, vertices, faces, fields)

    def read(level, bbox):
        got = read_mesh(str(path), level=level, bbox=bbox)
        return got["vertices"], got["faces"]

    disagreements.extend(save_network("mesh-attributes", path, "mesh", {0: (vertices, faces, {"height": vertices[:, 2]})}, PACKAGES, read,
                                      link_fields=fields))


def write_lines():
    lines = shapes.walks(16, seed=12)
    name = "streamlines-attributes"
    path = fresh_store(FAMILY, name, ".zarrvectors")
    names = np.array(["left", "right", "middle"])[np.arange(16) % 3]
    # The attributes of a group hold for its objects; two groups overlap in object 3, which has those of the first.
    groups = {0: [0, 1, 3], 1: [3, 4], 2: [5]}
    tract = np.array([1.5, 2.5, 3.5], "float32")
    write_polylines(str(path), lines, chunk_shape=CHUNKS, bin_shape=(20, 20, 20), object_attributes={"side": names},
                    groups=groups, group_attributes={"tract": tract})
    level = level_of(path)
    rows = fragment_column(level, "piece", lambda chunk, f: 100 * (chunk[0] + 3) + f, "int32")
    tags = fragment_column(level, "tag", lambda chunk, f: (f, sum(chunk)), "float64", ["number", "chunk"])
    by_vertex = {"piece": [], "tag": []}
    for line, manifest in zip(lines, read_all_object_manifests(level)):
        parts = [(tuple(c), int(f), len(read_fragment(level, tuple(c), int(f)))) for c, f in manifest]
        assert sum(n for *_, n in parts) == len(line)
        by_vertex["piece"].append(np.concatenate([np.full(n, rows[c, f], "int32") for c, f, n in parts]))
        by_vertex["tag"].append(np.concatenate([np.tile(tags[c, f], (n, 1)) for c, f, n in parts]))

    queries = [("a range on an attribute of groups", {"ranges": {"tract": [2, 3]}}, [4]),
               ("text of objects", {"ranges": {"side": ["left", "left"]}}, [i for i in range(16) if i % 3 == 0])]
    disagreements.extend(save_lines(name, path, {0: Lines(np.arange(16), lines, by_vertex, {"side": names})}, PACKAGES, line_reader(path), queries))


def write_points_in_time():
    """Four axes, the first a time: positions are the spatial ones, time is a field."""
    path = fresh_store("zarr-vectors", "time-axis", ".zarrvectors")
    rng = np.random.default_rng(44)
    stored = np.column_stack([rng.uniform(-2, 8, 200), rng.uniform(-39, 39, (200, 3))])
    axes = [{"name": "t", "type": "time", "unit": "second"}, *({"name": n, "type": "space"} for n in "xyz")]
    chunks = (5.0, 40.0, 40.0, 40.0)
    root = create_store(str(path), axes=axes, chunk_shape=chunks, bounds=(stored.min(axis=0).tolist(), stored.max(axis=0).tolist()))
    row = np.arange(200, dtype="int32")
    write_points(root, stored, chunk_shape=chunks, vertex_attributes={"row": row}, dtype="float64")
    answers = document("time-axis", path, "points", PACKAGES, family="zarr-vectors")
    answers.document["sortedBy"] = ["row"]

    def table(keep):
        found = PointTable(stored[keep, 1:], {"t": stored[keep, 0], "row": row[keep]})
        return encode_table(answers, found.canonical(("row",)))

    low, high = stored.min(axis=0), stored.max(axis=0)
    bounds = [*low[1:].tolist(), *high[1:].tolist()]
    answers.document["levels"].append({"level": 0, "dims": 3, "bounds": bounds, **table(np.ones(200, bool))})
    boxes = [("everything", low, high), ("an hour", np.array([2.5, *low[1:]]), np.array([5.0, *high[1:]])),
             ("one chunk", np.array([0, 0, 0, 0.0]), np.array([4.9, 39, 39, 39])), ("before all", low - 20, low - 10)]
    for label, a, b in boxes:
        keep = inside(stored, [*a, *b])
        got = read_points(str(path), bbox=(a, b), attribute_names=["row"])
        agrees = sorted(got["vertex_attributes"].get("row", np.arange(0)).tolist()) == np.flatnonzero(keep).tolist()
        if not agrees:
            disagreements.append(f"time-axis / {label}: {int(keep.sum())} rows, reference {got['vertex_count']}")
        answers.document["queries"].append({
            "name": label, "query": {"bbox": [*a[1:].tolist(), *b[1:].tolist()], "ranges": {"t": [float(a[0]), float(b[0])]}},
            **table(keep), "reference": {"agrees": agrees},
        })
    answers.save()


if __name__ == "__main__":
    write_graphs()
    write_skeleton()
    write_meshes()
    write_lines()
    write_dictionaries()
    write_line_links()
    write_owned_points()
    write_points_in_time()
    record = FIXTURES / FAMILY / "disagreements-attributes.txt"
    record.write_text("".join(f"{line}\n" for line in disagreements), encoding="utf-8")
    print(f"attributes: {len(disagreements)} disagreements with the reference; see {record.name}")
