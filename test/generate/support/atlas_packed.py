"""Packed and incomplete data in ATLAS stores, and what xarray decodes of what the package that wrote them reads."""

import json
import math

import numpy as np
import xarray as xr

from .answers import Answers, fresh_store, versions

SHAPE, CHUNKS = (6, 7), [4, 3]
# As a float32 holds it; xarray compares marks as doubles.
HUGE = float(np.float32(1e20))
NAT = -(2**63)


def contents():
    """Each variable: type, values, fill value, attributes, and where writing begins: the cells before it are never written."""
    rng = np.random.default_rng(5)

    def integers(dtype, low, high):
        return rng.integers(low, high, size=SHAPE).astype(dtype)

    sparse = integers("int16", -100, 100)
    sparse[1:3, 2:5] = -999
    two = integers("int32", 0, 50)
    two[0, 0], two[5, 6] = -1, -2
    floats = rng.normal(size=SHAPE).astype("float32")
    floats[2, 2], floats[3, 3] = HUGE, np.nan
    big = integers("int64", 0, 9) + np.int64(2**53)
    big[0, 1] = np.iinfo("int64").min + 1
    several = integers("int16", 0, 6)
    packing = {"scale_factor": 0.01, "add_offset": 273.15}
    begin = (4, 3)
    return {
        "scale": ("int16", integers("int16", -3000, 3000), None, {"scale_factor": 0.01}, (0, 0)),
        "offset": ("uint8", integers("uint8", 0, 200), None, {"add_offset": 100.5}, (0, 0)),
        "both": ("int16", integers("int16", -3000, 3000), None, packing, begin),
        "both_filled": ("int16", sparse, -999, packing, begin),
        "filled": ("uint16", integers("uint16", 0, 5), 4, {"units": "m"}, begin),
        "filled_int64": ("int64", big, int(big[0, 1]), {}, begin),
        "filled_uint64": ("uint64", integers("uint64", 0, 5), 3, {}, (0, 0)),
        "filled_float": ("float32", floats, HUGE, {}, begin),
        "unfilled": ("int32", integers("int32", -3, 3), None, {"missing_value": 0}, begin),
        "marked_int8": ("int8", integers("int8", -3, 3), None, {"_FillValue": 1}, (0, 0)),
        "marked_twice": ("int32", two, -1, {"missing_value": -2}, begin),
        "marked_float": ("float64", floats.astype("float64"), math.nan, {"missing_value": -9999.0}, begin),
        "marked_int64": ("int64", big, None, {"missing_value": int(big[0, 1])}, (0, 0)),
        "overruled": ("int16", several, 2, {"_FillValue": 3}, (0, 0)),
        "listed": ("int16", several, None, {"missing_value": "json:[1, 4]"}, (0, 0)),
        "listed_float": ("float32", floats, math.nan, {"missing_value": f"json:[{HUGE}, NaN]"}, (0, 0)),
        "unsigned": ("int8", integers("int8", -128, 127), None, {"_Unsigned": "true"}, (0, 0)),
        "unsigned_filled": ("int8", integers("int8", -4, 4), -1, {"_Unsigned": "true", "scale_factor": 0.5}, begin),
        "scaled_float": ("float32", floats, math.nan, {"scale_factor": 2.0, "missing_value": HUGE}, begin),
        "plain": ("int16", integers("int16", 0, 9), None, {"units": "m"}, (0, 0)),
        "duration": ("int64", big, NAT, {"_pyatlas_timedelta": "ns"}, begin),
        "time": ("timestamp_nanoseconds", big, NAT, {}, begin),
        "days": ("int32", integers("int32", 0, 9), None, {"units": "days since 2000-01-01"}, (0, 0)),
    }


def labels():
    """Coordinates, packed; and one whose files hold what its fill value is."""
    return {
        "y": ("int16", np.arange(60, 0, -10).astype("int16"), None, {"scale_factor": 0.5, "units": "degrees_north"}),
        "x": ("uint8", np.arange(7).astype("uint8"), 0, {"add_offset": 10.0, "units": "degrees_east"}),
    }


def fill(dataset, set_attribute, durations=True):
    for name, (dtype, values, fill_value, attributes) in labels().items():
        dataset.define_array(name, dtype, [name], list(values.shape), None, fill_value)
        dataset.write_array(name, [0], values)
        for key, value in attributes.items():
            set_attribute(dataset, name, key, value)
    for name, (dtype, values, fill_value, attributes, begin) in contents().items():
        if name == "duration" and not durations:
            continue
        dataset.define_array(name, dtype, ["y", "x"], list(SHAPE), CHUNKS, fill_value)
        dataset.write_array(name, list(begin), np.ascontiguousarray(values[begin[0]:, begin[1]:]))
        for key, value in attributes.items():
            set_attribute(dataset, name, key, value)


def array_attribute(dataset, array, key, value):
    """In 0.10 attributes of arrays are those of the dataset, under longer names."""
    if hasattr(dataset, "set_array_attribute"):
        dataset.set_array_attribute(array, key, value)
    else:
        dataset.set_attribute(f"{array}.{key}", value)


def numbers_of(values):
    """Times and durations as the nanoseconds that they are."""
    return values.astype(f"{values.dtype.kind}8[ns]").view("int64") if values.dtype.kind in "mM" else values


def decoded(shown):
    # Units of time become dates in xarray; here they stay numbers with a unit.
    return xr.decode_cf(shown, decode_times=False)


def answer(name, path, package, datasets):
    """`datasets`: by name, as the package shows them to xarray, before anything is decoded."""
    answers = Answers("atlas-packed", name, path, format="atlas", generator=versions(package, "numpy", "xarray"),
                      about="CF packing and missing values, as xarray decodes what the package reads", datasets={})
    for dataset, shown in datasets.items():
        read = decoded(shown)
        answers.document["datasets"][dataset] = {
            str(key): {"stored": answers.values(numbers_of(shown[key].values)), "decoded": answers.values(numbers_of(read[key].values))}
            for key in shown.variables
        }
    answers.save()


def from_xarray(store, durations):
    """Packed data that xarray read without decoding: `_FillValue` becomes the fill value, lists become text."""
    values = contents()["both_filled"][1]
    attributes = {"scale_factor": 0.01, "add_offset": 273.15, "_FillValue": np.int16(-999)}
    shown = xr.Dataset(
        {"packed": (("y", "x"), values, attributes),
         "several": (("y", "x"), contents()["listed"][1], {"missing_value": np.array([1, 4], "int16")})},
        coords={"y": (("y",), np.arange(6) / 2, {"units": "m"})},
    )
    if durations:
        shown["waited"] = ("y", np.array([0, 1, NAT, 3, 4, 5]).view("timedelta64[ns]"))
    store.add_xarray_dataset(shown, "from xarray")


def write_directory(prefix, *, durations=True):
    """`durations`: the package knows those of xarray."""
    from atlas import Atlas

    path = fresh_store("atlas-packed", f"{prefix}-packed", ".atlas")
    with Atlas.create(str(path)) as store:
        fill(store.create_dataset("made"), array_attribute, durations)
        from_xarray(store, durations)
    store = Atlas.open(str(path))
    answer(f"{prefix}-packed", path, "atlas-python", {name: store.open_as_xarray_dataset(name) for name in store.list_datasets()})


def write_mixed(prefix):
    """Attributes set in two flushes, and compacted: the packages mix them up. The answers are what was set."""
    from atlas import Atlas

    path = fresh_store("atlas-packed", f"{prefix}-mixed", ".atlas")
    scales = {"a": 0.5, "b": 0.25, "c": 2.0}
    with Atlas.create(str(path)) as store:
        for name, scale in scales.items():
            if name == "c":
                store.flush()
                store.open_dataset("a").write_array("v", [0], np.full(1, 9, "int16"))
            dataset = store.create_dataset(name)
            dataset.define_array("v", "int16", ["x"], [4], [2])
            dataset.write_array("v", [0], np.arange(4, dtype="int16"))
            dataset.set_array_attribute("v", "scale_factor", scale)
        store.flush()
        store.compact()
    store = Atlas.open(str(path))
    answers = Answers("atlas-packed", f"{prefix}-mixed", path, format="atlas", generator=versions("atlas-python", "numpy"),
                      about=write_mixed.__doc__, datasets={})
    for name, scale in scales.items():
        stored = store.open_dataset(name).read_array("v")
        answers.document["datasets"][name] = {"v": {"stored": answers.values(stored), "decoded": answers.values(stored * scale)}}
    answers.save()


def write_container(prefix):
    """The package reads no values of containers: they are those that were written, described as it describes them."""
    from atlas._atlas import Atlas, AtlasWriter

    from .atlas_containers import Recorder

    path = fresh_store("atlas-packed", f"{prefix}-packed", ".atlas")
    writer = AtlasWriter.create(str(path), "zstd", 2048)
    dataset = writer.add_dataset("made")
    recorder = Recorder(dataset)
    fill(recorder, lambda _, array, key, value: dataset.set_array_attribute(array, key, value))
    dataset.finish()
    writer.finish()
    view = Atlas.open(str(path)).dataset("made")
    variables = {}
    for name in view.list_arrays():
        meta = view.array_meta(name)
        attributes = {key: json.loads(value[5:]) if str(value).startswith("json:") else value
                      for key, value in view.array_attributes(name).items()}
        values = recorder.values[name]
        fill_value = view.array_fill_value(name)
        # As the packages that read values show it to xarray: what tells itself is no `_FillValue`.
        if attributes.pop("_pyatlas_timedelta", None) is not None:
            values = values.view("timedelta64[ns]")
        elif meta["dtype"] == "timestamp_nanoseconds":
            values = values.view("datetime64[ns]")
        elif fill_value is not None and not (isinstance(fill_value, float) and math.isnan(fill_value)):
            attributes["_FillValue"] = fill_value
        variables[name] = (list(meta["dimension_names"]), values, attributes)
    answer(f"{prefix}-packed", path, "atlas-python", {"made": xr.Dataset(variables)})
