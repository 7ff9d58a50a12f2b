"""Datasets as xarray shows them: what atlas-python 0.14.0 makes of stores that it wrote, dimensions and labels of each variable."""

import json
from pathlib import Path

import numpy as np
from atlas import Atlas

from support.answers import versions

FOLDER = Path(__file__).parents[1] / "fixtures"
STORES = ("atlas-profiles/atlas14-labels.atlas", "atlas-profiles/atlas14-profiles.atlas", "demo/ocean-profiles.atlas")


def values_of(variable):
    """Times as the nanoseconds that they are stored as."""
    values = np.asarray(variable.values)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").view("int64")
    # Bounds of 64-bit integers are beyond JSON's numbers.
    return [str(value) for value in values.reshape(-1)] if values.dtype == np.int64 else values.reshape(-1).tolist()


def show(path):
    store = Atlas.open(str(FOLDER / path))
    names = store.list_datasets()
    datasets = {}
    for name in dict.fromkeys((names[0], names[len(names) // 2], names[-1])):
        shown = store.open_as_xarray_dataset(name)
        datasets[name] = {
            "coordinates": {str(key): values_of(variable) for key, variable in shown.coords.items()},
            "variables": {
                str(key): {"dims": list(variable.dims), "shape": list(variable.shape), "values": values_of(variable)}
                for key, variable in shown.variables.items()
            },
        }
    return {"store": path, "datasets": datasets}


answers = {
    "generator": versions("atlas-python", "numpy", "xarray"),
    "about": "datasets as xarray shows them",
    "stores": [show(path) for path in STORES],
}
(FOLDER / "atlas-profiles" / "atlas14-xarray.json").write_text(json.dumps(answers, ensure_ascii=False, allow_nan=True) + "\n")
