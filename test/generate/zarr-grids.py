"""Gridded products written by xarray: real elevation models, and a made one with awkward coordinates."""

from pathlib import Path

import matplotlib
import numcodecs
import numpy as np
import xarray as xr
from zarr.codecs import BloscCodec, ZstdCodec

from support.answers import fresh_store
from support.grid_answers import save_grid

numcodecs.blosc.set_nthreads(1)
SAMPLES = Path(matplotlib.get_data_path()) / "sample_data"


def topobathy():
    """Land height and sea depth around Vancouver Island; float32, latitude ascending, longitude 0..360."""
    source = np.load(SAMPLES / "topobathy.npz")
    attributes = {"standard_name": "height_above_mean_sea_level", "long_name": "topography and bathymetry", "units": "m"}
    return xr.Dataset(
        {"topo": (("lat", "lon"), source["topo"], attributes)},
        coords={
            "lat": ("lat", source["latitude"], {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"}),
            "lon": ("lon", source["longitude"], {"standard_name": "longitude", "units": "degrees_east", "axis": "X"}),
        },
        attrs={"Conventions": "CF-1.8", "title": "Topography and bathymetry, south-west British Columbia"},
    )


def jacksboro():
    """Surface height at the Jacksboro fault, Tennessee; int16, latitude descending, three arc seconds."""
    source = np.load(SAMPLES / "jacksboro_fault_dem.npz")
    height = source["elevation"]
    rows, columns = height.shape
    # The file gives the outer edges and the cell size; labels are cell centres. `ymin` is the northern edge.
    north, south = max(source["ymin"], source["ymax"]), min(source["ymin"], source["ymax"])
    west, east = float(source["xmin"]), float(source["xmax"])
    assert abs((north - south) / rows - source["dy"]) < 1e-9 and abs((east - west) / columns - source["dx"]) < 1e-9
    lat = np.round(north - (np.arange(rows) + 0.5) * float(source["dy"]), 9)
    lon = np.round(west + (np.arange(columns) + 0.5) * float(source["dx"]), 9)
    attributes = {"standard_name": "surface_altitude", "long_name": "height", "units": "m", "grid_mapping": "crs"}
    return xr.Dataset(
        {
            "height": (("lat", "lon"), height, attributes),
            "crs": ((), np.int32(0), {"grid_mapping_name": "latitude_longitude", "epsg_code": "EPSG:4326"}),
        },
        coords={
            "lat": ("lat", lat, {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"}),
            "lon": ("lon", lon, {"standard_name": "longitude", "units": "degrees_east", "axis": "X"}),
        },
        attrs={"Conventions": "CF-1.8", "title": "Elevation at the Jacksboro fault, Tennessee"},
    )


def made():
    """(time, lat, lon) with descending, unevenly spaced latitude, negative longitude and packed values."""
    rng = np.random.default_rng(20240229)
    # A Gaussian-like grid: no two steps are equal.
    lat = np.array([72.5, 61.25, 52.0, 44.5, 38.0, 32.75, 28.5, 25.0, 12.5, 0.0, -7.25])
    lon = np.concatenate([np.linspace(-30, -3, 10), np.linspace(0, 12, 5), [20.0, 33.5]])
    time = np.array([0, 31, 59, 90, 181, 365, 366])
    packed = rng.integers(-3000, 4500, size=(time.size, lat.size, lon.size)).astype("int16")
    packed[rng.random(packed.shape) < 0.03] = -32768
    quality = rng.integers(0, 4, size=packed.shape[1:]).astype("uint8")
    return xr.Dataset(
        {
            "air": (("time", "lat", "lon"), packed, {
                "standard_name": "air_temperature", "units": "degree_Celsius",
                "scale_factor": 0.01, "add_offset": 5.0, "_FillValue": np.int16(-32768)}),
            "quality": (("lat", "lon"), quality, {"flag_values": [0, 1, 2, 3], "flag_meanings": "none low medium high"}),
        },
        coords={
            "time": ("time", time, {"standard_name": "time", "units": "days since 2020-01-01", "calendar": "standard", "axis": "T"}),
            "lat": ("lat", lat, {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"}),
            "lon": ("lon", lon, {"standard_name": "longitude", "units": "degrees_east", "axis": "X"}),
        },
        attrs={"Conventions": "CF-1.8", "title": "Made air temperature"},
    )


def boxes_of(dataset, variable):
    """The same eight boxes for any two-dimensional grid, in terms of its own labels."""
    lat = np.sort(dataset["lat"].values.astype("float64"))
    lon = np.sort(dataset["lon"].values.astype("float64"))
    ny, nx = lat.size, lon.size

    def box(x0, y0, x1, y1):
        return {"bbox": [float(x0), float(y0), float(x1), float(y1)]}

    third = (lon[nx // 3] + lon[nx // 3 + 1]) / 2
    return [
        ("everything", variable, box(-360, -90, 360, 90)),
        ("no bbox", variable, {}),
        ("middle", variable, box(third, (lat[ny // 4] + lat[ny // 4 + 1]) / 2,
                                 (lon[nx // 2] + lon[nx // 2 + 1]) / 2, (lat[ny // 2] + lat[ny // 2 + 1]) / 2)),
        ("edges on labels", variable, box(lon[nx // 3], lat[ny // 3], lon[nx // 2], lat[ny // 2])),
        ("edges just inside labels", variable, box(np.nextafter(lon[nx // 3], 1e9), np.nextafter(lat[ny // 3], 1e9),
                                                   np.nextafter(lon[nx // 2], -1e9), np.nextafter(lat[ny // 2], -1e9))),
        ("one cell on its label", variable, box(lon[nx - 2], lat[2], lon[nx - 2], lat[2])),
        ("between two labels", variable, box(lon[3] + (lon[4] - lon[3]) * 0.25, lat[3], lon[3] + (lon[4] - lon[3]) * 0.75, lat[6])),
        ("outside", variable, box(lon[0] - 9, lat[0] - 9, lon[0] - 5, lat[0] - 5)),
        ("half outside", variable, box(lon[0] - 9, lat[0] - 9, lon[4], lat[4])),
        ("one column", variable, box(lon[5], -90, lon[5], 90)),
    ]


def write(family, name, dataset, variable, *, zarr_format, encoding, consolidated=True, boxes=None, about=None):
    path = fresh_store(family, name, ".zarr")
    dataset.to_zarr(path, mode="w", zarr_format=zarr_format, consolidated=consolidated, encoding=encoding)
    save_grid(family, name, path, zarr_format=zarr_format, consolidated=consolidated, axes=("lon", "lat"),
              boxes=boxes or boxes_of(dataset, variable), about=about)


def write_topobathy():
    dataset = topobathy()
    blosc = numcodecs.Blosc(cname="lz4", clevel=5, shuffle=1)

    def store(name, version, encoding, **options):
        write("zarr", f"topobathy-{name}", dataset, "topo", zarr_format=version, encoding={"topo": encoding}, **options)

    store("v2", 2, {"chunks": (40, 50)}, consolidated=False)
    store("v2-consolidated-blosc", 2, {"chunks": (40, 50), "compressors": (blosc,)})
    store("v3", 3, {"chunks": (40, 50)}, consolidated=False)
    store("v3-consolidated", 3, {"chunks": (40, 50), "compressors": (BloscCodec(cname="zstd", shuffle="shuffle", typesize=4),)})
    store("v3-sharded", 3, {"chunks": (20, 25), "shards": (60, 75), "compressors": (ZstdCodec(level=5),)})


def write_made():
    dataset = made()
    boxes = [
        ("everything", "air", {"bbox": [-180, -90, 180, 90]}),
        ("no bbox", "air", {}),
        ("box and times", "air", {"bbox": [-10, 20, 15, 50], "ranges": {"time": [30, 100]}}),
        ("edges on labels", "air", {"bbox": [-30, 25, 0, 52], "ranges": {"time": [31, 90]}}),
        ("one time, one cell", "air", {"bbox": [33.5, 72.5, 33.5, 72.5], "ranges": {"time": [365, 365]}}),
        ("between two labels", "air", {"bbox": [-29.5, 26, -27.5, 28], "ranges": {"time": [0, 400]}}),
        ("times before the first", "air", {"bbox": [-30, 0, 33.5, 40], "ranges": {"time": [-10, -1]}}),
        ("only times", "air", {"ranges": {"time": [59, 181]}}),
        ("named dimensions instead of a bbox", "air", {"ranges": {"lat": [-10, 30], "lon": [-3, 0], "time": [365, 366]}}),
        ("dates", "air", {"bbox": [-30, 0, 0, 40], "ranges": {"time": ["2020-02-01", "2020-06-30"]}}),
        ("southernmost row", "quality", {"bbox": [-30, -7.25, 33.5, -7.25]}),
        ("quality box", "quality", {"bbox": [-5, 10, 5, 40]}),
    ]
    chunks = {"air": {"chunks": (3, 4, 6)}, "quality": {"chunks": (5, 17)}}
    write("zarr", "made-time-lat-lon-v2", dataset, "air", zarr_format=2, encoding=chunks, boxes=boxes)
    sharded = {"air": {"chunks": (2, 4, 6), "shards": (4, 8, 12)}, "quality": {"chunks": (5, 17)}}
    write("zarr", "made-time-lat-lon-v3", dataset, "air", zarr_format=3, encoding=sharded, consolidated=False, boxes=boxes)


def write_demo():
    write("demo", "jacksboro-v3", jacksboro(), "height", zarr_format=3, encoding={
        "height": {"chunks": (43, 50), "shards": (172, 200), "compressors": (ZstdCodec(level=9),)}},
        about="Elevation at the Jacksboro fault, Tennessee (SRTM); sharded, zstd")
    write("demo", "topobathy-v2", topobathy(), "topo", zarr_format=2, encoding={
        "topo": {"chunks": (23, 30), "compressors": (numcodecs.Blosc(cname="lz4", clevel=9, shuffle=1),)}},
        about="Topography and bathymetry, south-west British Columbia; blosc")


if __name__ == "__main__":
    write_topobathy()
    write_made()
    write_demo()
