"""Zarr v3 arrays whose chunks, or shards, differ in length. Written by zarr-python, which asks for a switch to do so. Made data."""

import json

import numpy as np
import zarr
from zarr.codecs import TransposeCodec

from support.answers import Answers, fresh_store
from support.zarr_answers import encode_selection, generator, same

zarr.config.set({"array.rectilinear_chunks": True})


def numbers(shape, dtype="int32"):
    return (np.arange(int(np.prod(shape))) * 7 - 31).reshape(shape).astype(dtype)


def cases(shape):
    """Whole; across borders; with steps both ways along a border; nothing; the last cells."""
    yield tuple(slice(None) for _ in shape)
    yield tuple(slice(1, n - 1) for n in shape)
    yield tuple(slice(1, None, 3) for _ in shape)
    yield (slice(2, 2), *(slice(None) for _ in shape[1:]))
    yield (-1, *(slice(-2, None) for _ in shape[1:]))
    for first in range(0, shape[0], 2):
        yield (first, *(slice(None) for _ in shape[1:]))


def entry(answers, array, written, fetched):
    whole = np.asarray(array[...])
    if not same(whole, written):
        raise AssertionError(f"{array.path}: the reference does not read back what it wrote")
    selections = [(case, np.asarray(array[case])) for case in cases(array.shape)]
    return {
        "dtype": whole.dtype.name,
        "shape": list(array.shape),
        "chunks": list(fetched),
        "data": answers.values(whole),
        "selections": [{"selection": encode_selection(case), "data": answers.values(got)} for case, got in selections],
    }


def main():
    name = "v3-rectilinear"
    path = fresh_store("zarr", name, ".zarr")
    group = zarr.open_group(path, mode="w", zarr_format=3)
    answers = Answers("zarr", name, path, format="zarr", formatVersion="3", consolidated=False, generator=generator())
    arrays = {}
    # Name, shape, how it is cut, the largest chunk that is fetched at once.
    for label, shape, layout, fetched in [
        ("lengths", (10, 9), {"chunks": [[3, 1, 4, 2], [5, 4]]}, (4, 5)),
        ("one-axis-regular", (11, 7), {"chunks": [[2, 2, 2, 4, 1], 3]}, (4, 3)),
        ("uncompressed", (9,), {"chunks": [[1, 1, 1, 6]], "compressors": None}, (6,)),
        ("transposed", (6, 5), {"chunks": [[1, 5], [2, 3]], "filters": [TransposeCodec(order=(1, 0))]}, (5, 3)),
        ("cut-short", (10, 8), {"chunks": [[3, 7], [4, 4]]}, (7, 4)),
        ("sharded", (12, 10), {"chunks": (2, 2), "shards": [[4, 2, 6], [6, 4]]}, (2, 2)),
        ("partly-stored", (12,), {"chunks": [[2, 4, 6]], "fill_value": -7}, (6,)),
        ("sharded-partly-stored", (12,), {"chunks": (2,), "shards": [[4, 6, 2]], "fill_value": -7}, (2,)),
    ]:
        data = numbers(shape)
        array = group.create_array(label, shape=shape, dtype="int32", **layout)
        if label.endswith("partly-stored"):
            data[:6] = -7
            array[6:] = data[6:]
        else:
            array[...] = data
        if label == "cut-short":
            # The last chunks keep the length they were written with, beyond the end of the array.
            array.resize((8, 6))
            data = data[:8, :6]
        arrays[label] = entry(answers, group[label], data, fetched)
        document = json.loads((path / label / "zarr.json").read_text())
        print(label, json.dumps(document["chunk_grid"]))
    answers.document["arrays"] = arrays
    answers.save()


if __name__ == "__main__":
    main()
