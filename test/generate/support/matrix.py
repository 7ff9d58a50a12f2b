"""Arrays of one small shape in many types and with many codecs, in one zip archive with the reference's answers beside it.

`<name>.expected.json` lists the arrays by path: `dtype` as the library names it, `shape`, and `values`, an index into `answers`:
`text` (strings), `items` (byte strings in base64) or `bytes` (numbers, little-endian, in base64). Widened floats are in `bytes` as
float32.
"""

import base64
import json
import zipfile

import numpy as np
import zarr

from support.answers import FIXTURES, versions

SHAPE, CHUNKS = (5, 7), (3, 4)
COUNT = SHAPE[0] * SHAPE[1]


def ramp(name):
    """Values that differ, cross zero, and reach the ends of their type."""
    index = np.arange(COUNT)
    dtype = np.dtype(name)
    if dtype == bool:
        data = index * 7 % 3 == 0
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        step = (int(info.max) - int(info.min)) // (COUNT - 1)
        data = np.array([int(info.min) + step * int(i) for i in index], dtype=dtype)
    elif dtype.kind == "c":
        data = (index - COUNT / 3) * 0.5 + 1j * (COUNT / 2 - index)
    else:
        data = (index - COUNT / 3) * 0.37
        data[1:5] = np.nan, np.inf, -np.inf, -0.0
    return np.asarray(data).astype(dtype).reshape(SHAPE)


def small_integers(name):
    """For codecs that scale or narrow: whole numbers that every type holds."""
    return (np.arange(COUNT) * 3 % 100).astype(name).reshape(SHAPE)


def is_needed(key):
    """Consolidated metadata stands for that of the nodes."""
    return key == "zarr.json" or key.rsplit("/", 1)[-1] not in ("zarr.json", ".zarray", ".zattrs", ".zgroup")


class Matrix:
    def __init__(self, name, zarr_format):
        self.name, self.zarr_format = name, zarr_format
        self.store = zarr.storage.MemoryStore()
        self.root = zarr.create_group(self.store, zarr_format=zarr_format)
        self.answers, self.arrays, self.known = [], {}, {}

    def add(self, path, data, *, dtype=None, library=None, unit=None, write=True, **options):
        """Writes an array; the answer is what the reference reads back."""
        options.setdefault("chunks", CHUNKS)
        options.setdefault("compressors", None)
        array = self.root.create_array(path, shape=data.shape, dtype=dtype or data.dtype, **options)
        if write:
            array[...] = data
        read = np.asarray(array[...])
        self.describe(path, read, library, unit)
        return array

    def describe(self, path, read, library=None, unit=None):
        library = library or ("string" if read.dtype.kind in "OUT" else read.dtype.name)
        entry = {"dtype": library, "shape": list(read.shape), "values": self.answer(library, read)}
        self.arrays[path] = entry if unit is None else {**entry, "unit": unit}

    def answer(self, library, read):
        flat = read.reshape(-1)
        if library == "string":
            value = {"text": [t.decode() if isinstance(t, bytes) else str(t) for t in flat.tolist()]}
        elif library == "bytes":
            value = {"items": [base64.b64encode(bytes(item)).decode() for item in flat.tolist()]}
        else:
            if read.dtype.kind == "f" and read.dtype.itemsize == 2:
                flat = flat.astype("<f4")
            if read.dtype.kind == "b":
                flat = flat.astype("u1")
            little = flat if flat.dtype.kind == "V" else flat.astype(flat.dtype.newbyteorder("<"))
            value = {"bytes": base64.b64encode(little.tobytes()).decode()}
        key = json.dumps(value)
        if key not in self.known:
            self.known[key] = len(self.answers)
            self.answers.append(value)
        return self.known[key]

    def save(self):
        if self.zarr_format == 3:
            zarr.consolidate_metadata(self.store)
        else:
            self.consolidate()
        target = FIXTURES / "zarr-types" / f"{self.name}.zip"
        target.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for key in sorted(filter(is_needed, self.store._store_dict)):
                # A fixed date, so that a second run changes no byte.
                entry = zipfile.ZipInfo(key, (2020, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, self.store._store_dict[key].to_bytes())
        document = {
            "name": self.name,
            "formatVersion": str(self.zarr_format),
            "generator": versions("zarr", "numcodecs", "numpy"),
            "arrays": self.arrays,
            "answers": self.answers,
        }
        target.with_suffix(".expected.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        print(f"{self.name}: {len(self.arrays)} arrays, {target.stat().st_size} bytes")


    def consolidate(self):
        """zarr-python 3 does not consolidate types that it does not know, such as JSON objects."""
        store = self.store._store_dict
        names = (".zarray", ".zattrs", ".zgroup")
        metadata = {key: json.loads(store[key].to_bytes()) for key in sorted(store) if key.rsplit("/", 1)[-1] in names}
        document = {"zarr_consolidated_format": 1, "metadata": metadata}
        store[".zmetadata"] = zarr.core.buffer.cpu.Buffer.from_bytes(json.dumps(document).encode())
