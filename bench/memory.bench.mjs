// @ts-check
/**
 * @module
 * What 500 random windows of an array of 1 GiB leave in memory, against zarrita: MB per 100 windows after the first 100. In the browser only.
 */
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { residentBytes } from "./lib/resident.mjs";

const SIDE = 4096;
const LAYERS = 16;
const CHUNK = 512;
const EDGE = 1000;

await main({
  suite: "memory",
  places: ["chromium"],
  // Else it waits for a collection of garbage, up to 20 seconds.
  browserArgs: ["--enable-blink-features=ForceEagerMeasureMemory"],
  async prepare({ sources, options }) {
    const { makeRaster, putLayers } = await sources.load("bench/lib/rasters.ts");
    const { createRandom } = await sources.load("bench/lib/random.ts");
    const { fold } = await sources.load("bench/lib/fold.ts");
    const bucket = await startBucket(sources);
    const raster = makeRaster(SIDE);
    await putLayers(raster, LAYERS, CHUNK, "layers", bucket.put);
    const random = createRandom(11);
    const below = (/** @type {number} */ end) => Math.floor(random() * end);
    const windows = Array.from({ length: options.quick ? 60 : 500 }, () => {
      const [layer, y, x] = [below(LAYERS), below(SIDE - EDGE), below(SIDE - EDGE)];
      return { layer, y, x, fold: fold(raster.values, SIDE, { y, x, edge: EDGE }) };
    });
    return {
      setup: { base: bucket.base, windows, edge: EDGE },
      async ask(command) {
        if (JSON.parse(command).do !== "resident") return bucket.ask(command);
        return JSON.stringify(residentBytes(process.pid));
      },
      stop: () => bucket.server.close(),
    };
  },
});
