"""A group of arrays and of a further group: named and not, one member taken out again, one beside the group, metadata of its own."""

import numpy as np
import tiledb

from support.answers import Answers, versions
from support.tiledb_answers import canonical, fresh_array

START = 1_700_000_000_000


def write_points(path):
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(-100.0, 100.0), tile=50.0, dtype="float64") for n in "xy"))
    attrs = [tiledb.Attr("height", dtype="float32")]
    tiledb.Array.create(path, tiledb.ArraySchema(domain=domain, attrs=attrs, sparse=True, allows_duplicates=True, capacity=10))
    rng = np.random.default_rng(80)
    x, y = rng.uniform(-60, 60, (2, 40))
    with tiledb.open(path, "w", timestamp=START) as array:
        array[x, y] = {"height": rng.uniform(0, 30, 40).astype("float32")}


def write_plane(path, names, step):
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(0, 6), tile=4, dtype="int32") for n in "yx"))
    tiledb.Array.create(path, tiledb.ArraySchema(domain=domain, attrs=[tiledb.Attr(n, dtype="int16") for n in names]))
    with tiledb.open(path, "w", timestamp=START) as array:
        array[:] = {n: (np.arange(49).reshape(7, 7) + 100 * (step + i)).astype("int16") for i, n in enumerate(names)}


def main():
    path = fresh_array("group")
    inner = path / "products"
    for group in (path, inner):
        tiledb.Group.create(str(group))
    write_points(str(path / "points"))
    write_plane(str(inner / "canopy"), ["height"], 1)
    write_plane(str(inner / "ground"), ["height", "slope"], 2)
    write_plane(str(path / "old"), ["height"], 5)
    tiledb.Group.create(str(path / "empty"))
    with tiledb.Group(str(inner), "w") as group:
        group.add("canopy", name="canopy", relative=True)
        group.add("ground", name="ground model", relative=True)
    with tiledb.Group(str(path), "w") as group:
        group.add("points", relative=True)
        group.add("old", name="old", relative=True)
        group.add("products", name="products", relative=True)
        group.add("empty", name="empty", relative=True)
        # A neighbour: another fixture, which the group's own folder does not hold.
        group.add("../hilbert.tdb", name="neighbour", relative=True)
        group.meta["crs"] = "EPSG:25830"
        group.meta["owner"] = "nobody"
    with tiledb.Group(str(path), "w") as group:
        group.remove("old")
    answers = Answers("tiledb", "group", path, format="tiledb", formatVersion="group 2", kind="group",
                      generator=versions("tiledb", "numpy"), about=__doc__, sources={}, metadata={})
    collect(path, "", answers)
    answers.save()


def collect(path, prefix, answers):
    """What the library finds in a group, group by group, below its folder."""
    with tiledb.Group(str(path)) as group:
        if prefix == "":
            answers.document["metadata"] = dict(group.meta.items())
        for member in list(group):
            name = prefix + (member.name or member.uri.rsplit("/", 1)[1])
            if "/../" in member.uri:
                answers.document.setdefault("elsewhere", []).append(name)
            elif member.type is tiledb.Group:
                collect(path / member.uri.rsplit("/", 1)[1], f"{name}/", answers)
            else:
                collect_array(member.uri, name, answers)


def collect_array(uri, name, answers):
    with tiledb.open(uri) as array:
        if array.schema.sparse:
            columns = canonical(dict(array[:]), ["x", "y"], [])
            positions = np.stack([columns["x"], columns["y"]], axis=1)
            answers.document["sources"][name] = {
                "kind": "points", "positions": answers.values(positions), "height": answers.values(columns["height"]),
            }
            return
        attrs = [array.schema.attr(i).name for i in range(array.schema.nattr)]
        data = array[:]
        for attr in attrs:
            full = name if len(attrs) == 1 else f"{name}/{attr}"
            values = data[attr] if isinstance(data, dict) else data
            answers.document["sources"][full] = {"kind": "grid", "data": answers.values(values)}


main()
