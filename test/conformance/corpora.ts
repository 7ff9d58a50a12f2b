/**
 * @module
 * The corpora that are known, by the name of the folder a checkout of each is looked for in.
 */
import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { neuroglancerCases, zarritaCases } from "./fixture-script.js";
import { netcdfCases } from "./netcdf-c.js";
import { numcodecsCases } from "./numcodecs.js";
import { snapshotCases } from "./snapshots.js";
import type { Case } from "./verdict.js";
import { zarrJavaCases } from "./zarr-java.js";
import { zarrJsCases } from "./zarr-js.js";
import { zarrsCases } from "./zarrs.js";

interface Corpus {
  /** Also the name of its folder. */
  readonly name: string;
  readonly repository: string;
  readonly cases: (folder: string) => Case[] | Promise<Case[]>;
}

export const corpora: readonly Corpus[] = [
  { name: "numcodecs", repository: "github.com/zarr-developers/numcodecs", cases: numcodecsCases },
  { name: "zarrs_snapshot_data", repository: "github.com/zarrs/zarrs_snapshot_data", cases: snapshotCases },
  { name: "zarrs", repository: "github.com/zarrs/zarrs", cases: zarrsCases },
  { name: "zarrita.js", repository: "github.com/manzt/zarrita.js", cases: zarritaCases },
  { name: "neuroglancer", repository: "github.com/google/neuroglancer", cases: neuroglancerCases },
  { name: "zarr-java", repository: "github.com/zarr-developers/zarr-java", cases: zarrJavaCases },
  { name: "zarr.js", repository: "github.com/gzuidhof/zarr.js", cases: zarrJsCases },
  { name: "netcdf-c", repository: "github.com/Unidata/netcdf-c", cases: netcdfCases },
];

/** A corpus's checkout below the folder of all; undefined when it is not there. */
export function findCheckout(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

/** The commit checked out in a folder; a folder inside another checkout has none. */
export function commitOf(folder: string): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
    const top = git("rev-parse", "--show-toplevel");
    return realpathSync(top) === realpathSync(folder) ? git("rev-parse", "HEAD") : "of no known commit";
  } catch {
    return "of no known commit";
  }
}
