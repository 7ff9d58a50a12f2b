/**
 * @module
 * Cases of the stores in zarr-java: shard indexes at either end, storage transformers, Zarr v2, images of OME-Zarr.
 */
import { join } from "node:path";
import type { Values } from "./compare.js";
import { type StoredArray, storeCases } from "./stores.js";
import type { Case } from "./verdict.js";

/** All cases of a checkout. */
export function zarrJavaCases(folder: string): Case[] {
  return storeCases("zarr-java", join(folder, "testdata"), valuesOf);
}

function valuesOf({ path, items }: StoredArray): Values | undefined {
  if (path.startsWith("sharding_index_location")) return Array.from({ length: items }, (_, index) => index);
  if (path === "storage_transformer/empty") return [0];
  // Who reads this has passed over a transformer it does not know: no values are right.
  if (path === "storage_transformer/exists") return [];
  if (path.startsWith("v2_sample"))
    return path.endsWith("bool") ? corner.map((value) => value !== 0) : corner;
  return undefined;
}

/** 16 × 16 × 16 cells, of which the first 2 × 4 × 8 hold their position. */
const corner = Array.from({ length: 4096 }, (_, index) =>
  index < 512 && index % 256 < 64 && index % 16 < 8 ? index : 0,
);
