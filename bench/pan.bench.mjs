// @ts-check
/**
 * @module
 * Ten windows of a raster one after another, nine of them given up after 40 ms: time to the tenth, and what the nine cost, against zarrita and geotiff.js. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { cogOf } from "./lib/cog.mjs";
import { installPeers } from "./lib/peers.mjs";

const SIDE = 4096;
const TILE = 128;
const EDGE = 600;
const STEP = 300;

await main({
  suite: "pan",
  places: ["chromium"],
  async prepare({ sources }) {
    const peers = installPeers();
    const { makeRaster, putChunks, putShards, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(SIDE);
    await putShards(raster, 2048, TILE, "shards", bucket.put);
    await putChunks(raster, TILE, "chunks", bucket.put);
    bucket.put("raster.tif", cogOf(raster, TILE));
    const windows = Array.from({ length: 10 }, (_, i) => windowOf(raster, 100 + i * 40, 50 + i * STEP, EDGE));
    return {
      setup: { base: bucket.base, windows, peers },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
