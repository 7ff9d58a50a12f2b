"""Expected values of Zarr arrays: the whole, and a fixed set of selections."""

import numpy as np
import zarr


def encode_selection(selection):
    """One JSON entry per axis: null, an integer, or {start, stop, step}."""
    entries = []
    for part in selection:
        if isinstance(part, slice):
            if part == slice(None):
                entries.append(None)
            else:
                entries.append({"start": part.start, "stop": part.stop, "step": part.step})
        else:
            entries.append(int(part))
    return entries


def selections_for(shape, chunks):
    """At least five selections that cross chunk borders, step, count from the end, and select nothing."""
    if len(shape) == 0:
        return [()]
    middle = [max(0, min(n - 1, c)) for n, c in zip(shape, chunks)]
    cases = [
        tuple(slice(None) for _ in shape),
        tuple(int(m) for m in middle),
        tuple(slice(max(0, m - 2), min(n, m + 2)) for n, m in zip(shape, middle)),
        tuple(slice(1, None, 3) for _ in shape),
        (slice(0, 0), *(slice(None) for _ in shape[1:])),
        (-1, *(slice(-2, None) for _ in shape[1:])),
    ]
    if len(shape) > 1:
        cases.append((slice(None), *(int(m) for m in middle[1:])))
    # An integer has nothing to select on an axis of length zero.
    return [case for case in cases if all(n > 0 or isinstance(part, slice) for n, part in zip(shape, case))]


def same(left, right):
    """Equal to the bit, so that NaN equals NaN and 0.0 differs from -0.0."""
    return left.shape == right.shape and np.array(left, order="C").tobytes() == np.array(right, order="C").tobytes()


def array_entry(answers, array, written=None):
    """What the reference reads from one array; checked against what was written, where that is known."""
    whole = np.asarray(array[...])
    if written is not None:
        expected = np.asarray(written).astype(array.dtype.newbyteorder("="))
        if not same(whole.astype(expected.dtype), expected):
            raise AssertionError(f"{array.path}: the reference does not read back what it wrote")
    whole = whole.astype(whole.dtype.newbyteorder("="))
    entry = {
        "dtype": whole.dtype.name,
        "shape": list(array.shape),
        "chunks": list(array.chunks),
        **({"shards": list(array.shards)} if array.shards is not None else {}),
        "data": answers.values(whole),
        "selections": [],
    }
    for selection in selections_for(array.shape, array.chunks):
        got = np.asarray(array[selection])
        got = got.astype(got.dtype.newbyteorder("="))
        if not same(got, np.asarray(whole[selection])):
            raise AssertionError(f"{array.path}{selection}: selection and whole disagree")
        entry["selections"].append({"selection": encode_selection(selection), "data": answers.values(got)})
    return entry


def describe_arrays(answers, group, written):
    """Fills `arrays` for every array of a group, by its path in the store."""
    arrays = {}
    for path in sorted(written):
        arrays[path] = array_entry(answers, group[path], written[path])
    answers.document["arrays"] = arrays


def generator():
    from .answers import versions

    return versions("zarr", "numcodecs", "numpy")


__all__ = ["array_entry", "describe_arrays", "encode_selection", "generator", "same", "selections_for", "zarr"]
