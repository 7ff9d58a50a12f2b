"""The same small arrays by TileDB-Py of many years, one for each format that a release wrote.

Each release gets an environment of its own in `.cache/`, made with the newest Python it has wheels for; pyenv's are found.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np


from support.answers import Answers, versions
from support.tiledb_answers import canonical, encode_column, format_version, fresh_array
from support.tiledb_old_writer import plane, points

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "tiledb-releases"
RELEASES = {
    "0.4.4": ("3.7", "numpy<1.20"), "0.5.9": ("3.8", "numpy<1.20"),
    "0.6.6": ("3.8", "numpy<1.24"), "0.7.7": ("3.8", "numpy<1.24"), "0.8.0": ("3.8", "numpy<1.24"), "0.8.11": ("3.8", "numpy<1.24"),
    "0.9.5": ("3.8", "numpy<1.24"), "0.12.4": ("3.8", "numpy<1.24"), "0.13.3": ("3.8", "numpy<1.24"), "0.14.3": ("3.8", "numpy<1.24"),
    "0.15.6": ("3.8", "numpy<1.24"), "0.16.5": ("3.8", "numpy<1.24"), "0.17.6": ("3.8", "numpy<1.24"), "0.18.3": ("3.8", "numpy<1.24"),
    "0.20.0": ("3.8", "numpy<1.24"), "0.21.6": ("3.8", "numpy<1.24"), "0.22.3": ("3.8", "numpy<1.24"), "0.23.4": ("3.8", "numpy<1.24"),
    "0.30.2": ("3.11", "numpy<2"), "0.36.1": ("3.12", "numpy==2.5.5"),
}


def interpreter(version):
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(root.glob(f"{version}.*/bin/python"))
    return str(found[-1]) if found else f"python{version}"


def python_of(release):
    version, numpy = RELEASES[release]
    python = CACHE / release / "bin" / "python"
    if not python.exists():
        subprocess.run([interpreter(version), "-m", "venv", str(CACHE / release)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", f"tiledb=={release}", numpy, "packaging"], check=True)
    return str(python)


def main():
    writer = Path(__file__).parent / "support" / "tiledb_old_writer.py"
    for release in RELEASES:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python_of(release), str(writer), folder], check=True)
            number = format_version(Path(folder) / "sparse.tdb")
            for kind in ("sparse", "dense"):
                path = fresh_array(f"format-{number:02}-{kind}")
                (Path(folder) / f"{kind}.tdb").rename(path)
        save_points(number, release)
        save_plane(number, release)


def answers_of(number, release, kind, source):
    name = f"format-{number:02}-{kind}"
    return Answers("tiledb", name, fresh_place(name), format="tiledb", formatVersion=str(number), kind=source,
                   generator={"tiledb": release, "numpy": versions("numpy")["numpy"]}, queries=[])


def fresh_place(name):
    return Path(f"{name}.tdb")


def save_points(number, release):
    answers = answers_of(number, release, "sparse", "points")
    answers.document["sortedBy"] = ["count"]
    parts = [points(step, shortest=1 if number == 3 else 0) for step in range(2)]
    columns = {"x": np.concatenate([p[0] for p in parts]), "y": np.concatenate([p[1] for p in parts])}
    for name in ("count", "weight", "code"):
        columns[name] = np.concatenate([p[2][name] for p in parts])
    if number < 5:  # a cell is there once: the second write wins
        last = {cell: row for row, cell in enumerate(zip(columns["x"], columns["y"]))}
        columns = {n: c[sorted(last.values())] for n, c in columns.items()}
    if number in (4, 5):  # those releases store an empty cell as a zero byte, and take it away again when they read
        columns["code"] = np.array([code or b"\0" for code in columns["code"]], "O")
    for label, query in [("everything", {}), ("a box", {"bbox": [-20, -20, 25, 30]}), ("a range", {"ranges": {"count": [10, 110]}})]:
        keep = np.ones(len(columns["x"]), bool)
        if "bbox" in query:
            low_x, low_y, high_x, high_y = query["bbox"]
            keep = (columns["x"] >= low_x) & (columns["x"] <= high_x) & (columns["y"] >= low_y) & (columns["y"] <= high_y)
        if "ranges" in query:
            keep = (columns["count"] >= 10) & (columns["count"] <= 110)
        rows = canonical({n: c[keep] for n, c in columns.items()}, ["x", "y"], ["count"])
        stacked = np.stack([rows["x"], rows["y"]], axis=1)
        answers.document["queries"].append({
            "name": label, "query": query, "rows": len(stacked), "positions": answers.values(stacked),
            "fields": {n: encode_column(answers, rows[n]) for n in ("count", "weight", "code")},
        })
    answers.save()


def save_plane(number, release):
    answers = answers_of(number, release, "dense", "grid")
    whole = np.full((19, 14), np.iinfo("int32").min, "int32")
    for step, (y, x) in enumerate([(1, 2), (6, 5)]):
        whole[y:y + 8, x:x + 7] = plane(step)
    answers.document["queries"] = [
        {"name": "everything", "query": {}, "arrays": {"value": answers.values(whole)}},
        {"name": "a box", "query": {"ranges": {"y": [3, 11], "x": [2, 9]}}, "arrays": {"value": answers.values(whole[3:12, 2:10])}},
    ]
    answers.save()


main()
