"""Profiles, written alike by every generation of the package."""

import numpy as np


def add_profile(store, rng, number, *, levels, salinity):
    """One cast: where and when it was made as single values, depths and what was measured there along one dimension."""
    profile = store.create_dataset(f"cast_{number:02d}")
    where = {"lon": -30 + 2.5 * number, "lat": 40 - 0.75 * number}
    for name, value in where.items():
        # As [] and as [1]: both are written in the wild.
        profile.define_array(name, "float64", [], [], []) if number % 2 else profile.define_array(name, "float64", ["n"], [1])
        profile.write_array(name, [] if number % 2 else [0], np.array(value) if number % 2 else np.array([value]))
    profile.define_array("time", "timestamp_nanoseconds", [], [], [])
    profile.write_array("time", [], np.array(1_700_000_000_000_000_000 + number * 86_400_000_000_000))
    profile.define_array("depth", "float32", ["level"], [levels])
    profile.write_array("depth", [0], np.arange(levels, dtype="float32") * 10 + 5)
    profile.define_array("temperature", "float32", ["level"], [levels], [3], np.nan)
    profile.write_array("temperature", [0], (20 - np.arange(levels) + rng.normal(size=levels)).astype("float32"))
    if salinity:
        profile.define_array("salinity", "int16", ["level"], [levels], [levels], -1)
        profile.write_array("salinity", [1], (np.arange(levels - 2) + 340 + number).astype("int16"))
    profile.define_array("quality", "string", ["level"], [levels], [4])
    profile.write_array("quality", [0], np.array(["good", "", "bad é"] * levels, dtype=object)[:levels])
    profile.define_array("image", "uint16", ["y", "x"], [5, 4] if number != 7 else [4, 5], [2, 3])
    profile.write_array("image", [0, 0], rng.integers(0, 999, (5, 4) if number != 7 else (4, 5)).astype("uint16"))


def add_profiles(store):
    rng = np.random.default_rng(8)
    for number in range(20):
        add_profile(store, rng, number, levels=4 + number % 5, salinity=number % 3 != 2)
        yield number
