"""ATLAS stores of profiles, and what the package that wrote them answers of one variable across datasets."""

import numpy as np
from atlas import Atlas

from .answers import Answers, fresh_store, versions
from .atlas_casts import add_profiles
from .atlas_stores import values_of


def write(store):
    for number in add_profiles(store):
        if number == 11:
            store.flush()
    store.flush()


CASES = (
    ("every cast", "temperature", None, None, None),
    ("text", "quality", None, None, None),
    ("single values", "time", None, None, None),
    ("not in all of them", "salinity", None, None, None),
    ("another order", "temperature", ["cast_15", "cast_02", "cast_02", "cast_11"], [1], [2]),
    ("beyond the end", "temperature", ["cast_00", "cast_04"], [2], [99]),
    ("boxes", "image", ["cast_03", "cast_19", "cast_00"], [1, 1], [3, 2]),
    ("boxes of unlike arrays", "image", ["cast_06", "cast_07"], [1, 1], [2, 2]),
    ("images", "image", ["cast_12", "cast_05", "cast_13"], None, None),
    ("the first levels", "temperature", None, [0], [4]),
)


QUERIES = (
    ("everything", {}),
    ("a box of the map", {"bbox": [-20, 30, -4.9, 37]}),
    ("a box with depths", {"bbox": [-25, 25, 15, 25, 38, 35]}),
    ("one cast", {"bbox": [-7.5, 33.25, -7.5, 33.25]}),
    ("nothing", {"bbox": [100, 0, 110, 10]}),
    ("warm water", {"bbox": [-30, 25, 10, 40], "ranges": {"temperature": [17.5, 19]}}),
    ("salt, where it was measured", {"ranges": {"salinity": [345, 352]}}),
    ("a few days", {"ranges": {"time": ["2023-11-17", "2023-11-21"]}}),
    ("a dataset by name", {"ranges": {"dataset": ["cast_13", "cast_13"]}}),
)


def rows_of(store):
    """Every level of every cast, from what the package reads of each dataset; a salinity of -9999 was not measured."""
    columns = {name: [] for name in ("lon", "lat", "depth", "time", "temperature", "salinity", "dataset")}
    for number, name in enumerate(store.list_datasets()):
        cast = store.open_dataset(name)
        levels = cast.read_array("depth").size
        for column, values in columns.items():
            data = np.array(number, "int32") if column == "dataset" else cast.read_array(column)
            values.append(np.resize(np.array(-9999, "int16") if data is None else data, levels))
    columns = {name: np.concatenate(values) for name, values in columns.items()}
    columns["time"] = columns["time"].view("int64")
    return columns


def rows_within(store, rows, query):
    keep = np.ones(rows["lon"].size, bool)
    box = query.get("bbox", [])
    for axis, name in enumerate(("lon", "lat", "depth")[: len(box) // 2]):
        keep &= (rows[name] >= box[axis]) & (rows[name] <= box[axis + len(box) // 2])
    for name, (low, high) in query.get("ranges", {}).items():
        if name == "dataset":
            low = high = store.list_datasets().index(low)
        elif name == "time":
            # A date means all of its day.
            low = np.datetime64(low, "ns").astype("int64")
            high = (np.datetime64(high, "D") + 1).astype("datetime64[ns]").astype("int64") - 1
        keep &= (rows[name] >= low) & (rows[name] <= high)
    return {name: values[keep] for name, values in rows.items()}


def read_across(store, array, datasets, start, shape):
    """Text the packages do not read across; of one dataset they do."""
    if array != "quality":
        return store.read_array_across(array, datasets, start, shape)
    return [store.open_dataset(name).read_array(array, start, shape) for name in datasets]


def write_profiles(prefix, codec="zstd"):
    name = f"{prefix}-profiles"
    path = fresh_store("atlas-profiles", name, ".atlas")
    with Atlas.create(str(path), codec=codec) as store:
        write(store)
    store = Atlas.open(str(path))
    answers = Answers("atlas-profiles", name, path, format="atlas", generator=versions("atlas-python", "numpy"),
                      about="profiles in two flushes; one variable across datasets", cases=[])
    for title, array, datasets, start, shape in CASES:
        listed = datasets or store.list_datasets()
        ragged = read_across(store, array, listed, start, shape)
        case = {"name": title, "array": array, "datasets": listed, "start": start, "shape": shape,
                "values": [None if data is None else values_of(answers, np.asarray(data)) for data in ragged]}
        kinds = {None if data is None else np.asarray(data).shape for data in ragged}
        if len(kinds) == 1 and array != "quality":
            case["stacked"] = values_of(answers, store.read_array_across_stacked(array, listed, start, shape))
        answers.document["cases"].append(case)
    rows = rows_of(store)
    answers.document["queries"] = []
    for title, query in QUERIES:
        found = rows_within(store, rows, query)
        positions = np.stack([found[name].astype("float64") for name in ("lon", "lat", "depth")], axis=1)
        fields = {name: answers.values(found[name]) for name in ("time", "temperature", "salinity", "dataset")}
        answers.document["queries"].append({"name": title, "query": query, "rows": len(positions),
                                            "positions": answers.values(positions), "fields": fields})
    answers.save()


def write_thousand(prefix):
    """A thousand short casts: their numbers are that of the cast, and those that follow."""
    path = fresh_store("atlas-profiles", f"{prefix}-thousand", ".atlas")
    with Atlas.create(str(path)) as store:
        for number in range(1000):
            cast = store.create_dataset(f"cast_{number:03d}")
            cast.define_array("temperature", "float32", ["level"], [5])
            cast.write_array("temperature", [0], np.arange(number, number + 5, dtype="float32"))


def write_labels(prefix):
    """A grid with coordinates, as xarray writes one: each value tells the indices that it lies at."""
    path = fresh_store("atlas-profiles", f"{prefix}-labels", ".atlas")
    with Atlas.create(str(path)) as store:
        dataset = store.create_dataset("month")
        times = np.array(["2023-01-01", "2023-01-02", "2023-01-03"], "datetime64[ns]").view("int64")
        for name, values, dtype in (("time", times, "timestamp_nanoseconds"), ("lat", np.arange(50, 40, -2.5), "float64"),
                                    ("lon", np.arange(-180, 180, 60, dtype="float32"), "float32")):
            dataset.define_array(name, dtype, [name], [values.size])
            dataset.write_array(name, [0], values)
        dataset.set_array_attribute("lat", "units", "degrees_north")
        dataset.define_array("sst", "int32", ["time", "lat", "lon", "band"], [3, 4, 6, 2], [2, 3, 4, 2])
        numbers = np.indices((3, 4, 6, 2))
        dataset.write_array("sst", [0, 0, 0, 0], np.einsum("i,ijklm->jklm", [1000, 100, 10, 1], numbers).astype("int32"))


def write_deep(prefix):
    """Casts of many levels, whose statistics tell them apart: cast 3 was flushed twice, so its own are not trusted."""
    path = fresh_store("atlas-profiles", f"{prefix}-deep", ".atlas")
    levels = 600
    with Atlas.create(str(path), codec="none") as store:
        for number in range(6):
            cast = store.create_dataset(f"deep_{number}")
            # Names that tell nothing; what they are is said by attributes.
            for name, standard, value in (("where_a", "longitude", 10.0 * number), ("where_b", "latitude", 1.0 * number)):
                cast.define_array(name, "float32", [], [], [])
                cast.write_array(name, [], np.array(value, "float32"))
                cast.set_array_attribute(name, "standard_name", standard)
            cast.define_array("oxygen", "float32", ["level"], [levels], [levels // 2])
            cast.write_array("oxygen", [0], (10 * number + np.arange(levels) % 5).astype("float32"))
        store.flush()
        store.open_dataset("deep_3").write_array("oxygen", [0], np.full(300, 33, "float32"))
        store.flush()
