"""Small Zarr arrays, one property each: types, layouts, fill values, codecs, shards. Made data."""

import numcodecs
import numpy as np
import zarr
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)

from support.answers import Answers, fresh_store
from support.zarr_answers import array_entry, describe_arrays, generator

numcodecs.blosc.set_nthreads(1)

TYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]
SHUFFLES = ["noshuffle", "shuffle", "bitshuffle"]
COMPRESSORS = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]


def ramp(shape, dtype):
    """Values that differ everywhere, cross zero, and reach the ends of their type."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape, dtype=int))
    index = np.arange(count)
    if dtype == bool:
        data = (index * 7 % 3 == 0)
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        step = (int(info.max) - int(info.min)) // max(1, count - 1)
        data = np.array([int(info.min) + step * int(i) for i in index], dtype=dtype)
    elif dtype.kind == "c":
        data = (index - count / 3) * 0.5 + 1j * (count / 2 - index)
    else:
        data = (index - count / 3) * 0.37
        if count > 4:
            data[1], data[2], data[3], data[4] = np.nan, np.inf, -np.inf, -0.0
    return np.asarray(data).astype(dtype).reshape(shape)


def smooth(shape, dtype="float32"):
    """A field that compresses as measured data does."""
    axes = np.meshgrid(*(np.linspace(0, 3, n) for n in shape), indexing="ij")
    field = sum(np.sin((i + 1.3) * a) for i, a in enumerate(axes)) * 1000
    return np.round(field, 1).astype(dtype)


class Store:
    """A group under construction, with what was put into each array."""

    def __init__(self, name, zarr_format):
        self.path = fresh_store("zarr", name, ".zarr")
        self.group = zarr.open_group(self.path, mode="w", zarr_format=zarr_format)
        self.name = name
        self.zarr_format = zarr_format
        self.written = {}

    def add(self, path, data, *, write=True, **options):
        data = np.asarray(data)
        options.setdefault("dtype", data.dtype)
        options.setdefault("compressors", None)
        array = self.group.create_array(path, shape=data.shape, **options)
        if write:
            # Python scalars and 0-d arrays need the ellipsis.
            array[...] = data
        self.written[path] = data
        return array

    def save(self, consolidated=False):
        if consolidated:
            zarr.consolidate_metadata(self.path)
        answers = Answers(
            "zarr", self.name, self.path,
            format="zarr", formatVersion=str(self.zarr_format), consolidated=consolidated, generator=generator(),
        )
        describe_arrays(answers, zarr.open_group(self.path, mode="r"), self.written)
        answers.save()


def write_types():
    for version in (2, 3):
        store = Store(f"v{version}-types", version)
        for name in TYPES:
            data = ramp((7,), name)
            store.add(name, data, chunks=(4,))
            if data.dtype.itemsize == 1:
                continue
            if version == 2:
                store.add(f"{name}-big", data, dtype=data.dtype.newbyteorder(">"), chunks=(4,))
            else:
                store.add(f"{name}-big", data, chunks=(4,), serializer=BytesCodec(endian="big"))
        store.save(consolidated=True)


def write_layouts():
    for version in (2, 3):
        store = Store(f"v{version}-layout", version)
        store.add("scalar", np.array(-12.25))
        store.add("one", ramp((11,), "int16"), chunks=(4,))
        store.add("two", ramp((7, 10), "float32"), chunks=(3, 4))
        store.add("three", ramp((3, 5, 4), "int32"), chunks=(2, 5, 3))
        store.add("four", ramp((2, 3, 4, 5), "uint16"), chunks=(1, 3, 3, 4))
        store.add("chunk-larger-than-shape", ramp((3, 4), "int32"), chunks=(8, 8))
        store.add("length-zero", np.zeros((0, 4), "float32"), chunks=(2, 2), write=False)
        store.add("nested/deeper/array", ramp((4, 5), "uint8"), chunks=(2, 5))
        for name, separator in (("dot", "."), ("slash", "/")):
            store.add(f"separator-{name}", ramp((5, 6), "int32"), chunks=(3, 4),
                      chunk_key_encoding={"name": "default" if version == 3 else "v2", "separator": separator})
        if version == 2:
            store.add("order-f", ramp((7, 10), "float32"), chunks=(3, 4), order="F")
            store.add("order-f-3d", ramp((3, 5, 4), "int32"), chunks=(2, 3, 3), order="F")
            store.add("order-f-big-zlib", ramp((7, 10), "float64"), chunks=(4, 6), order="F",
                      dtype=np.dtype(">f8"), compressors=numcodecs.Zlib(5))
        else:
            store.add("v2-keys-dot", ramp((5, 6), "int32"), chunks=(3, 4), chunk_key_encoding={"name": "v2", "separator": "."})
            store.add("v2-keys-slash", ramp((5, 6), "int32"), chunks=(3, 4), chunk_key_encoding={"name": "v2", "separator": "/"})
            store.add("v2-keys-scalar", np.array(7, "int8"), chunk_key_encoding={"name": "v2", "separator": "."})
            store.add("dimension-names", ramp((5, 6), "int32"), chunks=(3, 4), dimension_names=["y", None])
        store.save()


FILLS = [
    ("nan", "float32", np.nan), ("infinity", "float64", np.inf), ("minus-infinity", "float16", -np.inf),
    ("minus-zero", "float32", -0.0), ("tenth", "float32", 0.1), ("float64-exact", "float64", 0.1),
    ("negative", "int16", -9999), ("int64-min", "int64", -(2**63)), ("uint64-max", "uint64", 2**64 - 1),
    ("true", "bool", True), ("complex", "complex64", complex(1.5, -np.inf)), ("complex-nan", "complex128", complex(np.nan, 2)),
]


def write_fills():
    for version in (2, 3):
        store = Store(f"v{version}-fill", version)
        for name, dtype, fill in FILLS:
            data = np.full((6, 5), fill, dtype=dtype)
            array = store.add(name, data, chunks=(3, 3), fill_value=np.dtype(dtype).type(fill), write=False)
            # One chunk is present, three are missing.
            data[3:6, 0:3] = ramp((3, 3), dtype)
            array[3:6, 0:3] = data[3:6, 0:3]
        store.add("never-written", np.full((4, 4), 5, "int32"), chunks=(2, 2), fill_value=5, write=False)
        store.save(consolidated=version == 3)


def write_codecs_v2():
    data = smooth((30, 20))
    counts = np.cumsum(np.arange(600) % 7).reshape(30, 20)
    store = Store("v2-codecs", 2)

    def add(name, values=data, **options):
        store.add(name, values, chunks=(20, 20), **options)

    add("none")
    for shuffle_id, shuffle in enumerate(SHUFFLES):
        for cname in COMPRESSORS:
            add(f"blosc-{cname}-{shuffle}", compressors=numcodecs.Blosc(cname=cname, clevel=5, shuffle=shuffle_id))
    add("blosc-lz4-level-0", compressors=numcodecs.Blosc(cname="lz4", clevel=0, shuffle=1))
    add("blosc-zstd-int16", counts.astype("int16"), compressors=numcodecs.Blosc(cname="zstd", clevel=9, shuffle=2))
    add("zstd", compressors=numcodecs.Zstd(level=3))
    add("zstd-checksum", compressors=numcodecs.Zstd(level=3, checksum=True))
    add("lz4", compressors=numcodecs.LZ4())
    add("gzip", compressors=numcodecs.GZip(level=6))
    add("zlib", compressors=numcodecs.Zlib(level=1))
    add("shuffle-zlib", filters=[numcodecs.Shuffle(elementsize=4)], compressors=numcodecs.Zlib(level=4))
    add("delta-zstd", counts.astype("int32"), filters=[numcodecs.Delta(dtype="<i4")], compressors=numcodecs.Zstd())
    add("delta-narrow", counts.astype("int32"), filters=[numcodecs.Delta(dtype="<i4", astype="<i2")])
    add("delta-shuffle-lz4", counts.astype("int16"),
        filters=[numcodecs.Delta(dtype="<i2"), numcodecs.Shuffle(elementsize=2)], compressors=numcodecs.LZ4())
    # 64 KiB in 8 KiB blocks: more than one blosc block, and a last one that is not split as the others.
    wide = smooth((100, 170), "int32")
    for shuffle_id, shuffle in enumerate(SHUFFLES):
        store.add(f"blosc-blocks-{shuffle}", wide, chunks=(100, 170),
                  compressors=numcodecs.Blosc(cname="zstd", clevel=3, shuffle=shuffle_id, blocksize=8192))
    store.save()


def write_codecs_v3():
    data = smooth((30, 20))
    store = Store("v3-codecs", 3)

    def add(name, values=data, **options):
        store.add(name, values, chunks=(20, 20), **options)

    add("none")
    for shuffle in SHUFFLES:
        for cname in COMPRESSORS:
            add(f"blosc-{cname}-{shuffle}", compressors=BloscCodec(cname=cname, clevel=5, shuffle=shuffle, typesize=4))
    add("zstd", compressors=ZstdCodec(level=3))
    add("zstd-checksum", compressors=ZstdCodec(level=3, checksum=True))
    add("gzip", compressors=GzipCodec(level=6))
    add("crc32c", compressors=Crc32cCodec())
    add("crc32c-after-zstd", compressors=[ZstdCodec(), Crc32cCodec()])
    add("zstd-after-crc32c", compressors=[Crc32cCodec(), ZstdCodec()])
    add("big-endian-gzip", serializer=BytesCodec(endian="big"), compressors=GzipCodec())
    add("transpose", filters=TransposeCodec(order=(1, 0)))
    add("transpose-blosc", filters=TransposeCodec(order=(1, 0)),
        compressors=BloscCodec(cname="lz4", shuffle="shuffle", typesize=4))
    cube = smooth((5, 8, 9), "int16")
    store.add("transpose-120", cube, chunks=(3, 5, 4), filters=TransposeCodec(order=(1, 2, 0)))
    store.add("transpose-twice", cube, chunks=(3, 5, 9), compressors=ZstdCodec(),
              filters=[TransposeCodec(order=(2, 0, 1)), TransposeCodec(order=(1, 0, 2))])
    store.save()


def write_numcodecs_v3():
    """numcodecs' codecs under their v3 names, as converters of older files write them."""
    from zarr.codecs import numcodecs as wrapped

    data = smooth((30, 20))
    counts = np.cumsum(np.arange(600) % 7).reshape(30, 20).astype("int32")
    store = Store("v3-numcodecs", 3)

    def add(name, values=data, **options):
        store.add(name, values, chunks=(20, 20), **options)

    add("zlib", compressors=wrapped.Zlib(level=4))
    add("lz4", compressors=wrapped.LZ4())
    add("zstd", compressors=wrapped.Zstd(level=3))
    add("gzip", compressors=wrapped.GZip(level=3))
    add("blosc", compressors=wrapped.Blosc(cname="lz4", clevel=5, shuffle=1))
    add("shuffle-zlib", compressors=[wrapped.Shuffle(elementsize=4), wrapped.Zlib(level=4)])
    add("delta-zlib", counts, filters=[wrapped.Delta(dtype="<i4")], compressors=wrapped.Zlib(level=4))
    store.save()


def write_shards():
    data = smooth((22, 17))
    index = [BytesCodec(), Crc32cCodec()]
    store = Store("v3-sharded", 3)

    def add(name, values=data, inner=(4, 4), shards=(12, 8), codecs=(BytesCodec(),), index_codecs=index,
            location="end", write=True, **options):
        return store.add(name, values, chunks=shards, write=write, serializer=ShardingCodec(
            chunk_shape=inner, codecs=list(codecs), index_codecs=index_codecs, index_location=location), **options)

    add("plain")
    add("index-start", location="start")
    add("index-without-checksum", index_codecs=[BytesCodec()])
    add("zstd", codecs=[BytesCodec(), ZstdCodec()])
    add("gzip-index-start", codecs=[BytesCodec(), GzipCodec()], location="start")
    add("blosc", codecs=[BytesCodec(), BloscCodec(cname="zstd", shuffle="bitshuffle", typesize=4)])
    add("crc32c", codecs=[BytesCodec(), Crc32cCodec()])
    add("inner-big-endian", codecs=[BytesCodec(endian="big"), ZstdCodec()])
    add("inner-transpose", codecs=[TransposeCodec(order=(1, 0)), BytesCodec(), ZstdCodec()], inner=(6, 4))
    add("outer-transpose", inner=(4, 6), shards=(12, 12), filters=TransposeCodec(order=(1, 0)))
    add("one-chunk-per-shard", inner=(12, 8))
    add("sharding-in-sharding", inner=(6, 4), codecs=[ShardingCodec(
        chunk_shape=(3, 4), codecs=[BytesCodec(), ZstdCodec()], index_codecs=index)])
    cube = smooth((5, 9, 7), "int16")
    add("three", cube, inner=(2, 3, 2), shards=(4, 6, 4), codecs=[BytesCodec(), ZstdCodec()])
    holes = np.full(data.shape, -1, "float32")
    array = add("holes", holes, write=False, fill_value=-1)
    # One inner chunk and a part of another; whole shards stay unwritten.
    for rows, columns in ((slice(4, 8), slice(4, 8)), (slice(20, 22), slice(10, 17))):
        holes[rows, columns] = data[rows, columns]
        array[rows, columns] = data[rows, columns]
    store.save(consolidated=True)


def write_roots():
    """Stores that are one array, without a group."""
    for version in (2, 3):
        name = f"v{version}-root-array"
        path = fresh_store("zarr", name, ".zarr")
        data = smooth((12, 10), "int16")
        array = zarr.create_array(path, shape=data.shape, dtype=data.dtype, chunks=(5, 10), zarr_format=version)
        array[...] = data
        answers = Answers("zarr", name, path, format="zarr", formatVersion=str(version), consolidated=False, generator=generator())
        answers.document["arrays"] = {"": array_entry(answers, zarr.open_array(path, mode="r"), data)}
        answers.save()


def write_refused():
    """Codecs outside the supported set: a reader must name them, never guess."""
    from zarr.codecs import numcodecs as wrapped

    data = smooth((10, 10))
    for version in (2, 3):
        name = f"v{version}-refused"
        path = fresh_store("zarr", name, ".zarr")
        group = zarr.open_group(path, mode="w", zarr_format=version)
        codecs = numcodecs if version == 2 else wrapped
        refuses = {}
        group.create_array("lzma", data=data, chunks=(10, 10), compressors=codecs.LZMA())
        refuses["lzma"] = {"code": "unknown-codec", "mentions": "lzma"}
        answers = Answers("zarr", name, path, format="zarr", formatVersion=str(version), consolidated=False, generator=generator())
        answers.document["arrays"] = {}
        answers.document["refuses"] = refuses
        answers.save()


if __name__ == "__main__":
    write_types()
    write_layouts()
    write_fills()
    write_codecs_v2()
    write_codecs_v3()
    write_numcodecs_v3()
    write_shards()
    write_roots()
    write_refused()
