"""Expected answers of TileDB arrays: what TileDB-Py returns for the same box, in a canonical order."""

import shutil

import numpy as np
import tiledb

from .answers import FIXTURES, Answers, versions


def fresh_array(name, family="tiledb"):
    """An empty place for an array; what lay there before is removed."""
    path = FIXTURES / family / f"{name}.tdb"
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
    """The rows in a closed box: a brute-force filter over everything, whose number is checked against TileDB's own answer."""
    box = {}
    if "bbox" in query:
        low, high = np.array(query["bbox"], "float64").reshape(2, -1)
        for axis, name in enumerate(query.get("positions", dims)[: len(low)]):
            box[name] = (low[axis], high[axis])
    for name, interval in query.get("ranges", {}).items():
        box[name] = tuple(interval)
    domain = array.schema.domain
    selectors = [selector(domain.dim(i), box) for i in range(domain.ndim)]
    asked = sorted({*names, *(n for n in box if array.schema.has_attr(n))})
    columns = dict(array.query(attrs=asked, dims=True)[:])
    rows = len(next(iter(columns.values())))
    inside, keep = np.ones(rows, bool), np.ones(rows, bool)
    for name, (a, b) in box.items():
        column = columns[name]
        if column.dtype.kind == "M":
            a, b = (np.datetime64(v, np.datetime_data(column.dtype)[0]) for v in (a, b))
        within = np.asarray((column >= a) & (column <= b)) & ~np.ma.getmaskarray(column)
        keep &= within
        if domain.has_dim(name):
            inside &= within
    found = array.query(attrs=[], dims=True).multi_index[tuple(selectors)]
    assert len(found[domain.dim(0).name]) == inside.sum(), (query, inside.sum())
    return {name: column[keep] for name, column in columns.items()}


def selector(dim, box):
    if dim.name not in box:
        return slice(None)
    a, b = box[dim.name]
    if dim.dtype.kind in "iu":
        return slice(int(np.ceil(a)), int(np.floor(b)))
    if dim.dtype.kind == "M":
        unit = np.datetime_data(dim.dtype)[0]
        return slice(np.datetime64(a, unit), np.datetime64(b, unit))
    return slice(a, b)


def encode_column(answers, column):
    """A column as fixtures keep it: numbers, or text as sorted categories and codes; -1 and validity 0 are nulls."""
    null = np.ma.getmaskarray(column)
    column = np.ma.getdata(column)
    if column.dtype.names:  # fields of several values
        return {"dtype": column.dtype[0].name, "data": answers.values(np.stack([column[n] for n in column.dtype.names], axis=1))}
    if column.dtype.kind == "O" and any(isinstance(item, np.ndarray) for item in column.ravel()):
        return encode_lists(answers, [None if gone else item for item, gone in zip(column, null)])
    if column.dtype.kind in "OUS":
        return encode_items(answers, [None if gone else item for item, gone in zip(column.tolist(), null)])
    numbers = np.where(null, 0, column.astype("int64") if column.dtype.kind == "M" else column)
    entry = {"dtype": numbers.dtype.name, "data": answers.values(numbers)}
    if null.any():
        entry["validity"] = answers.values((~null).astype("uint8"))
    return entry


def encode_lists(answers, lists):
    lengths = np.array([-1 if v is None else len(v) for v in lists], "int32")
    values = np.concatenate([v for v in lists if v is not None] or [np.empty(0, "uint8")])
    values = values.astype("int64") if values.dtype.kind == "M" else values
    return {"dtype": f"list<{values.dtype.name}>", "lengths": answers.values(lengths), "items": answers.values(values)}


def encode_items(answers, items):
    if any(isinstance(item, bytes) and not item.isascii() for item in items):
        lengths = np.array([-1 if v is None else len(v) for v in items], "int32")
        return {"dtype": "bytes", "lengths": answers.values(lengths),
                "items": answers.values(np.frombuffer(b"".join(v or b"" for v in items), "uint8"))}
    texts = [item.decode("ascii") if isinstance(item, bytes) else item for item in items]
    present = sorted({v for v in texts if v is not None})
    place = {v: i for i, v in enumerate(present)}
    codes = np.array([-1 if v is None else place[v] for v in texts], "int32")
    return {"dtype": "string", "categories": present, "codes": answers.values(codes)}


def canonical(columns, dims, sorted_by):
    keys = [columns[name] for name in [*dims, *sorted_by] if name in columns]
    order = np.lexsort(keys[::-1])
    return {name: column[order] for name, column in columns.items()}


def save_sparse(name, path, *, dims, queries, sorted_by=(), fields=None, about=None, family="tiledb"):
    """Writes the answers of one sparse array. `dims` are those that make up positions; the others count as fields."""
    answers = Answers(
        family, name, path, format="tiledb", formatVersion=str(format_version(path)), kind="points",
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
            stacked = np.stack([columns[n] for n in positions], axis=1)
            answers.document["queries"].append({
                "name": label, "query": query, "rows": len(stacked), "positions": answers.values(stacked),
                "fields": {n: encode_column(answers, columns[n]) for n in wanted},
            })
    answers.save()


def save_dense(name, path, queries, *, about):
    """Answers of reads by coordinates: both ends of a range count."""
    answers = Answers(
        "tiledb", name, path, format="tiledb", formatVersion=str(format_version(path)), kind="grid",
        generator=versions("tiledb", "numpy"), about=about, queries=[],
    )
    for label, query in queries:
        options = {"timestamp": (0, query["timestamp"])} if "timestamp" in query else {}
        with tiledb.open(str(path), **options) as array:
            domain = array.schema.domain
            selection = []
            for i in range(domain.ndim):
                dim = domain.dim(i)
                low, high = query.get("ranges", {}).get(dim.name, dim.domain)
                unit = np.datetime_data(dim.dtype)[0] if dim.dtype.kind == "M" else None
                selection.append(slice(*(np.datetime64(v, unit) if unit else int(v) for v in (low, high))))
            data = read(array, selection)
            data = {array.schema.attr(i).name: data[array.schema.attr(i).name] for i in range(array.schema.nattr)}
            arrays = {}
            for key, values in data.items():
                if values.dtype.names:
                    values = np.stack([values[n] for n in values.dtype.names], axis=-1)
                arrays[key] = encode_cells(answers, values)
            answers.document["queries"].append({"name": label, "query": query, "arrays": arrays})
    answers.save()


def read(array, selection):
    """`multi_index` gives what lies under nulls and tells none; slices tell them, and count from zero."""
    schema = array.schema
    if not any(schema.attr(i).isnullable for i in range(schema.nattr)):
        return array.multi_index[tuple(selection)]
    return array[tuple(slice(s.start, s.stop + 1) for s in selection)]


def encode_cells(answers, values):
    """Numbers, or text in C order; with the flags of those that are no null."""
    null = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "O" and isinstance(plain.flat[0], np.ndarray):
        lists = [None if gone else item for item, gone in zip(plain.ravel(), null.ravel())]
        return {"shape": list(plain.shape), **encode_lists(answers, lists)}
    if plain.dtype.kind in "OUS":
        flat = [None if gone else item for item, gone in zip(plain.ravel().tolist(), null.ravel())]
        return {"shape": list(plain.shape), **encode_items(answers, flat)}
    entry = answers.values(np.where(null, 0, plain).astype(plain.dtype))
    return {**entry, "validity": answers.values((~null).astype("uint8"))} if null.any() else entry
