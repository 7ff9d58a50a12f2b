"""Zip archives: by zarr's ZipStore, and by zipfile in the forms that other zip programs write."""

import io
import time
import types
import zipfile

import numpy as np
import zarr
import zarr.storage._zip
from zarr.storage import LocalStore, MemoryStore, ZipStore

from support.answers import FIXTURES, Answers, versions
from support.zarr_answers import array_entry

FAMILY = "stores"
# Chunks that are written side by side would lie in another order each time.
zarr.config.set({"async.concurrency": 1, "threading.max_workers": 1})
# The time of writing would change every archive.
zarr.storage._zip.time = types.SimpleNamespace(time=lambda: 0, localtime=lambda _: time.gmtime(1_600_000_000))
LIMITS = (zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT)
STAMP = time.gmtime(1_600_000_000)[:6]


def fill(store, zarr_format):
    """A grid in plain chunks and one in a shard, with labels."""
    group = zarr.create_group(store, zarr_format=zarr_format, attributes={"title": "zip"})
    rng = np.random.default_rng(7)

    def add(name, values, **options):
        dimensions = options.pop("dims")
        if zarr_format == 2:
            options["attributes"] = {"_ARRAY_DIMENSIONS": dimensions}
        else:
            options["dimension_names"] = dimensions
        array = group.create_array(name, shape=values.shape, dtype=values.dtype, **options)
        array[...] = values

    add("lat", np.linspace(40, 49, 10), dims=["lat"], chunks=(10,))
    add("lon", np.linspace(-5, 6, 12), dims=["lon"], chunks=(12,))
    add("plain", rng.normal(size=(10, 12)).astype("float32"), dims=["lat", "lon"], chunks=(4, 5))
    if zarr_format == 3:
        values = rng.integers(0, 1000, size=(10, 12)).astype("uint16")
        add("sharded", values, dims=["lat", "lon"], chunks=(2, 3), shards=(10, 12))
    return group


def answer(name, archive, group, zarr_format):
    answers = Answers(FAMILY, name, archive, format="zarr", formatVersion=str(zarr_format), consolidated=False,
                      generator=versions("zarr", "numcodecs", "numpy"))
    answers.document["arrays"] = {key: array_entry(answers, array) for key, array in sorted(group.arrays())}
    answers.save()


def place(name):
    path = FIXTURES / FAMILY / f"{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


def write_by_zarr(name, zarr_format, compression):
    path = place(name)
    store = ZipStore(path, mode="w", compression=compression)
    fill(store, zarr_format)
    store.close()
    answer(name, path, zarr.open_group(ZipStore(path, mode="r"), mode="r"), zarr_format)


class Unseekable(io.RawIOBase):
    """A pipe, for which zipfile writes sizes and checksums behind the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def members_of(zarr_format):
    store = MemoryStore()
    fill(store, zarr_format)
    return {key: value.to_bytes() for key, value in store._store_dict.items()}


def write_by_zipfile(name, folder, *, zarr_format=3, compression=zipfile.ZIP_DEFLATED, pipe=False, zip64=False,
                     extra=(), prefix=b"", comment=b""):
    path = place(name)
    # Low limits make zipfile write every zip64 field and record, as for an archive of many gigabytes.
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = (1, 1) if zip64 else LIMITS
    with open(path, "wb") as file:
        file.write(prefix)
        with zipfile.ZipFile(Unseekable(file) if pipe else file, "w", compression) as archive:
            for key, value in [*members_of(zarr_format).items(), *extra]:
                key = key if key.startswith("__MACOSX") else folder + key
                info = zipfile.ZipInfo(key, STAMP)
                info.compress_type = zipfile.ZIP_STORED if key.endswith("/") else compression
                with archive.open(info, "w", force_zip64=zip64) as member:
                    member.write(value)
            archive.comment = comment
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = LIMITS
    reread = {}
    with zipfile.ZipFile(path) as archive:
        for key in archive.namelist():
            if key.startswith(folder) and not key.endswith("/"):
                reread[key.removeprefix(folder)] = archive.read(key)
    store = MemoryStore({key: zarr.core.buffer.cpu.Buffer.from_bytes(value) for key, value in reread.items()})
    answer(name, path, zarr.open_group(store, mode="r"), zarr_format)


def write_twice():
    """An array written over: the archive holds both, and its directory lists the last one later."""
    path = place("overwritten")
    store = ZipStore(path, mode="w")
    group = zarr.create_group(store, zarr_format=2)
    array = group.create_array("a", shape=(6,), chunks=(3,), dtype="int32")
    array[...] = [1, 2, 3, 4, 5, 6]
    array[0:3] = [10, 20, 30]
    store.close()
    answer("overwritten", path, zarr.open_group(ZipStore(path, mode="r"), mode="r"), 2)


if __name__ == "__main__":
    write_by_zarr("stored-v3", 3, zipfile.ZIP_STORED)
    write_by_zarr("stored-v2", 2, zipfile.ZIP_STORED)
    write_by_zarr("deflated-v3", 3, zipfile.ZIP_DEFLATED)
    write_by_zipfile("folder", "deep/er/air.zarr/", pipe=True,
                     extra=[("plain/", b""), ("__MACOSX/deep/._air.zarr", b"noise")])
    write_by_zipfile("zip64", "air.zarr/", compression=zipfile.ZIP_STORED, zip64=True)
    write_by_zipfile("appended", "", prefix=b"#!/bin/sh\nexit 0\n" + bytes(1000), comment=b"unpack me " * 40)
    write_twice()
