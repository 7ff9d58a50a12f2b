"""Expected answers of box queries on grids: a plain mask, checked against xarray's label selection."""

import numpy as np
import xarray as xr

from .answers import Answers, versions
from .zarr_answers import array_entry, same, zarr


def label_slice(values, low, high):
    """The closed interval as xarray wants it: in the direction of the coordinate."""
    return slice(low, high) if values.size < 2 or values[0] <= values[-1] else slice(high, low)


def run_box(dataset, variable, intervals):
    """Cells whose coordinate labels lie in every closed interval, by a plain mask, and whether `.sel` agrees.

    They differ in one known way: pandas rounds a bound to float32 before it compares it with a float32 label.
    """
    array = dataset[variable]
    indexers = {}
    masks = {}
    for dimension, (low, high) in intervals.items():
        values = dataset[dimension].values
        indexers[dimension] = label_slice(values, low, high)
        if values.dtype.kind == "M":
            low, high = np.datetime64(low), np.datetime64(high)
        # Widen a float32 label; never narrow the bound.
        wide = values.astype("float64") if values.dtype.kind == "f" else values
        masks[dimension] = np.flatnonzero((wide >= low) & (wide <= high))
    selected = array.sel(indexers)
    plain = array.isel(masks)
    agrees = same(selected.values, plain.values)
    if not agrees and not any(dataset[d].dtype == "float32" for d in intervals):
        raise AssertionError(f"{variable} {intervals}: .sel gives {selected.shape}, the mask {plain.shape}")
    start = [int(masks[d][0]) if d in masks and masks[d].size else 0 for d in array.dims]
    return plain, start, {"agrees": agrees, **({} if agrees else {"shape": list(selected.shape)})}


def save_grid(family, name, path, *, zarr_format, consolidated, axes, boxes, raw_time=None, about=None):
    """Reads the store back through zarr (whole arrays) and xarray (boxes) and writes the answers.

    `axes` names the x and y dimension of a bbox; `boxes` are (name, variable, query) with the public query's keys.
    """
    answers = Answers(
        family, name, path, format="zarr", formatVersion=str(zarr_format), consolidated=consolidated,
        generator=versions("zarr", "xarray", "numcodecs", "numpy"), **({"about": about} if about else {}),
    )
    group = zarr.open_group(path, mode="r")
    answers.document["arrays"] = {key: array_entry(answers, array) for key, array in sorted(group.arrays())}
    # Stored values, undecoded: a reader that does not apply scale_factor must see these.
    dataset = xr.open_zarr(path, consolidated=consolidated, mask_and_scale=False, decode_times=False)
    dated = xr.open_zarr(path, consolidated=consolidated, mask_and_scale=False)
    queries = []
    for label, variable, query in boxes:
        x, y = axes
        intervals = {}
        if "bbox" in query:
            west, south, east, north = query["bbox"]
            intervals = {x: (west, east), y: (south, north)}
        ranges = query.get("ranges", {})
        intervals |= {key: tuple(value) for key, value in ranges.items()}
        iso = any(isinstance(bound, str) for value in ranges.values() for bound in value)
        selected, start, reference = run_box(dated if iso else dataset, variable, intervals)
        queries.append({
            "name": label,
            "array": variable,
            "query": query,
            **({"tags": ["iso-dates"]} if iso else {}),
            "start": start,
            "axes": [{"name": d, "values": answers.values(dataset[d].values[s:s + n])}
                     for d, s, n in zip(selected.dims, start, selected.shape)],
            "data": answers.values(selected.values),
            "reference": reference,
        })
    answers.document["queries"] = queries
    answers.save()
    return answers
