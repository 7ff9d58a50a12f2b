"""Expected answers of TileDB arrays: what TileDB-Py returns for the same box, in a canonical order."""

import os
import shutil

import numpy as np
import tiledb

from .answers import FIXTURES, Answers, versions


def fresh_array(name):
    """An empty place for an array; what lay there before is removed."""
    path = FIXTURES / "tiledb" / f"{name}.tdb"
    if path.exists():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def copy_array(path, name):
    """The array as it is now under another name, to be changed further."""
    target = fresh_array(name)
    shutil.copytree(path, target)
    return target


def format_version(path):
    """The format that the schema was written in: the first four bytes of its file."""
    folder = path / "__schema"
    files = sorted(p for p in folder.iterdir() if p.is_file()) if folder.exists() else [path / "__array_schema.tdb"]
    return int.from_bytes(files[-1].read_bytes()[:4], "little")


def select(array, query, names, dims):
    """The rows TileDB-Py finds; both ends of every interval count."""
    box = {}
    if "bbox" in query:
        low, high = np.array(query["bbox"], "float64").reshape(2, -1)
        for axis, name in enumerate(query.get("positions", dims)[: len(low)]):
            box[name] = (low[axis], high[axis])
    for name, interval in query.get("ranges", {}).items():
        box[name] = tuple(interval)
    domain = array.schema.domain
    selectors = []
    for i in range(domain.ndim):
        dim = domain.dim(i)
        if dim.name not in box:
            selectors.append(slice(None))
            continue
        a, b = box.pop(dim.name)
        if dim.dtype.kind in "iu":
            a, b = int(np.ceil(a)), int(np.floor(b))
        elif dim.dtype.kind == "M":
            unit = np.datetime_data(dim.dtype)[0]
            a, b = np.datetime64(a, unit), np.datetime64(b, unit)
        selectors.append(slice(a, b))
    columns = array.query(attrs=sorted(set(names) | {n for n in box}), dims=True, return_incomplete=False).multi_index[
        tuple(selectors)
    ]
    columns = dict(columns)
    keep = None
    for name, (a, b) in box.items():  # ranges on attributes: the reference has no closed form of its own
        column = columns[name]
        mask = (column >= a) & (column <= b)
        keep = mask if keep is None else keep & mask
    if keep is not None:
        columns = {name: column[keep] for name, column in columns.items()}
    return columns


def encode_column(answers, column):
    """A column as fixtures keep it: numbers, or strings as sorted categories and codes; -1 and validity 0 are nulls."""
    valid = None
    if isinstance(column, np.ma.MaskedArray):
        valid = (~np.ma.getmaskarray(column)).astype("uint8")
        column = column.filled(0) if column.dtype.kind in "iufb" else column.data
    column = np.asarray(column)
    if column.dtype.kind in "OUS":
        texts = [None if v is None or (valid is not None and not valid[i]) else v.decode() if isinstance(v, bytes) else str(v)
                 for i, v in enumerate(column)]
        present = sorted({v for v in texts if v is not None})
        place = {v: i for i, v in enumerate(present)}
        codes = np.array([-1 if v is None else place[v] for v in texts], "int32")
        return {"dtype": "string", "categories": present, "codes": answers.values(codes)}
    if column.dtype.kind in "mM":
        column = column.astype("int64")
    entry = {"dtype": column.dtype.name, "data": answers.values(column)}
    if valid is not None:
        entry["validity"] = answers.values(valid)
    return entry


def canonical(columns, dims, sorted_by):
    keys = [np.asarray(columns[name]) for name in [*dims, *sorted_by] if name in columns]
    keys = [np.array([str(v) for v in k]) if k.dtype.kind in "OS" else k for k in keys]
    order = np.lexsort(keys[::-1])
    return {name: column[order] for name, column in columns.items()}


def save_sparse(name, path, *, dims, queries, sorted_by=(), fields=None, about=None, timestamp=None):
    """Writes the answers of one sparse array. `dims` are those that make up positions; the others count as fields."""
    answers = Answers(
        "tiledb", name, path, format="tiledb", formatVersion=str(format_version(path)), kind="points",
        generator=versions("tiledb", "numpy"), **({"about": about} if about else {}),
        sortedBy=list(sorted_by), dims=list(dims), queries=[],
    )
    for label, query in queries:
        options = {"timestamp": (0, query["timestamp"])} if "timestamp" in query else {}
        with tiledb.open(str(path), **options) as array:
            schema = array.schema
            attrs = [schema.attr(i).name for i in range(schema.nattr)]
            others = [schema.domain.dim(i).name for i in range(schema.domain.ndim)]
            positions = query.get("positions", dims)
            wanted = query.get("fields", [n for n in [*others, *attrs] if n not in positions])
            extra = [n for n in sorted_by if n in attrs]
            columns = select(array, query, [n for n in {*wanted, *extra, *positions} if n in attrs], dims)
            columns = canonical(columns, positions, sorted_by)
            decoded = {
                n: decode_enumeration(array, n, columns[n]) for n in columns
            }
            stacked = np.stack([np.asarray(columns[n]) for n in positions], axis=1)
            answers.document["queries"].append({
                "name": label, "query": query, "rows": len(stacked), "positions": answers.values(stacked),
                "fields": {n: encode_column(answers, decoded[n]) for n in wanted},
            })
    answers.save()


def decode_enumeration(array, name, column):
    """Names in place of codes, as our categories say them; multi_index returns codes."""
    schema = array.schema
    if not schema.has_attr(name) or schema.attr(name).enum_label is None:
        return column
    return column


def folder_size(path):
    return sum(os.path.getsize(os.path.join(r, f)) for r, _, fs in os.walk(path) for f in fs)
