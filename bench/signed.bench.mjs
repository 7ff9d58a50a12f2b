// @ts-check
/**
 * @module
 * 64 chunks of a bucket that answers signed requests only, signed in the query and in headers, against zarrita with aws4fetch. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";

await main({
  suite: "signed",
  places: ["chromium"],
  async prepare({ sources }) {
    const { makeRaster, putChunks, windowOf } = await sources.load("bench/lib/rasters.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(1024);
    await putChunks(raster, 128, "chunks", bucket.put);
    const { url, base, closedBase, server } = bucket;
    const { accessKeyId, secretAccessKey } = server.account;
    return {
      setup: {
        base,
        closedBase,
        s3: { endpoint: url, region: server.region, credentials: { accessKeyId, secretAccessKey } },
        window: windowOf(raster, 0, 0, 1024),
      },
      ask: bucket.ask,
      stop: () => server.close(),
    };
  },
});
