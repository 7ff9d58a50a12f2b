"""An array of three thousand fragments, as one packed file: raw, and with its commits and fragment metadata consolidated.

The files of both states lie in one archive: those in `__fragment_meta` and the commits that end in `.con` belong to the
consolidated state, the commits that end in `.wrt` to the raw one.
"""

import io
import json
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import tiledb

from support.answers import FIXTURES, versions

FRAGMENTS, COLUMNS, STEP = 3000, 60, 1000.0
BOXES = {
    "one fragment": [5_000.0, 7_000.0, 5_900.0, 7_900.0],
    "four fragments": [10_500.0, 20_500.0, 11_100.0, 21_100.0],
    "nothing": [900_000.0, 900_000.0, 900_100.0, 900_100.0],
    "a row of fragments": [0.0, 3_000.0, 60_000.0, 3_500.0],
}


def write(path):
    zstd = tiledb.FilterList([tiledb.ZstdFilter(9)])
    domain = tiledb.Domain(*(tiledb.Dim(n, domain=(0.0, 1_000_000.0), tile=STEP, dtype="float64", filters=zstd) for n in "XY"))
    attrs = [tiledb.Attr("Z", dtype="float32", filters=zstd)]
    tiledb.Array.create(path, tiledb.ArraySchema(domain=domain, attrs=attrs, sparse=True, allows_duplicates=True, capacity=100))
    for index in range(FRAGMENTS):
        x = index % COLUMNS * STEP + np.array([10.0, 250.5, 600.25])
        y = index // COLUMNS * STEP + np.array([20.0, 750.5, 100.125])
        with tiledb.open(path, "w", timestamp=1_700_000_000_000 + index) as array:
            array[x, y] = {"Z": np.arange(3, dtype="float32") + index}


def answer(path):
    found = {}
    with tiledb.open(path) as array:
        for name, (x0, y0, x1, y1) in BOXES.items():
            rows = array.multi_index[x0:x1, y0:y1]
            order = np.lexsort((rows["Y"], rows["X"]))
            found[name] = {"bbox": [x0, y0, x1, y1], "rows": [[float(rows[n][i]) for n in ("X", "Y", "Z")] for i in order]}
    return found


def main():
    folder = FIXTURES / "tiledb-many"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        path = str(Path(temporary) / "many.tdb")
        write(path)
        for mode in ("fragment_meta", "commits"):
            tiledb.consolidate(path, config=tiledb.Config({"sm.consolidation.mode": mode}))
        files = sorted(p for p in Path(path).rglob("*") if p.is_file())
        with tarfile.open(folder / "array.tar.gz", "w:gz", compresslevel=9, format=tarfile.USTAR_FORMAT) as archive:
            for file in files:
                data = file.read_bytes()
                entry = tarfile.TarInfo(str(file.relative_to(path)))
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        document = {"about": __doc__, "generator": versions("tiledb", "numpy"), "fragments": FRAGMENTS, "queries": answer(path)}
    (folder / "answers.json").write_text(json.dumps(document, indent=1) + "\n")


main()
