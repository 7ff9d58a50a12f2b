// @ts-check
/**
 * @module
 * Code that a page loads to its first typed array, gzipped, and the time from a cold browser, against zarrita, fizarrita and geotiff.js. In browsers that Node starts.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { cogOf } from "./lib/cog.mjs";
import { buildColdPages } from "./lib/cold-pages.mjs";
import { installPeers } from "./lib/peers.mjs";

const READERS = ["cloudcrop", "zarrita", "fizarrita", "geotiff"];
const SIDE = 1024;
const CHUNK = 128;
const EDGE = 256;
const V2 = {
  zarr_format: 2,
  shape: [SIDE, SIDE],
  chunks: [CHUNK, CHUNK],
  dtype: "<f4",
  compressor: { id: "zstd", level: 3 },
  fill_value: 0,
  order: "C",
  filters: null,
  dimension_separator: "/",
};

await main({
  suite: "size",
  places: ["node"],
  async prepare({ sources }) {
    const peers = installPeers();
    const { makeRaster, putChunks, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(SIDE);
    await putChunks(
      raster,
      CHUNK,
      "raster.zarr",
      (/** @type {string} */ key, /** @type {Uint8Array} */ bytes) => {
        bucket.put(key, bytes);
        // For fizarrita: see its page.
        bucket.put(key.replace("raster.zarr/c/", "v2/"), bytes);
      },
    );
    bucket.put("v2/.zarray", JSON.stringify(V2));
    bucket.put("raster.tif", cogOf(raster, CHUNK));
    const visit = await buildColdPages(READERS);
    const window = windowOf(raster, 0, 0, EDGE);
    const query = new URLSearchParams({ base: bucket.base, y: "0", x: "0", edge: String(EDGE) });
    return {
      setup: { readers: READERS, sha256: window.sha256, peers },
      async ask(command) {
        const { reader, latencyMs } = JSON.parse(command);
        await bucket.ask(JSON.stringify({ do: "begin", latencyMs }));
        return JSON.stringify(await visit(reader, query, latencyMs));
      },
      stop: () => bucket.server.close(),
    };
  },
});
