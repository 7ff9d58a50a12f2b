"""The canopy height model of the demo's forest, as alsdb's ALSZarrStore lays it out: the heights that its points were made from."""

import numpy as np
import zarr

from support.answers import fresh_store
from support.canopy import SIZE, SOUTH, WEST, crown_height, stands
from support.label_answers import GridAnswers, inside

RESOLUTION, TILE = 4.0, 200.0


def main():
    path = fresh_store("grids", "forest-canopy", ".zarr")
    root = zarr.create_group(path, zarr_format=3)
    north = SOUTH + SIZE
    root.attrs.update({"bbox": [WEST, SOUTH, WEST + SIZE, north], "crs_wkt": "EPSG:25830"})
    count = int(np.ceil(SIZE / RESOLUTION))
    group = root.create_group("4m")
    group.attrs.update({"resolution": RESOLUTION, "x_origin": WEST, "y_origin": north, "nx": count, "ny": count,
                        "crs_wkt": "EPSG:25830"})
    x = WEST + (np.arange(count) + 0.5) * RESOLUTION
    y = north - (np.arange(count) + 0.5) * RESOLUTION
    years = np.array([year for year, _ in stands()], "int32")
    group.create_array("x", data=x, chunks=(count,))
    group.create_array("y", data=y, chunks=(count,))
    group.create_array("time", data=years, chunks=(1,))
    side = int(TILE / RESOLUTION)
    heights = group.create_array("chm", shape=(len(years), count, count), chunks=(1, side, side), dtype="float32",
                                 fill_value=np.nan, attributes={"_FillValue": "NaN"})
    across, up = np.meshgrid(x - WEST, y - SOUTH)
    values = np.stack([crown_height(across, up, trees) for _, trees in stands()]).round(2).astype("float32")
    heights[...] = values
    answers = GridAnswers("forest-canopy", path, 3, ["zarr", "numpy"], about=__doc__)
    answers.source("chm", role="data", crs="EPSG:25830", dimensions=["time", "y", "x"], levels=[
        {"name": "4m", "shape": list(values.shape), "resolution": [None, RESOLUTION, RESOLUTION]}])
    box = [WEST + 100, SOUTH + 100, WEST + 180, SOUTH + 160]
    rows, columns, taken = inside(y, box[1], box[3]), inside(x, box[0], box[2]), inside(years, 2021, 2021)
    answers.query("a box of one year", "chm", {"bbox": box, "ranges": {"time": [2021, 2021]}}, values=values,
                  indices=[taken, rows, columns], axes=[("time", years[taken]), ("y", y[rows]), ("x", x[columns])])
    answers.save()


main()
