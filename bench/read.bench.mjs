// @ts-check
/**
 * @module
 * Full reads of 256 MiB over HTTP against zarrita and against fetching alone, and what they do to the page's thread. In the browser only.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CORPUS, main } from "./lib/bench.mjs";
import { startFileServer } from "./lib/file-server.mjs";

await main({
  suite: "read",
  // What large results lie in depends on it.
  places: ["chromium", "chromium-plain"],
  async prepare({ sources, options }) {
    const { makeStores } = await sources.load("bench/lib/stores.ts");
    const server = await startFileServer(sources);
    console.log(`  served by ${server.name}`);
    const grid = new Uint8Array(readFileSync(join(CORPUS, "climate-f32.raw")));
    const stores = await makeStores(grid, options.quick ? 64 : 256, server.put);
    return { setup: { base: server.base, stores, server: server.name }, ask: server.ask, stop: server.stop };
  },
});
