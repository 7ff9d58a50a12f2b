"""Profiles of a made ocean: what the demo page shows, and what a box of it holds."""

import numpy as np
from atlas import Atlas

from .answers import Answers, fresh_store, versions
from .atlas_profiles import rows_of, rows_within

FLOATS, CYCLES, LEVELS = 12, 9, 36
BOX = [-45, 30, -25, 45]


def cast(rng, lon, lat, day, depth):
    """Temperature and salinity of warm water over cold, more of it in the south, and in summer; never measured below some depth."""
    season = np.cos((day - 50) / 365.25 * 2 * np.pi)
    surface = 29 - 0.42 * abs(lat) - 3 * season + rng.normal(scale=0.6)
    mixed = 30 + 60 * (1 + season) + rng.normal(scale=8)
    temperature = 3.2 + (surface - 3.2) / (1 + np.exp((depth - mixed - 250) / 170))
    salinity = 34.9 + 0.045 * (temperature - 3.2) + 0.1 * np.exp(-(((depth - 1050) / 220) ** 2)) * (lon > -30)
    return (temperature + rng.normal(scale=0.03, size=depth.size)).round(3), salinity.round(3)


def write_demo():
    rng = np.random.default_rng(2024)
    path = fresh_store("demo", "ocean-profiles", ".atlas")
    with Atlas.create(str(path), meta_format="json") as store:
        for number in range(FLOATS):
            lon, lat = rng.uniform(-55, -15), rng.uniform(18, 52)
            for cycle in range(CYCLES):
                lon, lat = lon + rng.normal(scale=0.9) + 0.5, lat + rng.normal(scale=0.6) + 0.2
                day = 20 + 40 * cycle + number
                # Close together at the top, where things change.
                depth = (5 + 1995 * (np.arange(LEVELS - number % 4) / (LEVELS - 1)) ** 1.8).astype("float32")
                temperature, salinity = cast(rng, lon, lat, day, depth)
                profile = store.create_dataset(f"float {number + 1:02d} cycle {cycle + 1}")
                for name, value in (("lon", lon), ("lat", lat)):
                    profile.define_array(name, "float64", [], [], [])
                    profile.write_array(name, [], np.array(round(value, 4)))
                time = np.array(np.datetime64("2023-01-01", "ns") + np.timedelta64(day, "D")).view("int64")
                profile.define_array("time", "timestamp_nanoseconds", [], [], [])
                profile.write_array("time", [], time)
                for name, values in (("depth", depth), ("temperature", temperature), ("salinity", salinity)):
                    profile.define_array(name, "float32", ["level"], [depth.size])
                    profile.write_array(name, [0], values.astype("float32"))
    store = Atlas.open(str(path))
    rows = rows_of(store)
    found = rows_within(store, rows, {"bbox": BOX})
    answers = Answers("demo", "ocean-profiles", path, format="atlas", generator=versions("atlas-python", "numpy"),
                      about="profiles of a made ocean", rows=int(rows["lon"].size), query={"bbox": BOX},
                      profiles=int(np.unique(found["dataset"]).size), found=int(found["lon"].size),
                      temperature=answers_of(found))
    answers.save()


def answers_of(found):
    """Enough to tell the rows apart: least and greatest temperature."""
    return [round(float(found["temperature"].min()), 3), round(float(found["temperature"].max()), 3)]
