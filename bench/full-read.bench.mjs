// @ts-check
/**
 * @module
 * Full reads of 64 and 256 MiB, every codec, in chunks of 256 KiB, 1 and 4 MiB, against zarrita, fizarrita and fetching alone. In the browser only.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CORPUS, main } from "./lib/bench.mjs";
import { startFileServer } from "./lib/file-server.mjs";
import { installPeers } from "./lib/peers.mjs";

const CHUNK_BYTES = [2 ** 18, 2 ** 20, 2 ** 22];

await main({
  suite: "full-read",
  places: ["chromium"],
  async prepare({ sources, options }) {
    const peers = installPeers();
    const { makePlainStores } = await sources.load("bench/lib/stores.ts");
    const server = await startFileServer(sources);
    console.log(`  served by ${server.name}`);
    const grid = new Uint8Array(readFileSync(join(CORPUS, "climate-f32.raw")));
    const stores = [];
    for (const layers of options.quick ? [16] : [64, 256])
      stores.push(...(await makePlainStores(grid, layers, CHUNK_BYTES, server.put)));
    return {
      setup: { base: server.base, stores, server: server.name, peers },
      ask: server.ask,
      stop: server.stop,
    };
  },
});
