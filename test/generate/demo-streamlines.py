"""Streamlines of a human fornix, as DIPY ships them, in format 0.9: what the demo page draws as paths."""

from importlib.resources import files

import numpy as np
import zarr
from zarr_vectors.multiresolution.coarsen import build_pyramid
from zarr_vectors.types.polylines import read_polylines, write_polylines

from support.answers import fresh_store
from support.shape_answers import Lines, save_lines


def read_trk(path):
    """Lines of a TrackVis file, in millimetres of the voxel grid: a header of 1000 bytes, then per line a count and its points."""
    raw = path.read_bytes()
    scalars, properties = (int(np.frombuffer(raw, "<i2", 1, at)[0]) for at in (36, 238))
    at, lines = 1000, []
    while at < len(raw):
        count = int(np.frombuffer(raw, "<i4", 1, at)[0])
        width = 3 + scalars
        rows = np.frombuffer(raw, "<f4", count * width, at + 4).reshape(count, width)
        lines.append(rows[:, :3].copy())
        at += 4 + 4 * (count * width + properties)
    return lines


def describe(lines):
    """Arc length along each line in millimetres, how far each vertex turns in degrees, and the length of each line."""
    along, turning, length = [], [], []
    for line in lines:
        steps = np.diff(line, axis=0)
        sizes = np.linalg.norm(steps, axis=1)
        arc = np.concatenate([[0], np.cumsum(sizes)])
        units = steps / np.maximum(sizes, 1e-9)[:, None]
        turns = np.degrees(np.arccos(np.clip((units[1:] * units[:-1]).sum(axis=1), -1, 1)))
        along.append(arc.astype("float32"))
        turning.append(np.concatenate([[0], turns, [0]]).astype("float32"))
        length.append(arc[-1])
    return {"along": along, "turning": turning}, {"length": np.array(length, "float32")}


if __name__ == "__main__":
    name = "fornix"
    lines = read_trk(files("dipy") / "data" / "files" / "tracks300.trk")
    vertex, fields = describe(lines)
    path = fresh_store("demo", name, ".zarrvectors")
    write_polylines(str(path), lines, chunk_shape=(8, 8, 8), bin_shape=(1, 1, 1), vertex_attributes=vertex, object_attributes=fields,
                    compressor="zstd", shard_shape=8)
    factors = [(2, 1), (4, 2)]
    build_pyramid(str(path), factors=factors, sparsity_seed=1, cross_level_storage="none")
    zarr.consolidate_metadata(str(path))

    def read(level, **call):
        got = read_polylines(str(path), level=level, **call)
        return {int(i): np.concatenate(parts) for i, parts in zip(got["object_ids"], got["polylines"])}

    levels = {0: Lines(np.arange(len(lines)), lines, vertex, fields)}
    for level in range(1, len(factors) + 1):
        got = read(level)
        levels[level] = Lines(sorted(got), [got[i] for i in sorted(got)])
    found = save_lines(name, path, levels, ("zarr-vectors", "zarr", "numpy", "dipy"), read, family="demo",
                       about="Streamlines of a human fornix")
    print(f"fornix: {len(lines)} lines, {sum(map(len, lines))} vertices, {len(found)} disagreements")
