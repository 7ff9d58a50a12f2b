// @ts-check
/**
 * @module
 * Full reads of 64 MiB over HTTP against zarrita and against fetching alone, and what they do to the page's thread. In the browser only.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CORPUS, main } from "./lib/bench.mjs";

await main({
  suite: "read",
  // What large results lie in depends on it.
  places: ["chromium", "chromium-plain"],
  async prepare({ sources }) {
    const { createS3Server, RECOMMENDED_CORS } = await sources.load("test/support/s3-server/server.ts");
    const { makeStores } = await sources.load("bench/lib/stores.ts");
    const server = await createS3Server();
    server.createBucket("bench", { publicRead: true, cors: RECOMMENDED_CORS });
    const grid = new Uint8Array(readFileSync(join(CORPUS, "climate-f32.raw")));
    const stores = await makeStores(
      grid,
      (/** @type {string} */ key, /** @type {Uint8Array | string} */ bytes) =>
        server.put("bench", key, bytes),
    );
    return { setup: { base: `${server.url}/bench`, stores }, stop: () => server.close() };
  },
});
