// @ts-check
/**
 * @module
 * A group of 300 arrays, consolidated and not, at 30 ms of latency, against zarrita. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";

const ARRAYS = 300;

await main({
  suite: "open",
  places: ["chromium"],
  async prepare({ sources }) {
    const { arrayDocument } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const group = { zarr_format: 3, node_type: "group", attributes: {} };
    // No two are alike.
    const sides = Array.from({ length: ARRAYS }, (_, index) => 1024 + 128 * index);
    const names = sides.map((side) => `a${side}`);
    const metadata = Object.fromEntries(sides.map((side) => [`a${side}`, arrayDocument(side, 128)]));
    const consolidated_metadata = { kind: "inline", must_understand: false, metadata };
    bucket.put("consolidated/zarr.json", JSON.stringify({ ...group, consolidated_metadata }));
    bucket.put("bare/zarr.json", JSON.stringify(group));
    for (const [name, document] of Object.entries(metadata))
      bucket.put(`bare/${name}/zarr.json`, JSON.stringify(document));
    const expected = sides.map((side) => `a${side} ${side},${side} float32`).sort();
    return {
      setup: { base: bucket.base, url: bucket.url, names, expected: expected.join("\n") },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
