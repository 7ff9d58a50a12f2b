"""Reads the tables that arrow.mjs wrote, by pyarrow and geoarrow, and compares them with what went in."""

import sys
from pathlib import Path

import geoarrow.pyarrow as ga
import pyarrow as pa

FOLDER = Path(sys.argv[1])


def read(name):
    with pa.memory_map(str(FOLDER / f"{name}.arrow")) as source:
        table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)
    return table


def same(table, name, expected):
    found = table[name].to_pylist()
    assert found == expected, f"{name}: {found} instead of {expected}"


points = read("points")
geometry = points["geometry"]
assert isinstance(geometry.type, ga.GeometryExtensionType), geometry.type
assert geometry.type.geometry_type.name == "POINT" and geometry.type.dimensions.name == "XYZ", geometry.type
assert "EPSG:25830" in repr(geometry.type.crs), geometry.type.crs
assert ga.format_wkt(geometry).to_pylist()[2] == "POINT Z (-7.5 8.5 9.5)", ga.format_wkt(geometry)
same(points, "height", [1.0, None, 3.0])
same(points, "id", [2**62, -1, 0])
same(points, "kind", ["tree", None, "rock"])
same(points, "name", ["ü", "", "日本"])
same(points, "blob", [b"\x00\xff", b"", b"\x01"])
same(points, "ok", [True, False, True])
same(points, "rgb", [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
assert points.schema.field("height").metadata == {b"unit": b"m"}

lines = read("lines")
assert lines["geometry"].type.geometry_type.name == "LINESTRING", lines["geometry"].type
assert ga.format_wkt(lines["geometry"]).to_pylist() == [
    "LINESTRING (0 1, 2 3)", "LINESTRING EMPTY", "LINESTRING (4 5, 6 7, 8 9)"]
same(lines, "id", [7, 8, 9])
same(lines, "length", [1.5, None, 2.5])
same(lines, "speed", [[10, 20], [], [30, None, 50]])
same(lines, "length_", [[1, 2], [], [3, 4, 5]])

grid = read("grid")
same(grid, "lat", [50, 50, 50, 40, 40, 40])
same(grid, "lon", [1, 2, 3, 1, 2, 3])
same(grid, "air", [0, 1, 2, 3, 4, 5])
print(f"pyarrow {pa.__version__} and geoarrow read {', '.join(str(table.shape) for table in (points, lines, grid))}")
