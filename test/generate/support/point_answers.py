"""Expected answers of point queries: a brute-force filter, checked against the reference's read_points."""

import json

import numpy as np
from zarr_vectors.types.points import read_points

from .answers import Answers, versions


def code_strings(column):
    """Strings as sorted categories and int32 codes; -1 is a missing value."""
    present = sorted({str(v) for v in column if v is not None})
    place = {v: i for i, v in enumerate(present)}
    return present, np.array([-1 if v is None else place[str(v)] for v in column], dtype="int32")


def canonical_order(positions, fields, sorted_by):
    """Row order by position, axis after axis, then by the named fields."""
    keys = [positions[:, i] for i in range(positions.shape[1])]
    keys += [fields[name] for name in sorted_by]
    return np.lexsort(keys[::-1])


class PointTable:
    """Rows of one level: positions, and columns by name."""

    def __init__(self, positions, fields):
        self.positions = np.asarray(positions)
        self.fields = {name: np.asarray(column) for name, column in fields.items()}

    def take(self, rows):
        return PointTable(self.positions[rows], {n: c[rows] for n, c in self.fields.items()})

    def inside(self, bbox):
        """Rows in the closed box. The stored number is widened; the bound is never rounded to it."""
        wide = self.positions.astype("float64")
        low, high = np.array(bbox, "float64").reshape(2, -1)
        return np.all((wide >= low) & (wide <= high), axis=1)

    def canonical(self, sorted_by):
        usable = [name for name in sorted_by if name in self.fields]
        return self.take(canonical_order(self.positions, self.fields, usable))

    def key(self):
        """The content as something that compares."""
        parts = [self.positions.tobytes()]
        for name in sorted(self.fields):
            column = self.fields[name]
            if column.dtype.kind in "OU":
                parts.append(tuple(None if v is None else str(v) for v in column))
            else:
                parts.append(column.tobytes())
        return (len(self.positions), tuple(parts))


def reference_read(path, level, names, **query):
    got = read_points(path, level=level, attribute_names=names, **query)
    return PointTable(got["positions"], got["vertex_attributes"]), got


def encode_field(answers, column):
    if column.dtype.kind in "OU":
        categories, codes = code_strings(column)
        return {"dtype": "string", "categories": categories, "codes": answers.values(codes)}
    return {"dtype": column.dtype.name, "data": answers.values(column)}


def encode_table(answers, table):
    return {
        "rows": len(table.positions),
        "positions": answers.values(table.positions),
        "fields": {name: encode_field(answers, column) for name, column in table.fields.items()},
    }


def stored_fields(path, level):
    """Vertex attributes of a level, from the leaf documents."""
    folder = path / str(level) / "vertex_attributes"
    return sorted(p.name for p in folder.iterdir() if (p / "zarr.json").exists()) if folder.exists() else []


def save_points(family, name, path, *, written, queries, sorted_by=(), levels=(0,), objects=None, about=None, note=None):
    """Writes the answers of one point store and returns the reference's disagreements.

    `written` is what went into level 0. `queries` are (name, query) with the public query's keys; `objects` gives
    the object id of each written row for queries by object.
    """
    root = json.loads((path / "zarr.json").read_text())["attributes"]["zarr_vectors"]
    answers = Answers(
        family, name, path, format="zarr-vectors", formatVersion=root["zv_version"], kind="points",
        generator=versions("zarr-vectors", "zarr", "numpy"), **({"about": about} if about else {}),
        sortedBy=list(sorted_by), levels=[], queries=[],
    )
    full = {}
    for level in levels:
        names = stored_fields(path, level)
        table, _ = reference_read(path, level, names)
        if level == 0:
            stored = PointTable(written.positions, {n: written.fields[n] for n in names})
            # Rows must be the input's, whatever their order; strings take part through the sort key's uniqueness.
            if stored.canonical(sorted_by).key() != table.canonical(sorted_by).key():
                raise AssertionError(f"{name}: a full read differs from what was written")
            table = stored
        full[level] = table
        ordered = table.canonical(sorted_by)
        wide = ordered.positions.astype("float64")
        answers.document["levels"].append({
            "level": level,
            "dims": int(table.positions.shape[1]),
            "bounds": [*wide.min(axis=0).tolist(), *wide.max(axis=0).tolist()],
            **encode_table(answers, ordered),
        })
    disagreements = []
    for label, query in queries:
        level = query.get("level", 0)
        table = full[level]
        names = sorted(table.fields)
        keep = np.ones(len(table.positions), dtype=bool)
        call = {}
        if "bbox" in query:
            keep &= table.inside(query["bbox"])
            low, high = np.array(query["bbox"], "float64").reshape(2, -1)
            call["bbox"] = (low, high)
        if "objects" in query:
            keep &= np.isin(objects, query["objects"])
            call["object_ids"] = list(query["objects"])
        expected = table.take(keep).canonical(sorted_by)
        try:
            got, _ = reference_read(path, level, names, **call)
        except Exception as error:  # the reference's failure is part of the record
            reference = {"agrees": False, "error": f"{type(error).__name__}: {error}"}
        else:
            # An empty answer of the reference has no columns and is float32: compare its length alone.
            agrees = len(got.positions) == len(expected.positions) and (
                len(expected.positions) == 0 or got.canonical(sorted_by).key() == expected.key()
            )
            reference = {"agrees": agrees, **({} if agrees else {"rows": len(got.positions)})}
        if not reference["agrees"]:
            disagreements.append(f"{name} / {label} (level {level}): {len(expected.positions)} rows, reference {reference}")
        # A query that returns the whole level points at the same bytes: Answers keeps one copy.
        answers.document["queries"].append({
            "name": label, "query": query, **encode_table(answers, expected), "reference": reference,
        })
    if note:
        answers.document["note"] = note
    answers.save()
    return disagreements
