"""A thousand short profiles, the same numbers three times.

    profiles.py atlas <folder>      profiles.atlas by atlas-python, and the numbers as they are in source.f32
    profiles.py zarr <folder>       profiles.zarr by zarr-python out of source.f32: a group for each, consolidated one by one and all together
"""

import sys
from pathlib import Path

import numpy as np

PROFILES, LEVELS = 1000, 100


def atlas(folder):
    from atlas import Atlas

    rng = np.random.default_rng(1000)
    depth = np.linspace(0, 2000, LEVELS)
    surface = rng.uniform(4, 28, size=(PROFILES, 1))
    noise = rng.normal(scale=0.05, size=(PROFILES, LEVELS))
    values = (3 + (surface - 3) * np.exp(-depth / 400) + noise).astype("float32")
    (folder / "source.f32").write_bytes(values.tobytes())
    with Atlas.create(str(folder / "profiles.atlas")) as store:
        for number, profile in enumerate(values):
            dataset = store.create_dataset(f"cast_{number:04d}")
            dataset.define_array("temperature", "float32", ["level"], [LEVELS])
            dataset.write_array("temperature", [0], profile)


def zarr(folder):
    import zarr

    values = np.frombuffer((folder / "source.f32").read_bytes(), "float32").reshape(PROFILES, LEVELS)
    root = zarr.create_group(str(folder / "profiles.zarr"))
    for number, profile in enumerate(values):
        group = root.create_group(f"cast_{number:04d}")
        group.create_array("temperature", data=profile, chunks=(LEVELS,))
        zarr.consolidate_metadata(group.store_path)
    zarr.consolidate_metadata(root.store_path)


{"atlas": atlas, "zarr": zarr}[sys.argv[1]](Path(sys.argv[2]))
