// @ts-check
/**
 * @module
 * 64 chunks from a server that fails: 503 for 5 %, bodies cut for 2 %, 403 for what is missing. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";

await main({
  suite: "faults",
  places: ["chromium"],
  async prepare({ sources }) {
    const { makeRaster, putChunks, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(1024);
    await putChunks(raster, 128, "chunks", bucket.put);
    return {
      setup: { base: bucket.base, window: windowOf(raster, 0, 0, 1024) },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
