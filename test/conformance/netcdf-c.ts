/**
 * @module
 * Cases of netcdf-c's NCZarr tests: stores in zip archives and one in a folder. What they hold is told by CDL files that nothing here
 * reads, so that a case is unchecked when it can be read.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../src/open.js";
import { storeCases } from "./stores.js";
import type { Case, Comparison } from "./verdict.js";

/** All cases of a checkout. */
export function netcdfCases(folder: string): Case[] {
  const data = join(folder, "nczarr_test");
  const archives = readdirSync(data)
    // One says "no shape" to Zarr, against its rules, and the real one in an attribute of its own.
    .filter((name) => name.endsWith(".zip") && !name.startsWith("ref_noshape"))
    .map((name): Case => {
      const run = (): Promise<Comparison> => readAll(join(data, name));
      return { corpus: "netcdf-c", codec: "archive", type: "archive", name, run };
    });
  return [...archives, ...storeCases("netcdf-c", join(data, "ref_data.zarr"), () => undefined)];
}

async function readAll(archive: string): Promise<Comparison> {
  const dataset = await open(new Blob([readFileSync(archive)]), { format: "zarr", pool: 0 });
  try {
    for (const name of dataset.sources.keys()) await dataset.grid(name).read();
    return "unchecked";
  } finally {
    dataset.close();
  }
}
