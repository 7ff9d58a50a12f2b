"""Grids of several levels, written by ome-zarr-py, ndpyramid and topozarr; and products of ALSZarrStore, written with
zarr-python as alsdb writes them (it is on no package index). Each with its answers."""

import json
from pathlib import Path

import dask.array as da
import matplotlib
import numpy as np
import ome_zarr.writer as ome
import xarray as xr
import xproj  # noqa: F401  (registers the accessor)
import zarr
from ndpyramid import pyramid_coarsen
from ome_zarr.format import FormatV04, FormatV05
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from topozarr import create_pyramid

from support.answers import fresh_store
from support.label_answers import GridAnswers, inside, whole

PACKAGES = ("zarr", "xarray", "ome-zarr", "ndpyramid", "topozarr", "numpy")
AXES = [{"name": "c", "type": "channel"}, {"name": "z", "type": "space", "unit": "micrometer"},
        {"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space", "unit": "micrometer"}]


def levels_of(path):
    """What the reader of ome-zarr-py tells of an image: arrays, and the transforms of each level."""
    node = next(iter(Reader(parse_url(path))()))
    return [np.asarray(level) for level in node.data], node.metadata["coordinateTransformations"]


def labels_of(transforms, shape):
    """The coordinate of every index along every axis: scaled, then moved."""
    out = []
    for axis, length in enumerate(shape):
        start, step = 0.0, 1.0
        for transform in transforms:
            if transform["type"] == "scale":
                start, step = start * transform["scale"][axis], step * transform["scale"][axis]
            else:
                start += transform["translation"][axis]
        out.append(start + whole(length) * step)
    return out


def image(rng, shape=(2, 6, 40, 56)):
    return rng.integers(0, 4000, size=shape).astype("uint16")


def write_pyramid(group, data, fmt, scale, name, moved=True):
    """Three levels, halved in y and x by their means, with the translation that halving causes."""
    pyramid = [data]
    for _ in range(2):
        last = pyramid[-1]
        pyramid.append(np.asarray(da.coarsen(np.mean, da.from_array(last), {last.ndim - 2: 2, last.ndim - 1: 2})).astype(data.dtype))
    transforms = []
    for level in range(3):
        factor = [1.0] * (data.ndim - 2) + [2.0**level] * 2
        stated = [{"type": "scale", "scale": [s * f for s, f in zip(scale, factor)]}]
        if moved:
            stated.append({"type": "translation", "translation": [s * (f - 1) / 2 for s, f in zip(scale, factor)]})
        transforms.append(stated)
    axes = AXES[-data.ndim:]
    ome.write_multiscale(pyramid, group, fmt=fmt, axes=axes, coordinate_transformations=transforms, name=name,
                         axes_units={axis["name"]: axis["unit"] for axis in axes if "unit" in axis},
                         storage_options=[{"chunks": (1,) * (data.ndim - 2) + (16, 16)}] * 3)


def describe(answers, source, path, role="data"):
    data, transforms = levels_of(path)
    axes = AXES[-data[0].ndim:]
    answers.source(
        source, role=role, dimensions=[axis["name"] for axis in axes], units=[axis.get("unit") for axis in axes],
        levels=[{
            "name": f"s{level}" if (path / f"s{level}").exists() else str(level), "shape": list(array.shape),
            "resolution": [None if axis["type"] == "channel" else float(abs(labels_of(stated, (2,) * array.ndim)[at][1]
                           - labels_of(stated, (2,) * array.ndim)[at][0])) for at, axis in enumerate(axes)],
        } for level, (array, stated) in enumerate(zip(data, transforms))])
    for level, (array, stated) in enumerate(zip(data, transforms)):
        labels = labels_of(stated, array.shape)
        west, east = labels[-1][1] + 0.01, labels[-1][array.shape[-1] // 2]
        south, north = labels[-2][1], labels[-2][array.shape[-2] // 2] + 0.01
        rows, columns = inside(labels[-2], south, north), inside(labels[-1], west, east)
        lead = [whole(n) for n in array.shape[:-2]]
        ranges = {}
        if array.ndim == 4:
            lead = [np.array([1]), inside(labels[1], labels[1][2], labels[1][4])]
            ranges = {"ranges": {"c": [1, 1], "z": [float(labels[1][2]), float(labels[1][4])]}}
        indices = [*lead, rows, columns]
        query = {"bbox": [float(west), float(south), float(east), float(north)], "level": level, **ranges}
        answers.query(f"{source} level {level}", source, query, values=array, indices=indices, axes=[
            (axis["name"], None if axis["type"] == "channel" else part[index], {"unit": axis["unit"]} if "unit" in axis else {})
            for axis, part, index in zip(axes, labels, indices)])


def ome_images():
    for name, fmt, version in [("ome-0.4", FormatV04(), 2), ("ome-0.5", FormatV05(), 3)]:
        rng = np.random.default_rng(3)
        path = fresh_store("grids", name, ".zarr")
        group = zarr.open_group(path, mode="w", zarr_format=version)
        write_pyramid(group, image(rng), fmt, [1.0, 2.0, 0.25, 0.25], "cells")
        labels = group.require_group("labels")
        labels.attrs.update({"labels": ["nuclei"]} if version == 2 else {"ome": {"version": "0.5", "labels": ["nuclei"]}})
        nuclei = labels.require_group("nuclei")
        write_pyramid(nuclei, rng.integers(0, 9, size=(40, 56)).astype("int32"), fmt, [0.25, 0.25], "nuclei")
        attributes = nuclei.attrs
        if version == 2:
            attributes["image-label"] = {"version": "0.4"}
        else:
            attributes["ome"] = {**attributes["ome"], "image-label": {}}
        answers = GridAnswers(name, path, version, PACKAGES, about="An image of OME-Zarr with labels; not consolidated")
        describe(answers, f"{name}.zarr", path)
        describe(answers, "labels/nuclei", path / "labels" / "nuclei", role="label")
        answers.save()


def ome_plate():
    rng = np.random.default_rng(4)
    path = fresh_store("grids", "ome-plate", ".zarr")
    fmt = FormatV04()
    plate = zarr.open_group(path, mode="w", zarr_format=2)
    ome.write_plate_metadata(plate, rows=["A", "B"], columns=["1", "2"], wells=["A/1", "B/2"], fmt=fmt, field_count=2)
    answers = GridAnswers("ome-plate", path, 2, PACKAGES, about="A plate of two wells with two and one fields; not consolidated")
    for well, fields in [("A/1", ["0", "1"]), ("B/2", ["0"])]:
        row, column = well.split("/")
        group = plate.require_group(row).require_group(column)
        ome.write_well_metadata(group, fields, fmt=fmt)
        for field in fields:
            write_pyramid(group.require_group(field), image(rng, (16, 24)), fmt, [0.5, 0.5], field, moved=False)
    for source in ["A/1/0", "A/1/1", "B/2/0"]:
        describe(answers, source, path / source)
    answers.save()


def climate(dims=("lat", "lon")):
    rng = np.random.default_rng(8)
    lat, lon = np.arange(59.5, 27.5, -1.0), np.arange(0.5, 64.5, 1.0)
    values = {
        "air": (("time", *dims), rng.normal(280, 9, size=(2, lat.size, lon.size)).astype("float32"), {"units": "K"}),
        "rain": (dims, rng.random((lat.size, lon.size)).astype("float64")),
    }
    return xr.Dataset(values, coords={
        "time": ("time", [0, 31], {"units": "days since 2020-01-01"}), dims[0]: lat, dims[1]: lon})


def query_levels(answers, path, names, dims=("lat", "lon")):
    """A box at every level through the level's own coordinates, by xarray."""
    y, x = dims
    shapes = {}
    for level, name in enumerate(names):
        dataset = xr.open_zarr(path, group=name, consolidated=False, decode_times=False, mask_and_scale=False)
        west, south, east, north = 10.25, 33.5, 41.0, 50.75
        selected = dataset.sel({x: slice(west, east), y: slice(north, south)})
        rows, columns = inside(dataset[y].values, south, north), inside(dataset[x].values, west, east)
        for variable in ("air", "rain"):
            shapes.setdefault(variable, []).append({"name": name, "shape": list(dataset[variable].shape)})
            lead = [("time", dataset["time"].values)] if variable == "air" else []
            answers.query(
                f"{variable} level {level}", variable, {"bbox": [west, south, east, north], "level": level},
                values=dataset[variable].values, indices=[*(whole(len(v)) for _, v in lead), rows, columns],
                axes=[*lead, (y, dataset[y].values[rows]), (x, dataset[x].values[columns])],
                reference=selected[variable].values)
    return shapes


def ndpyramid():
    path = fresh_store("grids", "ndpyramid", ".zarr")
    tree = pyramid_coarsen(climate(), factors=[4, 2, 1], dims=["lat", "lon"], boundary="trim")
    tree.to_zarr(path, zarr_format=2, consolidated=True)
    answers = GridAnswers("ndpyramid", path, 2, PACKAGES, about="Levels from coarse to fine, each a group of variables")
    shapes = query_levels(answers, path, ["2", "1", "0"])
    for variable, levels in shapes.items():
        answers.source(variable, role="data", levels=levels)
    answers.source("0/air", role="level")
    answers.save()


def geozarr():
    for name, drop in [("geozarr", False), ("geozarr-without-coordinates", True)]:
        dims = ("y", "x")
        path = fresh_store("grids", name, ".zarr")
        dataset = climate(dims).proj.assign_crs(spatial_ref="EPSG:4326")
        create_pyramid(dataset, levels=3, x_dim="x", y_dim="y", method="mean").write(path)
        answers = GridAnswers(name, path, 3, PACKAGES, about="The conventions multiscales, spatial: and proj:, by topozarr")
        shapes = query_levels(answers, path, ["0", "1", "2"], dims)
        for variable, levels in shapes.items():
            steps = [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]
            lead = [None] if variable == "air" else []
            answers.source(variable, role="data", crs="EPSG:4326", bounds=[0.0, 28.0, 64.0, 60.0], levels=[
                {**level, "resolution": [*lead, *step]} for level, step in zip(levels, steps)])
        answers.save()
        if drop:
            # What is left is the transforms that the layout states; they must give the same labels.
            root = zarr.open_group(path, mode="a")
            for level in "012":
                for coordinate in dims:
                    del root[f"{level}/{coordinate}"]
            document = json.loads((path / "zarr.json").read_text())
            document.pop("consolidated_metadata", None)
            (path / "zarr.json").write_text(json.dumps(document))
            zarr.consolidate_metadata(path)


def relief():
    """Surface height at the Jacksboro fault at four resolutions: real data, shown by the demo."""
    source = np.load(Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz")
    rows, columns = source["elevation"].shape
    north, west = max(source["ymin"], source["ymax"]), float(source["xmin"])
    lat = np.round(north - (np.arange(rows) + 0.5) * float(source["dy"]), 9)
    lon = np.round(west + (np.arange(columns) + 0.5) * float(source["dx"]), 9)
    attributes = {"standard_name": "surface_altitude", "long_name": "height", "units": "m"}
    dataset = xr.Dataset(
        {"height": (("lat", "lon"), source["elevation"].astype("float32"), attributes)},
        coords={"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})},
    ).proj.assign_crs(spatial_ref="EPSG:4326")
    path = fresh_store("grids", "jacksboro-levels", ".zarr")
    create_pyramid(dataset, levels=4, x_dim="lon", y_dim="lat", method="mean").write(path)
    answers = GridAnswers("jacksboro-levels", path, 3, PACKAGES, about="Surface height at the Jacksboro fault, four levels")
    shapes = []
    for level in range(4):
        stored = xr.open_zarr(path, group=str(level), consolidated=False, mask_and_scale=False)
        west, east, south, north = -84.31, -84.20, 36.60, 36.71
        indices = [inside(stored["lat"].values, south, north), inside(stored["lon"].values, west, east)]
        assert all(part.size for part in indices)
        shapes.append({"name": str(level), "shape": list(stored["height"].shape)})
        answers.query(
            f"level {level}", "height", {"bbox": [west, south, east, north], "level": level},
            values=stored["height"].values, indices=indices,
            axes=[(name, stored[name].values[part]) for name, part in zip(("lat", "lon"), indices)],
            reference=stored["height"].sel(lon=slice(west, east), lat=slice(north, south)).values)
    answers.source("height", role="data", crs="EPSG:4326", levels=shapes)
    answers.save()


def als():
    """ALSZarrStore: a group per resolution; years unsorted; a variable with fewer years than `time`."""
    path = fresh_store("grids", "als", ".zarr")
    rng = np.random.default_rng(9)
    root = zarr.create_group(path, zarr_format=3)
    west, south, east, north = 308_000.0, 4_688_000.0, 308_061.5, 4_688_040.0
    root.attrs.update({"bbox": [west, south, east, north], "crs_wkt": "EPSG:25830"})
    years = np.array([2021, 2010, 2016], dtype="int32")
    answers = GridAnswers("als", path, 3, PACKAGES, about="Products of alsdb in its layout; not consolidated")
    written = {}
    for resolution, label, variables in [(1.0, "1m", {"chm": 3, "dtm": 1, "chm_quality": 0}), (10.0, "10m", {"chm": 2, "lai": 3})]:
        nx, ny = int(np.ceil((east - west) / resolution)), int(np.ceil((north - south) / resolution))
        group = root.create_group(label)
        group.attrs.update({"resolution": resolution, "x_origin": west, "y_origin": north, "nx": nx, "ny": ny,
                            "crs_wkt": "EPSG:25830"})
        x = west + (np.arange(nx) + 0.5) * resolution
        y = north - (np.arange(ny) + 0.5) * resolution
        group.create_array("x", data=x, chunks=(nx,))
        group.create_array("y", data=y, chunks=(ny,))
        group.create_array("time", data=years, chunks=(1,))
        tile = max(1, int(20 / resolution))
        for variable, count in variables.items():
            array = group.create_array(variable, shape=(count, ny, nx), chunks=(1, min(tile, ny), min(tile, nx)),
                                       dtype="float32", fill_value=np.nan, attributes={"_FillValue": "NaN"})
            values = rng.normal(12, 5, size=(count, ny, nx)).astype("float32")
            values[:, : ny // 2, : nx // 2] = np.nan
            if count:
                array[...] = values
            # Years that were never written are missing.
            full = np.full((years.size, ny, nx), np.nan, dtype="float32")
            full[:count] = values
            written[label, variable] = (x, y, full)
    for variable, labels in [("chm", ["1m", "10m"]), ("dtm", ["1m"]), ("chm_quality", ["1m"]), ("lai", ["10m"])]:
        steps = {"1m": 1.0, "10m": 10.0}
        answers.source(variable, role="data", crs="EPSG:25830", dimensions=["time", "y", "x"], levels=[
            {"name": label, "shape": list(written[label, variable][2].shape), "resolution": [None, steps[label], steps[label]]}
            for label in labels])
        for level, label in enumerate(labels):
            x, y, full = written[label, variable]
            box = [west + 12.0, south + 5.0, west + 45.5, south + 25.0]
            rows, columns = inside(y, box[1], box[3]), inside(x, box[0], box[2])
            for low, high in [(2021, 2021), (2016, 2016), (2010, 2016), (1990, 2000)]:
                taken = inside(years, low, high)
                answers.query(
                    f"{variable} at {label}, {low} to {high}", variable,
                    {"bbox": box, "level": level, "ranges": {"time": [low, high]}}, values=full,
                    indices=[taken, rows, columns], axes=[("time", years[taken]), ("y", y[rows]), ("x", x[columns])])
    answers.save()


if __name__ == "__main__":
    ome_images()
    ome_plate()
    ndpyramid()
    geozarr()
    relief()
    als()
