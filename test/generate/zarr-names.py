"""Hierarchies whose nodes have names that addresses have to escape: one zip archive a version, consolidated, with what each array holds.

`<name>.expected.json` lists the values of every array by its path.
"""

import json
import zipfile

import numpy as np
import zarr

from support.answers import FIXTURES, versions

NAMES = [
    "a b", " c ", "100%", "50%25", "d%2Fe", "f#g", "h?i=j", "k+l", "m&n", "o=p", "q'r", 's"t', "u;v", "w:x@y", "(z)", "[1]", "{2}", "~3",
    "4,5", "!6", "$7", "*8", "<9>", "ünï", "雪", "🚀", "e\u0301", "a|b", "c^d`e",
]


def write(name, zarr_format):
    store = zarr.storage.MemoryStore()
    root = zarr.create_group(store, zarr_format=zarr_format)
    arrays = {}
    for group in ("", "in & out/50% +/"):
        for text in NAMES:
            values = np.arange(4, dtype="i2") + 100 * len(arrays)
            array = root.create_array(group + text, shape=(4,), chunks=(2,), dtype="i2", compressors=None)
            array[...] = values
            arrays[group + text] = np.asarray(array[...]).tolist()
    zarr.consolidate_metadata(store)
    target = FIXTURES / "zarr-names" / f"{name}.zip"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for key in sorted(store._store_dict):
            entry = zipfile.ZipInfo(key, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, store._store_dict[key].to_bytes())
    document = {"name": name, "generator": versions("zarr", "numcodecs", "numpy"), "arrays": arrays}
    target.with_suffix(".expected.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    print(f"{name}: {len(arrays)} arrays, {target.stat().st_size} bytes")


if __name__ == "__main__":
    write("names-v2", 2)
    write("names-v3", 3)
