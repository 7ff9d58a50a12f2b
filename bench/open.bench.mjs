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
    const names = Array.from({ length: ARRAYS }, (_, index) => `a${index}`);
    const metadata = Object.fromEntries(names.map((name) => [name, arrayDocument(1024, 128)]));
    const consolidated_metadata = { kind: "inline", must_understand: false, metadata };
    bucket.put("consolidated/zarr.json", JSON.stringify({ ...group, consolidated_metadata }));
    bucket.put("bare/zarr.json", JSON.stringify(group));
    for (const name of names) bucket.put(`bare/${name}/zarr.json`, JSON.stringify(arrayDocument(1024, 128)));
    return {
      setup: { base: bucket.base, url: bucket.url, names },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
