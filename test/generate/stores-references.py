"""Kerchunk references to an HDF5 file, as kerchunk writes them; and documents of the specification, read by fsspec."""

import base64
import json
import os

import fsspec
import h5py
import numpy as np
import zarr
from kerchunk.hdf import SingleHdf5ToZarr
from zarr.storage import FsspecStore

from support.answers import FIXTURES, Answers, to_text, versions
from support.zarr_answers import array_entry

FAMILY = "stores"
FOLDER = FIXTURES / FAMILY


def write_hdf5(path):
    """Two grids and their labels; chunked and compressed, contiguous, and small enough to be inlined."""
    rng = np.random.default_rng(11)
    with h5py.File(path, "w") as file:
        lat = file.create_dataset("lat", data=np.linspace(40, 49, 10))
        lon = file.create_dataset("lon", data=np.linspace(-5, 6, 12))
        speed = file.create_dataset("speed", data=rng.normal(size=(10, 12)).astype("float32"), chunks=(5, 6),
                                    compression="gzip", shuffle=True)
        count = file.create_dataset("count", data=rng.integers(0, 9, size=(10, 12)).astype("int16"))
        lat.make_scale("lat")
        lon.make_scale("lon")
        for grid in (speed, count):
            grid.dims[0].attach_scale(lat)
            grid.dims[1].attach_scale(lon)
            grid.attrs["units"] = "m s-1"


def open_references(document):
    filesystem = fsspec.filesystem("reference", fo=document, remote_protocol="file", asynchronous=True,
                                   simple_templates=False)
    store = FsspecStore(filesystem, read_only=True, path="/")
    return zarr.open_group(store, mode="r", zarr_format=2)


def answer(name, group):
    answers = Answers(FAMILY, name, FOLDER / f"{name}.json", format="zarr", formatVersion="2", consolidated=False,
                      generator=versions("kerchunk", "fsspec", "h5py", "zarr", "numpy"))
    answers.document["arrays"] = {key: array_entry(answers, array) for key, array in sorted(group.arrays())}
    answers.save()


def write_references():
    write_hdf5("wind.h5")
    # Paths without a folder are read beside the document, which is where this runs.
    document = SingleHdf5ToZarr("wind.h5", inline_threshold=100).translate()
    version0 = document["refs"]
    assert any(isinstance(value, list) for value in version0.values())
    assert any(isinstance(value, str) and value.startswith("base64:") for value in version0.values())
    for name, content in [("references-v1", document), ("references-v0", version0)]:
        with open(f"{name}.json", "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        answer(name, open_references(content))


def write_generated():
    """References made by templates and counting: a raw file of numbers, a slice of it per chunk."""
    values = np.arange(6 * 8, dtype="<i4").reshape(6, 8)
    with open("raw-0.bin", "wb") as file:
        file.write(b"HEAD" + values[:3].tobytes())
    with open("raw-1.bin", "wb") as file:
        file.write(b"HEAD" + values[3:].tobytes())
    zarray = {"zarr_format": 2, "shape": [6, 8], "chunks": [1, 8], "dtype": "<i4", "compressor": None, "filters": None,
              "fill_value": -1, "order": "C"}
    document = {
        "version": 1,
        "templates": {"stem": "raw", "file": "{{stem}}-{{n}}.bin"},
        "gen": [{
            "key": "a/{{ 3 * half + row }}.0", "url": "{{ file(stem='raw', n=half) }}",
            "offset": "{{ 4 + row * 8 * 4 }}", "length": "{{ (2 + 6) * 2 ** 2 }}",
            "dimensions": {"half": [0, 1], "row": {"stop": 3}},
        }],
        "refs": {
            ".zgroup": {"zarr_format": 2},
            "a/.zarray": json.dumps(zarray),
            "inline/.zarray": {**zarray, "shape": [8], "chunks": [8]},
            "inline/0": "base64:" + base64.b64encode(np.arange(8, dtype="<i4").tobytes()).decode(),
            "whole/.zarray": {**zarray, "shape": [25], "chunks": [25]},
            "whole/0": ["{{stem}}-0.bin"],
            "text/.zarray": {**zarray, "shape": [4], "chunks": [4], "dtype": "|u1", "fill_value": 0},
            "text/0": "zarr",
        },
    }
    with open("references-generated.json", "w", encoding="utf-8") as file:
        file.write(to_text(document) + "\n")
    answer("references-generated", open_references(document))
    # What every key comes to, by fsspec.
    filesystem = fsspec.filesystem("reference", fo=document, remote_protocol="file", simple_templates=False)
    resolved = {key: value for key, value in sorted(filesystem.references.items()) if isinstance(value, list)}
    with open("references-generated.resolved.json", "w", encoding="utf-8") as file:
        file.write(to_text(resolved) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.chdir(FOLDER)
    write_references()
    write_generated()
