/**
 * @module
 * Cases of the stores in `zarrs/zarrs`, under `zarrs/tests/data`. What they hold is told by the scripts and tests beside them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Values } from "./compare.js";
import { type StoredArray, storeCases } from "./stores.js";
import type { Case } from "./verdict.js";

/** All cases of a checkout. */
export function zarrsCases(folder: string): Case[] {
  const data = join(folder, "zarrs/tests/data");
  const cities = readFileSync(join(data, "cities.csv"), "utf8").trimEnd().split(/\r?\n/);
  return storeCases("zarrs", data, (array) =>
    array.path.includes("cities") ? cities.map(unquote) : valuesOf(array),
  );
}

function unquote(line: string): string {
  return line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line;
}

const known: Readonly<Record<string, Values>> = {
  "zarr_python_compat/bool_v2_fv_null.zarr": [true, false, false, false, false],
  "zarr_python_compat/int_v2_fv_null.zarr": [42, 123, 0, 0, 0],
  "zarr_python_compat/float_v2_fv_null.zarr": [3.14, 2.71, 0, 0, 0],
  "zarr_python_compat/str_v2_fv_0.zarr": ["a", "bb", "", "", ""],
  "zarr_python_compat/str_v2_fv_null.zarr": ["a", "bb", "", "", ""],
  "issue_287.zarr/meta/collection": ["collection_a", "collection_b", "collection_c"],
  "array_write_read.zarr/group/array": writtenPieceByPiece(),
};

function valuesOf({ path, items }: StoredArray): Values | undefined {
  if (known[path] !== undefined) return known[path];
  if (path.includes("fixed_length_utf32")) return ["abc", "🎉", "hi", "te", ""];
  // No chunk is stored, so everything is the fill value.
  if (path.startsWith("hierarchy.zarr")) return new Float64Array(items).fill(Number.NaN);
  // zfp keeps what is within its tolerance, which nobody wrote down as numbers.
  if (path.includes("zfpy")) return undefined;
  const isCounted =
    /^(v2|v3|v3_zarr_python)\/array_(?!optional)/.test(path) ||
    /^zarr_python_compat\/(adler32|fletcher32)/.test(path) ||
    path.startsWith("sharded_array_write_read");
  return isCounted ? Array.from({ length: items }, (_, index) => index) : undefined;
}

/** 8 × 8 cells in chunks of 4 × 4, after each write of the example `array_write_read` in turn. */
function writtenPieceByPiece(): number[] {
  return Array.from({ length: 64 }, (_, index) => {
    const [y, x] = [index >> 3, index % 8] as const;
    if (y < 4 && x < 4) return Number.NaN; // the chunk erased at the end
    if (y === 7 && x >= 4) return -(70 + x) / 10;
    if (x === 6) return -(10 * y + 6) / 10;
    if (y >= 3 && y < 6 && x >= 3 && x < 6) return -(10 * y + x) / 10;
    if (y < 4) return 0.1;
    return x < 4 ? 1 : 1.1;
  });
}
