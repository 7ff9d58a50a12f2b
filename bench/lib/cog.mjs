// @ts-check
/**
 * @module
 * Rasters as Cloud Optimized GeoTIFFs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/run.mjs";
import { runPython } from "./python.mjs";

/**
 * The raster as a COG, written by GDAL once and kept.
 *
 * @param {{ side: number, values: Float32Array }} raster
 * @param {number} tile
 */
export function cogOf({ side, values }, tile) {
  const folder = join(ROOT, ".cache", "bench", "cog");
  const file = join(folder, `hills-${side}-${tile}.tif`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const raw = join(folder, "raster.raw");
    writeFileSync(raw, new Uint8Array(values.buffer));
    runPython("cog.py", ["rasterio==1.4.3"], [raw, String(side), String(tile), file]);
  }
  return new Uint8Array(readFileSync(file));
}
