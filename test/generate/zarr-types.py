"""Zarr arrays of every type with every codec, in every layout: one zip archive a version, with the reference's answers beside it."""

import json

import numcodecs
import numcodecs.zarr3 as wrapped
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

from support.matrix import CHUNKS, COUNT, SHAPE, Matrix, ramp, small_integers

numcodecs.blosc.set_nthreads(1)

NUMBERS = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]
WORDS = ["", "zarr", "世界", "🚀🎉", "Ñoño", "a\nb", "long " * 5, "0"]


def words():
    return np.array([WORDS[i % len(WORDS)] + (str(i) if i % 3 else "") for i in range(COUNT)], dtype=object).reshape(SHAPE)


def compressors_v2():
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            yield f"blosc-{cname}-{shuffle}", numcodecs.Blosc(cname=cname, shuffle=shuffle)
    yield from (
        ("zlib", numcodecs.Zlib(3)), ("gzip", numcodecs.GZip(3)), ("bz2", numcodecs.BZ2(1)), ("zstd", numcodecs.Zstd(1)),
        ("lz4", numcodecs.LZ4(1)),
    )


def filters_v2(dtype):
    size = np.dtype(dtype).itemsize
    text = np.dtype(dtype).str
    yield from (
        ("shuffle", [numcodecs.Shuffle(size)]), ("crc32", [numcodecs.CRC32()]), ("crc32c", [numcodecs.CRC32C()]),
        ("adler32", [numcodecs.Adler32()]), ("fletcher32", [numcodecs.Fletcher32()]), ("base64", [numcodecs.Base64()]),
    )
    if np.dtype(dtype).kind in "iuf" and dtype != "float16":
        yield "delta", [numcodecs.Delta(text)]
        yield "delta-shuffle", [numcodecs.Delta(text), numcodecs.Shuffle(size)]
        yield "fixedscaleoffset", [numcodecs.FixedScaleOffset(offset=10, scale=2, dtype=text)]
        yield "fixedscaleoffset-narrow", [numcodecs.FixedScaleOffset(offset=0.5, scale=2.0, dtype=text, astype="<i4")]
        yield "astype", [numcodecs.AsType(encode_dtype="<i2", decode_dtype=text)]
        yield "astype-big", [numcodecs.AsType(encode_dtype=">f8", decode_dtype=text)]
    if np.dtype(dtype).kind == "f":
        yield "quantize", [numcodecs.Quantize(digits=2, dtype=text)]
    if np.dtype(dtype).kind == "f" and dtype != "float16":
        yield "quantize-narrow", [numcodecs.Quantize(digits=1, dtype=text, astype="<f4")]
    if np.dtype(dtype).kind == "f":
        yield "bitround", [numcodecs.BitRound(keepbits=6)]


def write_v2():
    matrix = Matrix("v2-matrix", 2)
    for name in NUMBERS:
        for order in "CF":
            for label, codec in [("raw", None), *compressors_v2()]:
                if label.startswith("blosc") and name not in ("int16", "float64", "uint8") and not label.startswith("blosc-lz4-1"):
                    continue
                matrix.add(f"{name}/{order}-{label}", ramp(name), order=order, compressors=codec)
        if np.dtype(name).itemsize > 1:
            big = np.dtype(name).newbyteorder(">")
            for order in "CF":
                matrix.add(f"{name}/{order}-big", ramp(name), dtype=big, library=name, order=order, compressors=numcodecs.Zlib(1))
        for label, filters in filters_v2(name):
            for order in "CF":
                data = small_integers(name)
                matrix.add(f"{name}/{order}-filter-{label}", data, order=order, filters=filters, compressors=numcodecs.Zlib(1))
    matrix.add("bool/C-filter-packbits", ramp("bool"), filters=[numcodecs.PackBits()])

    text = words().astype("U30")
    for order in "CF":
        for label, codec in (("raw", None), ("blosc", numcodecs.Blosc()), ("zlib", numcodecs.Zlib(1))):
            matrix.add(f"text/U-{order}-{label}", text, order=order, compressors=codec)
        matrix.add(f"text/U-big-{order}", text, dtype=">U30", order=order)
        matrix.add(f"text/S-{order}", np.char.encode(text, "utf-8"), library="string", order=order)
    matrix.add("text/categorize", np.where(text == "zarr", "zarr", "a\nb").astype("U4"),
               filters=[numcodecs.Categorize(labels=["zarr", "a\nb"], dtype="<U4", astype="u1")])
    matrix.add("text/fill-U", text, write=False, fill_value="né")
    matrix.add("text/fill-S", np.char.encode(text, "utf-8"), write=False, library="string", fill_value=b"abc")
    for order in "CF":
        objects(matrix, f"text/vlen-utf8-{order}", words(), [numcodecs.VLenUTF8()], order)
        bytes_ = np.array([w.encode() for w in words().reshape(-1)], dtype=object).reshape(SHAPE)
        objects(matrix, f"bytes/vlen-bytes-{order}", bytes_, [numcodecs.VLenBytes()], order, "bytes")
    objects(matrix, "text/json2", words(), [numcodecs.JSON()], "C")
    ragged = np.empty(SHAPE, dtype=object)
    for i in range(COUNT):
        ragged.reshape(-1)[i] = np.arange(i % 5, dtype="<i2")
    objects(matrix, "bytes/vlen-array", ragged, [numcodecs.VLenArray("<i2")], "C", "bytes")

    times(matrix)
    point = np.zeros(SHAPE, dtype=[("x", "<f4"), ("y", ">f8"), ("id", "|u1"), ("name", "<U3"), ("in", [("a", "<i2"), ("b", "|S2")])])
    point["x"], point["y"], point["id"] = ramp("float32"), ramp("float64"), ramp("uint8")
    point["name"] = np.array(["ab", "c", "", "世"] * 9)[:COUNT].reshape(SHAPE)
    point["in"]["a"], point["in"]["b"] = ramp("int16"), b"q"
    for order in "CF":
        records(matrix, f"records/{order}", point, order=order, compressors=numcodecs.Zlib(1))
    raw = np.frombuffer(np.arange(3 * COUNT, dtype="u1").tobytes(), dtype="V3").reshape(SHAPE)
    matrix.add("raw/V3", raw, library="r24")
    matrix.save()


def objects(matrix, path, data, filters, order, library="string"):
    """zarr-python 3 has no object arrays of v2: metadata and chunks are put together with numcodecs, as zarr-python 2 does."""
    meta = {
        "zarr_format": 2, "shape": list(SHAPE), "chunks": list(CHUNKS), "dtype": "|O", "order": order,
        "fill_value": "" if library == "string" else None, "compressor": {"id": "zlib", "level": 1},
        "filters": [codec.get_config() for codec in filters],
    }
    store = matrix.store._store_dict
    put = lambda key, raw: store.__setitem__(key, zarr.core.buffer.cpu.Buffer.from_bytes(raw))
    put(f"{path}/.zarray", json.dumps(meta).encode())
    put(f"{path}/.zattrs", b"{}")
    for group in [path.rsplit("/", 1)[0]]:
        if f"{group}/.zgroup" not in store:
            put(f"{group}/.zgroup", b'{"zarr_format": 2}')
            put(f"{group}/.zattrs", b"{}")
    empty = "" if library == "string" else b""
    for y in range(-(-SHAPE[0] // CHUNKS[0])):
        for x in range(-(-SHAPE[1] // CHUNKS[1])):
            chunk = np.full(CHUNKS, empty, dtype=object)
            part = data[y * 3 : y * 3 + 3, x * 4 : x * 4 + 4]
            if filters[0].codec_id == "vlen-array":
                for i in np.ndindex(CHUNKS):
                    chunk[i] = np.zeros(0, dtype="<i2")
            for i in np.ndindex(part.shape):
                chunk[i] = part[i]
            # JSON keeps the nesting of rows; the others go along memory.
            encoded = np.asarray(chunk, order=order)
            for codec in filters:
                encoded = codec.encode(encoded if codec.codec_id == "json2" else encoded.reshape(-1, order="A"))
            put(f"{path}/{y}.{x}", bytes(numcodecs.Zlib(1).encode(encoded)))
    flat = data.reshape(-1)
    if filters[0].codec_id == "vlen-array":
        flat = np.array([item.tobytes() for item in flat] + [None], dtype=object)[:-1]
    matrix.describe(path, flat.reshape(SHAPE), library)


def times(matrix):
    units = {"D": "days", "h": "hours", "s": "seconds", "ms": "milliseconds", "ns": "nanoseconds"}
    for unit, word in units.items():
        data = (np.arange(COUNT) * 1234 - 5000).astype("<i8").reshape(SHAPE)
        data[0, 1] = np.iinfo("i8").min  # NaT
        dates = data.view(f"<M8[{unit}]")
        matrix.add(f"times/date-{unit}", dates, library="int64", unit=f"{word} since 1970-01-01")
        matrix.add(f"times/delta-{unit}", data.view(f"<m8[{unit}]"), library="int64", unit=word)
    matrix.add("times/date-10s", data.view("<M8[10s]"), library="int64", unit="10 seconds since 1970-01-01")
    matrix.add("times/fill", dates, write=False, fill_value=np.datetime64("NaT", unit), library="int64",
               unit=f"{word} since 1970-01-01")


def records(matrix, path, data, **options):
    array = matrix.root.create_array(path, shape=data.shape, dtype=data.dtype, chunks=CHUNKS, **options)
    array[...] = data
    read = np.asarray(array[...])

    def fields(prefix, values):
        for name in values.dtype.names:
            field = values[name]
            if field.dtype.names:
                fields(f"{prefix}/{name}", field)
            else:
                matrix.describe(f"{prefix}/{name}", field, "string" if field.dtype.kind in "SU" else None)

    fields(path, read)


def codecs_v3():
    yield "raw", {}
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in ("noshuffle", "shuffle", "bitshuffle"):
            yield f"blosc-{cname}-{shuffle}", {"compressors": BloscCodec(cname=cname, shuffle=shuffle)}
    yield from (
        ("gzip", {"compressors": GzipCodec(level=3)}),
        ("zstd", {"compressors": ZstdCodec(level=1, checksum=True)}),
        ("crc32c", {"compressors": Crc32cCodec()}),
        ("zstd-crc32c", {"compressors": [ZstdCodec(level=1), Crc32cCodec()]}),
        ("transpose", {"filters": TransposeCodec(order=(1, 0)), "compressors": ZstdCodec(level=1)}),
        ("big", {"serializer": BytesCodec(endian="big")}),
        ("zlib", {"compressors": wrapped.Zlib(level=1)}),
        ("bz2", {"compressors": wrapped.BZ2(level=1)}),
        ("lz4", {"compressors": wrapped.LZ4(acceleration=1)}),
        ("adler32", {"compressors": wrapped.Adler32()}),
        ("crc32", {"compressors": wrapped.CRC32()}),
        ("fletcher32", {"compressors": wrapped.Fletcher32()}),
        ("shuffle", {"compressors": [wrapped.Shuffle(elementsize=4), ZstdCodec(level=1)]}),
    )


def filters_v3(name):
    text = np.dtype(name).str
    if np.dtype(name).kind in "iuf" and name != "float16":
        yield "delta", {"filters": wrapped.Delta(dtype=text)}
        yield "fixedscaleoffset", {"filters": wrapped.FixedScaleOffset(offset=10, scale=2, dtype=text, astype=text)}
        if np.dtype(name).itemsize > 1:  # zarr-python leaves the byte order out where the array's type has none
            yield "astype", {"filters": wrapped.AsType(encode_dtype="int16", decode_dtype=text)}
    if np.dtype(name).kind == "f":
        yield "quantize", {"filters": wrapped.Quantize(digits=2, dtype=text)}
        yield "bitround", {"filters": wrapped.BitRound(keepbits=6)}


def write_v3():
    matrix = Matrix("v3-matrix", 3)
    shards = {"chunks": CHUNKS, "shards": (6, 8)}
    for name in NUMBERS:
        for label, options in codecs_v3():
            if label == "big" and np.dtype(name).itemsize == 1:
                continue
            if label.startswith("blosc") and name not in ("int16", "float64", "uint8") and label != "blosc-lz4-shuffle":
                continue
            matrix.add(f"{name}/{label}", ramp(name), **options)
            if "blosc" not in label or "lz4-" in label:
                matrix.add(f"{name}/sharded-{label}", ramp(name), **{**options, **shards})
        for label, options in filters_v3(name):
            matrix.add(f"{name}/filter-{label}", small_integers(name), **options)
    matrix.add("bool/packbits", ramp("bool"), filters=wrapped.PackBits())
    for name in ("int16", "float32"):
        inner = ShardingCodec(chunk_shape=(3, 4), codecs=[BytesCodec(), GzipCodec(level=1)], index_location="start")
        matrix.add(f"{name}/sharded-start", ramp(name), chunks=(6, 8), serializer=inner)
        nested = ShardingCodec(chunk_shape=(3, 4), codecs=[ShardingCodec(chunk_shape=(1, 2), codecs=[BytesCodec()])])
        matrix.add(f"{name}/sharded-nested", ramp(name), chunks=(6, 8), serializer=nested)
        plain = ShardingCodec(chunk_shape=(3, 4), codecs=[BytesCodec()], index_codecs=[BytesCodec(endian="big")])
        matrix.add(f"{name}/sharded-index-big", ramp(name), chunks=(6, 8), serializer=plain)

    text = words().astype("U30")
    for suffix, extra in (("", {}), ("-sharded", shards), ("-zstd", {"compressors": ZstdCodec(level=1)})):
        matrix.add(f"text/string{suffix}", text, dtype=str, **extra)
        matrix.add(f"text/utf32{suffix}", text, **extra)
        matrix.add(f"text/bytes{suffix}", np.char.encode(text, "utf-8"), library="string", **extra)
        matrix.add(f"bytes/variable{suffix}", bytes_of(text), dtype="variable_length_bytes", library="bytes", **extra)
    matrix.add("text/utf32-big", text, serializer=BytesCodec(endian="big"))
    matrix.add("text/fill", text, dtype=str, write=False, fill_value="né")
    matrix.add("text/utf32-fill", text, write=False, fill_value="né")
    matrix.add("text/bytes-fill", np.char.encode(text, "utf-8"), library="string", write=False, fill_value=b"abc")
    times(matrix)
    point = np.zeros(SHAPE, dtype=[("x", "<f4"), ("y", "<f8"), ("id", "|u1"), ("name", "<U3")])
    point["x"], point["y"], point["id"] = ramp("float32"), ramp("float64"), ramp("uint8")
    point["name"] = np.array(["ab", "c", "", "世"] * 9)[:COUNT].reshape(SHAPE)
    records(matrix, "records/plain", point, compressors=None)
    raw = np.frombuffer(np.arange(3 * COUNT, dtype="u1").tobytes(), dtype="V3").reshape(SHAPE)
    matrix.add("raw/V3", raw, library="r24")
    matrix.save()


def bytes_of(text):
    flat = np.empty(COUNT, dtype=object)
    flat[:] = [w.encode() for w in text.reshape(-1)]
    return flat.reshape(SHAPE)


if __name__ == "__main__":
    write_v2()
    write_v3()
