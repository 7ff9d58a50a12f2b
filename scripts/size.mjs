// @ts-check
/**
 * @module
 * `npm run size`: what each export, the worker and the WASM module cost a page, in gzipped bytes, against their budgets.
 *
 * Vite bundles the built package as a consumer's would be. What counts for an export is what a page loads before the first call: its
 * entry chunk and everything that imports statically. Parts fetched on demand (formats, codecs, kernels) are listed, not counted.
 */
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { runMain } = await import("./lib/run.mjs");
const { measureSizes } = await import("./lib/sizes.mjs");

/** Budgets in bytes (docs/design/architecture.md §14); ratchet down, never up without a reason in the changelog. */
const BUDGETS = {
  ".": 11_850,
  "./zarr beyond .": 38_250,
  "./zarr-vectors beyond .": 39_300,
  "./tiledb beyond .": 32_600,
  "./atlas beyond .": 22_350,
  "./arrow": 22_500,
  "./numcodecs": 20_950,
  "./zarrita": 34_800,
  // What opening an s3: address adds, signed reads included (aws4fetch is 2.1 kB of it).
  "storage layer beyond .": 15_000,
  "worker without kernels": 21_600,
  "wasm module": 25_000,
};

runMain(async () => {
  const sizes = await measureSizes();
  /** @type {Record<string, number>} */
  const budgets = BUDGETS;
  const over = [];
  console.log(
    `${"gzipped bytes".padEnd(26)}${"loaded".padStart(9)}${"budget".padStart(9)}${"on demand".padStart(11)}`,
  );
  for (const { name, gzipBytes, lazyBytes } of sizes) {
    const budget = budgets[name];
    const isOver = budget !== undefined && gzipBytes > budget;
    if (isOver) over.push(name);
    const columns = [
      String(gzipBytes).padStart(9),
      String(budget ?? "").padStart(9),
      String(lazyBytes ?? "").padStart(11),
    ];
    console.log(`${name.padEnd(26)}${columns.join("")}${isOver ? "  over budget" : ""}`);
  }
  if (over.length > 0) {
    console.error(`Over budget: ${over.join(", ")}.`);
    process.exitCode = 1;
  }
});
