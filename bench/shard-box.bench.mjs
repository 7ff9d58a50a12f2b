// @ts-check
/**
 * @module
 * Windows of a sharded raster at 0, 30 and 100 ms of latency against zarrita, and geotiff.js on the same raster as a COG. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { cogOf } from "./lib/cog.mjs";
import { installPeers } from "./lib/peers.mjs";

const SIDE = 4096;
const LAYOUTS = [
  { shard: 2048, inner: 128 },
  { shard: 1024, inner: 64 },
];

await main({
  suite: "shard-box",
  places: ["chromium"],
  async prepare({ sources }) {
    const peers = installPeers();
    const { makeRaster, putShards, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(SIDE);
    for (const { shard, inner } of LAYOUTS)
      await putShards(raster, shard, inner, `${inner}in${shard}`, bucket.put);
    for (const { inner } of LAYOUTS) bucket.put(`${inner}.tif`, cogOf(raster, inner));
    // Inside one shard, and over the corner where four meet.
    const windows = Object.fromEntries(
      LAYOUTS.map(({ shard, inner }) => {
        const corner = (/** @type {number} */ edge) => shard * Math.ceil(edge / 2 / shard) - edge / 2;
        const all = [
          { shards: "one shard", window: windowOf(raster, 20, 20, 1000) },
          { shards: "four shards", window: windowOf(raster, shard - 500, shard - 500, 1000) },
          ...(shard > 2000 ? [{ shards: "one shard", window: windowOf(raster, 20, 20, 2000) }] : []),
          { shards: "four shards", window: windowOf(raster, corner(2000), corner(2000), 2000) },
        ];
        return [`${inner}in${shard}`, all];
      }),
    );
    return {
      setup: { base: bucket.base, layouts: LAYOUTS, windows, peers },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
