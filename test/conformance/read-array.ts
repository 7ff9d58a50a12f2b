/**
 * @module
 * Reads a whole array through the library's front door, on this thread.
 */
import { open } from "../../src/open.js";
import type { ReadableStore } from "../../src/store/types.js";
import { createPool } from "../../src/worker/pool.js";
import { compareValues, type Values } from "./compare.js";
import type { Comparison } from "./verdict.js";

export interface Expected {
  /** The library's name of the type; absent where it has none yet. */
  readonly dtype?: string;
  readonly values: Values;
}

const pool = createPool({ workers: 0 });

/** Opens an array by its folder or store, reads all of it and compares. */
export async function readAndCompare(
  location: string | ReadableStore,
  shape: readonly number[],
  expected: Expected | undefined,
): Promise<Comparison> {
  const dataset = await open(location, { format: "zarr", pool });
  try {
    const [name] = dataset.sources.keys();
    const table = await dataset.grid(name).read();
    if (expected === undefined) return "unchecked";
    if (table.shape.join() !== shape.join()) {
      return { difference: `shape [${table.shape.join(", ")}] instead of [${shape.join(", ")}]` };
    }
    if (expected.dtype !== undefined && table.dtype !== expected.dtype) {
      return { difference: `read as ${table.dtype} instead of ${expected.dtype}` };
    }
    return compareValues(table.data, expected.values);
  } finally {
    dataset.close();
  }
}
