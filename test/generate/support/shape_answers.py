"""Expected answers of queries on lines, graphs and meshes: brute force over what was written, checked against the reference."""

import json

import numpy as np

from .answers import Answers, versions


def document(name, path, kind, packages, about=None, family="zarr-vectors-shapes"):
    root = json.loads((path / "zarr.json").read_text())["attributes"]["zarr_vectors"]
    return Answers(
        family, name, path, format="zarr-vectors", formatVersion=root["zv_version"], kind=kind,
        generator=versions(*packages), **({"about": about} if about else {}), levels=[], queries=[],
    )


def inside(positions, bbox):
    """Rows in the closed box; the stored number is widened, the bound never rounded to it."""
    wide = np.asarray(positions, "float64")
    low, high = np.array(bbox, "float64").reshape(2, -1)
    return np.all((wide[:, : len(low)] >= low) & (wide[:, : len(low)] <= high), axis=1)


def boxes_for(positions):
    """The same boxes for any shape, in terms of its own coordinates."""
    wide = np.asarray(positions, "float64")
    low, high = wide.min(axis=0), wide.max(axis=0)
    middle, size = (low + high) / 2, high - low
    point = wide[len(wide) // 2]

    def box(a, b):
        return [*np.minimum(a, b).tolist(), *np.maximum(a, b).tolist()]

    return [
        ("everything", box(low - 1, high + 1)),
        ("lower half", box(low, middle)),
        ("middle", box(middle - size / 6, middle + size / 6)),
        ("thin slab", box([low[0], *(middle - size / 30)[1:]], [high[0], *(middle + size / 30)[1:]])),
        ("one vertex exactly", box(point, point)),
        ("corner", box(low, low + size / 5)),
        ("outside", box(high + size, high + 2 * size)),
    ]


def as_query(bbox):
    """A box in the words of the public query: three axes at most, the others by name."""
    low, high = np.array(bbox).reshape(2, -1).tolist()
    extra = {name: [low[3 + i], high[3 + i]] for i, name in enumerate("w"[: max(0, len(low) - 3)])}
    return {"bbox": [*low[:3], *high[:3]], **({"ranges": extra} if extra else {})}


def encode_column(answers, column):
    """Numbers, or text as it is."""
    column = np.asarray(column)
    return {"strings": [str(v) for v in column]} if column.dtype.kind in "OU" else answers.values(column)


class Lines:
    """Lines by object id, with columns per vertex and per line."""

    def __init__(self, ids, lines, vertex_fields=None, fields=None):
        self.ids = np.asarray(ids, "int64")
        self.lines = [np.asarray(line) for line in lines]
        self.vertex_fields = vertex_fields or {}
        self.fields = fields or {}

    def encode(self, answers):
        counts = [len(line) for line in self.lines]
        return {
            "ids": answers.values(self.ids),
            "startIndices": answers.values(np.concatenate([[0], np.cumsum(counts)]).astype("uint32")),
            "positions": answers.values(np.concatenate(self.lines)),
            "vertexFields": {n: encode_column(answers, np.concatenate(c)) for n, c in self.vertex_fields.items()},
            "fields": {n: encode_column(answers, c) for n, c in self.fields.items()},
        }

    def hits(self, bbox):
        return [i for i, line in enumerate(self.lines) if len(line) and inside(line, bbox).any()]

    def runs(self, bbox):
        """Runs of consecutive vertices inside: (place of the line, first vertex, number) each."""
        found = []
        for place, line in enumerate(self.lines):
            flags = inside(line, bbox)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
            found += [(place, a, b - a) for a, b in edges.reshape(-1, 2)]
        return found


def save_lines(name, path, levels, packages, reference, queries=(), about=None, family="zarr-vectors-shapes"):
    """`levels`: {level: Lines}. `reference(level, **call)` gives {id: positions} by the package's read function."""
    answers = document(name, path, "polylines", packages, about, family)
    disagreements = []
    for level, lines in levels.items():
        got = reference(level)
        same = set(got) == set(lines.ids.tolist()) and all(
            np.array_equal(got[int(i)], line) for i, line in zip(lines.ids, lines.lines)
        )
        if not same:
            disagreements.append(f"{name} (level {level}): the whole level differs")
        answers.document["levels"].append({"level": level, **lines.encode(answers)})
        stored = np.concatenate(lines.lines)
        for label, bbox in boxes_for(stored):
            runs = lines.runs(bbox)
            low, high = np.array(bbox).reshape(2, -1)
            chunks = sorted(reference(level, bbox=(low, high)))
            answers.document["queries"].append({
                "name": f"{label}, level {level}", "query": {**as_query(bbox), "level": level},
                "whole": [int(lines.ids[i]) for i in lines.hits(bbox)],
                "clip": answers.values(np.array(runs, "int32").reshape(-1, 3)),
                "chunks": chunks,
            })
    for label, query, ids in queries:
        answers.document["queries"].append({"name": label, "query": query, "whole": [int(i) for i in ids]})
    answers.save()
    return disagreements


def save_network(name, path, kind, levels, packages, reference, owners=None, about=None, tree=False, level_queries=True, link_fields=None,
                 family="zarr-vectors-shapes"):
    """`levels`: {level: (positions, links, {field: column})}: the truth. `reference(level, bbox)` gives positions and links.

    `link_fields`: {field: (values, whether each link has one)} of level 0.
    """
    answers = document(name, path, kind, packages, about, family)
    answers.document["isTree"] = tree
    disagreements = []

    def canonical(positions, links):
        """Vertices by position, links between those; edges of graphs have no direction, faces no first vertex."""
        positions = np.asarray(positions)
        order = np.lexsort([positions[:, i] for i in range(positions.shape[1])][::-1])
        place = np.empty(len(order), "int64")
        place[order] = np.arange(len(order))
        rows = place[np.asarray(links, "int64")].reshape(-1, np.asarray(links).shape[1])
        if kind == "graph" and not tree:
            rows = np.sort(rows, axis=1)
        if kind == "mesh":
            rows = np.array([np.roll(r, -int(np.argmin(r))) for r in rows], "int64").reshape(rows.shape)
        sort = np.lexsort([rows[:, i] for i in range(rows.shape[1])][::-1]) if len(rows) else np.arange(0)
        return order, rows[sort], sort

    def encode(positions, links, fields, of_links):
        order, rows, sort = canonical(positions, links)
        return {
            "positions": answers.values(positions[order]),
            "links": answers.values(rows.astype("uint32")),
            "vertexFields": {n: encode_column(answers, np.asarray(c)[order]) for n, c in fields.items()},
            **({"fields": {n: {"data": encode_column(answers, np.asarray(c)[sort]), "valid": answers.values(np.asarray(v)[sort].astype("uint8"))}
                           for n, (c, v) in of_links.items()}} if of_links else {}),
        }

    def take(positions, links, fields, of_links, keep):
        place = np.full(len(positions), -1)
        place[keep] = np.arange(int(keep.sum()))
        rows = place[np.asarray(links, "int64")]
        stay = (rows >= 0).all(axis=1)
        return (positions[keep], rows[stay], {n: np.asarray(c)[keep] for n, c in fields.items()},
                {n: (np.asarray(c)[stay], np.asarray(v)[stay]) for n, (c, v) in of_links.items()})

    for level, (positions, links, fields) in levels.items():
        of_links = (link_fields or {}) if level == 0 else {}
        answers.document["levels"].append({"level": level, **encode(positions, links, fields, of_links)})
        cases = [("no bbox", None), *(boxes_for(positions) if level_queries else [])]
        for label, bbox in cases:
            keep = np.ones(len(positions), bool) if bbox is None else inside(positions, bbox)
            want = take(positions, links, fields, of_links, keep)
            got = reference(level, None if bbox is None else tuple(np.array(bbox).reshape(2, -1)))
            agrees = len(got[0]) == len(want[0]) and (
                len(want[0]) == 0
                or np.array_equal(np.asarray(got[0])[canonical(*got)[0]], want[0][canonical(*want[:2])[0]])
                and np.array_equal(canonical(*got)[1], canonical(*want[:2])[1])
            )
            if not agrees:
                disagreements.append(
                    f"{name} / {label} (level {level}): {len(want[0])} vertices and {len(want[1])} links, "
                    f"reference {len(got[0])} and {len(got[1])}")
            query = {"level": level} if bbox is None else {"bbox": bbox, "level": level}
            answers.document["queries"].append({
                "name": f"{label}, level {level}", "query": query, "agrees": bool(agrees), **encode(*want),
            })
    if owners is not None:
        positions, links, fields = levels[0]
        for label, ids in (("one object", [int(owners[0])]), ("two objects", sorted({int(owners[0]), int(owners[-1])})),
                           ("no such object", [12345])):
            want = take(positions, links, fields, link_fields or {}, np.isin(owners, ids))
            # JSON numbers end at 2^53.
            asked = [i if i < 2**53 else str(i) for i in ids]
            answers.document["queries"].append({"name": label, "query": {"objects": asked}, **encode(*want)})
    answers.save()
    return disagreements
