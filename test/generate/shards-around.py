"""Arrays with codecs around the sharding codec: after it, on whole shards, and before it, on what becomes shards; nested ones too.

Each is written whole, and a second time in part, so that inner chunks and a shard are not stored: what the reference fills them with goes
through the codecs before the shard.
"""

import numpy as np
import zarr.codecs.numcodecs as wrapped
from zarr.codecs import BloscCodec, BytesCodec, CastValue, Crc32cCodec, GzipCodec, ScaleOffset, ShardingCodec, TransposeCodec, VLenUTF8Codec, ZstdCodec

from support.matrix import Matrix, ramp, small_integers

SHARD, INNER = (4, 8), (2, 4)


def sharding(*codecs, shape=INNER, **options):
    return ShardingCodec(chunk_shape=shape, codecs=[*codecs] or [BytesCodec()], **options)


def after():
    yield "crc32c", [Crc32cCodec()]
    yield "gzip", [GzipCodec(level=3)]
    yield "zstd", [ZstdCodec(level=1)]
    yield "blosc", [BloscCodec(cname="lz4", typesize=1)]
    yield "zstd-crc32c", [ZstdCodec(level=1, checksum=True), Crc32cCodec()]
    yield "bz2-adler32", [wrapped.BZ2(level=1), wrapped.Adler32()]


def before(name):
    text = np.dtype(name).str
    yield "scale-offset", [ScaleOffset(offset=2, scale=2)]
    yield "cast", [CastValue(data_type="int64")]
    yield "scale-cast", [ScaleOffset(offset=2, scale=2), CastValue(data_type="int32")]
    yield "transpose-cast", [TransposeCodec(order=(1, 0)), CastValue(data_type="int64")]
    if np.dtype(name).kind == "f":
        yield "quantize", [wrapped.Quantize(digits=2, dtype=text)]
        yield "bitround", [wrapped.BitRound(keepbits=6)]


def add(matrix, path, data, serializer, *, fill=0, **options):
    """Whole, and without the cells of some inner chunks and of the second shard."""
    options = {"chunks": SHARD, "serializer": serializer, "fill_value": fill, **options}
    matrix.add(path, data, **options)
    array = matrix.add(f"{path}-part", data, write=False, **options)
    array[0:2, 0:3] = data[0:2, 0:3]
    array[2:3, 5:7] = data[2:3, 5:7]
    matrix.describe(f"{path}-part", np.asarray(array[...]), "string" if data.dtype.kind in "OUT" else None)


def lines(matrix, name):
    """numcodecs' delta and fixedscaleoffset make one axis of all, so that zarr-python writes shards behind them in one dimension only."""
    data = small_integers(name).reshape(-1)
    delta = wrapped.Delta(dtype=np.dtype(name).str)
    serializer = sharding(BytesCodec(), shape=(4,))
    for fill in (0, 6):
        options = {"chunks": (16,), "filters": [delta], "serializer": serializer, "fill_value": fill}
        matrix.add(f"{name}/before-delta-fill-{fill}", data, **options)
        even = matrix.add(f"{name}/before-delta-fill-{fill}-even", data, write=False, **options)
        # Differences of the fill value all along the second and third inner chunk, which are then not stored.
        even[0:16] = np.arange(16) * fill
        matrix.describe(f"{name}/before-delta-fill-{fill}-even", np.asarray(even[...]))
    scaled = wrapped.FixedScaleOffset(offset=0, scale=2, dtype=np.dtype(name).str, astype=np.dtype(name).str)
    options = {"chunks": (16,), "filters": [scaled], "serializer": serializer, "fill_value": 0}
    matrix.add(f"{name}/before-fixedscaleoffset", data, **options)
    part = matrix.add(f"{name}/before-fixedscaleoffset-part", data, write=False, **options)
    part[5:9] = data[5:9]
    matrix.describe(f"{name}/before-fixedscaleoffset-part", np.asarray(part[...]))
    nested = sharding(delta, sharding(BytesCodec(), shape=(2,)), shape=(8,))
    matrix.add(f"{name}/nested-delta", data, chunks=(16,), serializer=nested)


def write():
    matrix = Matrix("v3-shards", 3)
    for name in ("int16", "float64", "bool", "complex64"):
        for label, codecs in after():
            add(matrix, f"{name}/after-{label}", ramp(name), sharding(BytesCodec(), GzipCodec(level=1)), compressors=codecs)
    swapped = TransposeCodec(order=(1, 0))
    for name in ("int16", "float32"):
        for label, codecs in before(name):
            for fill in (0, 6):
                inner = (4, 2) if "transpose" in label else INNER
                serializer = sharding(BytesCodec(), ZstdCodec(level=1), shape=inner)
                add(matrix, f"{name}/before-{label}-fill-{fill}", small_integers(name), serializer, fill=fill, filters=codecs)
        add(matrix, f"{name}/both", small_integers(name), sharding(), filters=[CastValue(data_type="int64")], compressors=[Crc32cCodec()])
        add(matrix, f"{name}/start", ramp(name), sharding(index_location="start"), compressors=[Crc32cCodec()])
        nested = sharding(sharding(BytesCodec(), shape=(1, 2)), ZstdCodec(level=1))
        add(matrix, f"{name}/nested-inner", ramp(name), nested)
        add(matrix, f"{name}/nested-outer", ramp(name), sharding(sharding(BytesCodec(), shape=(1, 2))), compressors=[Crc32cCodec()])
        lines(matrix, name)
        add(matrix, f"{name}/nested-transpose", ramp(name), sharding(swapped, sharding(BytesCodec(), shape=(2, 1))),
            compressors=[GzipCodec(level=1)], fill=6)
    text = np.array([f"n{i}" * (i % 4) for i in range(35)], dtype=object).reshape(5, 7)
    matrix.add("text/string", text, dtype=str, chunks=SHARD, serializer=sharding(VLenUTF8Codec()), compressors=[ZstdCodec(level=1)])
    part = matrix.add("text/string-part", text, dtype=str, write=False, chunks=SHARD, serializer=sharding(VLenUTF8Codec()),
                      compressors=[Crc32cCodec()], fill_value="né")
    part[0:2, 0:3] = text[0:2, 0:3]
    matrix.describe("text/string-part", np.asarray(part[...]), "string")
    add(matrix, "text/utf32", text.astype("U12"), sharding(), compressors=[Crc32cCodec()], fill="")
    matrix.save()


if __name__ == "__main__":
    write()
