/**
 * @module
 * Cases of zarr.js's fixtures: 8 × 8, or 8 × 8 × 8, cells of which three are written; the others are zero.
 */
import { join } from "node:path";
import { storeCases } from "./stores.js";
import type { Case } from "./verdict.js";

/** All cases of a checkout. */
export function zarrJsCases(folder: string): Case[] {
  return storeCases("zarr.js", join(folder, "fixtures"), ({ path, shape, items }) => {
    const values = new Array<number>(items).fill(0);
    if (path.startsWith("empty")) return values;
    values[0] = 1;
    values[1] = 2;
    // [7, 7], or [7, 0, 7].
    values[shape.length === 2 ? 63 : 7 * 64 + 7] = 3;
    return values;
  });
}
