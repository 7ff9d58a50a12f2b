"""Grids whose coordinates are no plain arrays of their dimensions' names: longitudes of another habit, calendars, curvilinear
grids, transforms in attributes; and packed data. Written by xarray and rioxarray, with their answers."""

import cftime
import numpy as np
import rioxarray  # noqa: F401  (registers the accessor)
import xarray as xr
from affine import Affine
from rioxarray.rioxarray import affine_to_coords
from xarray.coders import CFDatetimeCoder

from support.answers import fresh_store
from support.label_answers import GridAnswers, inside, whole

PACKAGES = ("zarr", "xarray", "cftime", "rioxarray", "numpy")


def longitudes():
    """One global grid in both habits, and one whose latitude and longitude fall."""
    for name, lon, lat in [
        ("longitudes-0-360", np.arange(0, 360, 10.0), np.arange(-80, 90, 20.0)),
        ("longitudes-180", np.arange(-180, 180, 10.0), np.arange(-80, 90, 20.0)),
        ("longitudes-falling", np.arange(350, -10, -10).astype("float32"), np.arange(80, -90, -20.0)),
    ]:
        field = np.arange(lat.size * lon.size, dtype="int32").reshape(lat.size, lon.size)
        dataset = xr.Dataset(
            {"field": (("lat", "lon"), field)},
            coords={"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})},
        )
        path = fresh_store("grids", name, ".zarr")
        dataset.to_zarr(path, zarr_format=3, consolidated=True, encoding={"field": {"chunks": (4, 7)}})
        answers = GridAnswers(name, path, 3, PACKAGES)
        for label, west, east in [
            ("across the prime meridian", -25.0, 30.0),
            ("across the antimeridian, GeoJSON's way", 155.0, -160.0),
            ("across the antimeridian, beyond 180", 160.0, 200.0),
            ("across the antimeridian, below -180", -205.0, -160.0),
            ("east of 180", 190.0, 220.0),
            ("west of 0", -170.0, -140.0),
            ("one meridian of the other habit", -90.0, -90.0),
            ("the whole globe from -180", -180.0, 179.0),
            ("the whole globe from 0", 0.0, 359.0),
        ]:
            end = east + 360 if east < west else east
            # xarray's own way: give every label in the box's habit, sort, select.
            told = west + (lon.astype("float64") - west) % 360
            moved = dataset.assign_coords(lon=told).sortby("lon", ascending=bool(lon[0] < lon[-1]))
            chosen = moved.sel(lon=slice(west, end) if lon[0] < lon[-1] else slice(end, west))
            chosen = chosen.sel(lat=slice(-45, 45) if lat[0] < lat[-1] else slice(45, -45))
            columns = [int(np.flatnonzero(told == value)[0]) for value in chosen["lon"].values]
            labels = chosen["lon"].values
            if np.array_equal(labels, lon[columns].astype("float64")):
                labels = lon[columns]
            rows = inside(lat, -45, 45)
            answers.query(label, "field", {"bbox": [west, -45.0, east, 45.0]}, values=field, indices=[rows, columns],
                          axes=[("lat", lat[rows]), ("lon", labels)], reference=chosen["field"].values)
        answers.save()


CALENDARS = ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"]


def calendars():
    """A time axis of each calendar, in days and in hours; the reference selects with cftime."""
    path = fresh_store("grids", "calendars", ".zarr")
    variables = {}
    times = {}
    for calendar in CALENDARS:
        for unit, step, start in [("days", 7.0, "1999-12-20"), ("hours", 12, "1582-09-25")]:
            name = f"{calendar}_{unit}"
            count = 60
            values = (np.arange(count) * step).astype("float64" if unit == "days" else "int32")
            attributes = {"units": f"{unit} since {start} 00:00:00", "calendar": calendar, "standard_name": "time"}
            variables[f"v_{name}"] = ((f"t_{name}",), np.arange(count, dtype="int16"))
            times[f"t_{name}"] = ((f"t_{name}",), values, attributes)
    xr.Dataset(variables, coords=times).to_zarr(path, zarr_format=3, consolidated=True)
    raw = xr.open_zarr(path, decode_times=False)
    dated = xr.open_zarr(path, decode_times=CFDatetimeCoder(use_cftime=True))
    answers = GridAnswers("calendars", path, 3, PACKAGES, about="Time axes of every calendar of CF")
    for calendar in CALENDARS:
        for unit, spans in [
            ("days", [("2000-01", "2000-02"), ("2000-02-28", "2000-03-06"), ("2000", "2000"),
                      ("2000-01-10T00:00:00", "2000-01-24T12:00:00")]),
            ("hours", [("1582-10-01", "1582-10-04"), ("1582-10-15", "1582-10-20"), ("1582-10", "1582-10"),
                       ("1582-09-26T12:00:00", "1582-09-28T00:00:00")]),
        ]:
            dimension = f"t_{calendar}_{unit}"
            variable = f"v_{calendar}_{unit}"
            values = raw[variable].values
            labels = raw[dimension].values
            for low, high in spans:
                selected = dated[variable].sel({dimension: slice(low, high)})
                indices = selected.values.astype("int64")
                answers.query(
                    f"{calendar} {unit}: {low} to {high}", variable, {"ranges": {dimension: [low, high]}},
                    values=values, indices=[indices],
                    axes=[(dimension, labels[indices], {
                        "unit": raw[dimension].attrs["units"], "calendar": calendar,
                        "times": [moment.isoformat() for moment in selected[dimension].values]})],
                    reference=selected.values)
    answers.save()


def curvilinear():
    """Two-dimensional coordinates, as ocean models have them: a turned grid that crosses the antimeridian."""
    ny, nx = 24, 30
    j, i = np.meshgrid(np.arange(ny), np.arange(nx), indexing="ij")
    turn = np.deg2rad(25)
    lon = 178 + 1.5 * ((i - nx / 2) * np.cos(turn) - (j - ny / 2) * np.sin(turn))
    lat = 10 + 1.2 * ((i - nx / 2) * np.sin(turn) + (j - ny / 2) * np.cos(turn))
    lon = ((lon + 180) % 360) - 180
    lon[0, :3] = np.nan
    lat[0, :3] = np.nan
    rng = np.random.default_rng(7)
    temperature = rng.normal(15, 5, size=(3, ny, nx)).astype("float32")
    dataset = xr.Dataset(
        {"temp": (("time", "nj", "ni"), temperature), "bottom": (("nj", "ni"), (100 * j + i).astype("int32"))},
        coords={
            "time": ("time", np.arange(3), {"units": "days since 2001-01-01"}),
            "TLON": (("nj", "ni"), lon, {"standard_name": "longitude", "units": "degrees_east"}),
            "TLAT": (("nj", "ni"), lat.astype("float32"), {"standard_name": "latitude", "units": "degrees_north"}),
        },
    )
    path = fresh_store("grids", "curvilinear", ".zarr")
    dataset.to_zarr(path, zarr_format=2, consolidated=True, encoding={"temp": {"chunks": (1, 9, 11)}})
    answers = GridAnswers("curvilinear", path, 2, PACKAGES, about="Longitudes and latitudes along two dimensions")
    lat32 = dataset["TLAT"].values
    for label, west, south, east, north in [
        ("west of the antimeridian", 165.0, 5.0, 176.0, 14.0),
        ("across the antimeridian", 175.0, 4.0, -175.0, 12.0),
        ("across the antimeridian, beyond 180", 175.0, 4.0, 185.0, 12.0),
        ("everything", -180.0, -90.0, 180.0, 90.0),
        ("nothing", 20.0, 0.0, 30.0, 10.0),
        ("one cell", float(lon[12, 15]), float(lat32[12, 15]), float(lon[12, 15]), float(lat32[12, 15])),
    ]:
        end = east + 360 if east < west else east
        centre = (west + end) / 2
        told = lon if end - west >= 360 else lon - 360 * np.round((lon - centre) / 360)
        mask = (told >= west) & (told <= end) & (lat32.astype("float64") >= south) & (lat32.astype("float64") <= north)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        rows = np.arange(rows[0], rows[-1] + 1) if rows.size else rows
        columns = np.arange(columns[0], columns[-1] + 1) if columns.size else columns
        box = np.ix_(rows, columns)
        for variable, lead in [("temp", [whole(3)]), ("bottom", [])]:
            # xarray's way: mask, and drop the rows and columns in which nothing is left.
            reference = dataset[variable].where(xr.DataArray(mask, dims=("nj", "ni")), drop=True)
            kept = np.where(mask[box], dataset[variable].values[np.ix_(*lead, rows, columns)], np.nan)
            expected_shape = tuple(len(part) for part in [*lead, rows, columns])
            # drop=True leaves out empty rows inside the window too; here there are none.
            assert reference.shape == expected_shape and np.array_equal(reference.values, kept, equal_nan=True), label
            same_habit = np.array_equal(told, lon, equal_nan=True)
            answers.query(
                f"{label}: {variable}", variable, {"bbox": [west, south, east, north]},
                values=dataset[variable].values, indices=[*lead, rows, columns],
                axes=[*([("time", np.arange(3))] if lead else []), ("nj", None), ("ni", None)],
                mask=mask[box], coordinates={"TLON": (lon if same_habit else told)[box], "TLAT": lat32[box]})
    answers.save()


def transforms():
    """Rasters without coordinate arrays: rioxarray's GeoTransform, and the conventions spatial: and proj:."""
    rng = np.random.default_rng(11)
    for name, affine in [
        ("transform-north-up", Affine(30.0, 0.0, 500_010.0, 0.0, -30.0, 4_600_020.0)),
        ("transform-rotated", Affine(20.0, 7.5, 300_000.0, 7.5, -20.0, 5_000_000.0)),
    ]:
        height = rng.integers(0, 3000, size=(40, 50)).astype("int16")
        raster = xr.DataArray(height, dims=("y", "x"), name="height")
        raster = raster.rio.write_crs("EPSG:32633").rio.write_transform(affine)
        dataset = raster.to_dataset()
        dataset["height"].attrs["grid_mapping"] = "spatial_ref"
        conventions = dataset["height"].drop_vars("spatial_ref").rename("again").copy()
        conventions.attrs = {
            "proj:code": "EPSG:32633",
            "spatial:dimensions": ["y", "x"],
            "spatial:transform": [*affine][:6],
        }
        dataset["again"] = conventions
        node = conventions.rename("node").copy()
        node.attrs = {**conventions.attrs, "spatial:registration": "node"}
        dataset["node"] = node
        path = fresh_store("grids", name, ".zarr")
        dataset.to_zarr(path, zarr_format=3, consolidated=True, encoding={
            key: {"chunks": (16, 16)} for key in ("height", "again", "node")})
        answers = GridAnswers(name, path, 3, PACKAGES)
        crs = dataset["spatial_ref"].attrs["crs_wkt"]
        for source, shift in [("height", 0.0), ("again", 0.0), ("node", -0.5)]:
            answers.source(source, crs=crs if source == "height" else "EPSG:32633")
            rows, columns = np.meshgrid(np.arange(40), np.arange(50), indexing="ij")
            centres = affine * Affine.translation(0.5 + shift, 0.5 + shift)
            x, y = centres.c + columns * centres.a + rows * centres.b, centres.f + columns * centres.d + rows * centres.e
            for label, box in [
                ("a box", (centres.c + 210, centres.f - 600, centres.c + 555, centres.f - 245)),
                ("beyond the edge", (centres.c - 1000, centres.f - 100, centres.c + 100, centres.f + 1000)),
            ]:
                west, south, east, north = (float(value) for value in box)
                query = {"bbox": [west, south, east, north]}
                mask = (x >= west) & (x <= east) & (y >= south) & (y <= north)
                taken = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
                indices = [np.arange(part[0], part[-1] + 1) for part in taken]
                cut = np.ix_(*indices)
                if affine.b == 0:
                    labels = affine_to_coords(affine * Affine.translation(shift, shift), 50, 40)
                    reference = raster.assign_coords(labels).sel(x=slice(west, east), y=slice(north, south))
                    answers.query(f"{source}: {label}", source, query, values=height, indices=indices,
                                  axes=[("y", labels["y"][indices[0]]), ("x", labels["x"][indices[1]])],
                                  reference=reference.values)
                else:
                    answers.query(f"{source}: {label}", source, query, values=height, indices=indices,
                                  axes=[("y", None), ("x", None)], mask=mask[cut],
                                  coordinates={"x": x[cut], "y": y[cut]})
        answers.save()


def packed():
    """Packed and incomplete data of every kind that xarray decodes, in both versions of the format."""
    rng = np.random.default_rng(5)

    def integers(dtype, low, high):
        return rng.integers(low, high, size=(6, 7)).astype(dtype)

    sparse = integers("int16", -100, 100)
    sparse[1:3, 2:5] = -999
    two = integers("int32", 0, 50)
    two[0, 0], two[5, 6] = -1, -2
    floats = rng.normal(size=(6, 7)).astype("float32")
    floats[2, 2] = np.float32(1e20)
    floats[3, 3] = np.nan
    big = integers("int64", 0, 9) + np.int64(2**53)
    big[0, 1] = np.iinfo("int64").min + 1
    variables = {
        "scale": (integers("int16", -3000, 3000), {"scale_factor": 0.01}),
        "offset": (integers("uint8", 0, 200), {"add_offset": 100.5}),
        "both": (integers("int16", -3000, 3000), {"scale_factor": 0.01, "add_offset": 273.15}),
        "both_missing": (sparse, {"scale_factor": 0.5, "add_offset": -3.0, "_FillValue": np.int16(-999)}),
        "int8_missing": (integers("int8", -3, 3), {"_FillValue": np.int8(1)}),
        "int16_missing": (sparse, {"missing_value": np.int16(-999)}),
        "int32_two": (two, {"_FillValue": np.int32(-1), "missing_value": np.int32(-2)}),
        "int64_missing": (big, {"_FillValue": np.iinfo("int64").min + 1}),
        "uint64_missing": (integers("uint64", 0, 5), {"_FillValue": np.uint64(4)}),
        "float32_missing": (floats, {"_FillValue": np.float32(1e20)}),
        "float64_missing": (floats.astype("float64"), {"missing_value": -9999.0}),
        "float32_scale": (floats, {"scale_factor": 2.0, "_FillValue": np.float32(1e20)}),
        "unsigned": (integers("int8", -128, 127), {"_Unsigned": "true"}),
        "unsigned_missing": (integers("int8", -4, 4), {"_Unsigned": "true", "_FillValue": np.int8(-1), "scale_factor": 0.5}),
        "plain": (integers("int16", 0, 9), {"units": "m"}),
        "bool": (integers("int8", 0, 2).astype(bool), {}),
    }
    for version in (2, 3):
        name = f"packed-v{version}"
        path = fresh_store("grids", name, ".zarr")
        # As attributes, not as encoding: the values are stored as they are here.
        dataset = xr.Dataset({key: (("y", "x"), *variable) for key, variable in variables.items()})
        dataset.to_zarr(path, zarr_format=version, consolidated=True, encoding={key: {"chunks": (4, 4)} for key in variables})
        decoded = xr.open_zarr(path, mask_and_scale=True, decode_times=False)
        stored = xr.open_zarr(path, mask_and_scale=False, decode_times=False)
        answers = GridAnswers(name, path, version, PACKAGES, about="CF packing and missing values, as xarray decodes them")
        for key in variables:
            axes = [("y", None), ("x", None)]
            everything = [whole(6), whole(7)]
            answers.query(f"{key} decoded", key, {"decode": "cf"}, values=decoded[key].values, indices=everything, axes=axes)
            answers.query(f"{key} stored", key, {}, values=stored[key].values, indices=everything, axes=axes)
            part = [np.arange(1, 5), np.arange(2, 7)]
            answers.query(f"{key} in part", key, {"decode": "cf", "ranges": {"y": [1, 4], "x": [2, 6]}},
                          values=decoded[key].values, indices=part, axes=axes)
        answers.save()


if __name__ == "__main__":
    assert cftime.__version__
    longitudes()
    calendars()
    curvilinear()
    transforms()
    packed()
