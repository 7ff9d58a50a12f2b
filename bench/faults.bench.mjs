// @ts-check
/**
 * @module
 * Arrays from a server that fails: 503, bodies cut, ranges ignored, sizes untold, 403 for chunks that are not there. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";

const SIDE = 1024;
const CHUNK = 128;

await main({
  suite: "faults",
  places: ["chromium"],
  async prepare({ sources }) {
    const { makeRaster, putChunks, putShards, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(SIDE);
    await putChunks(raster, CHUNK, "chunks", bucket.put);
    await putShards(raster, SIDE / 2, CHUNK / 2, "shards", bucket.put);
    // The first row of chunks is there, in "sparse"; the rest is fill value.
    const put = (/** @type {string} */ key, /** @type {Uint8Array | string} */ bytes) => {
      if (!key.includes("/c/") || key.includes("/c/0/")) bucket.put(key, bytes);
    };
    await putChunks(raster, CHUNK, "sparse", put);
    const sparse = { side: SIDE, values: raster.values.slice().fill(0, CHUNK * SIDE) };
    return {
      setup: {
        base: bucket.base,
        whole: windowOf(raster, 0, 0, SIDE),
        // Over the corner where four shards meet.
        window: windowOf(raster, 400, 400, 300),
        sparse: windowOf(sparse, 0, 0, SIDE),
      },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
