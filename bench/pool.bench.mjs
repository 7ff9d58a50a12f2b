// @ts-check
/**
 * @module
 * Decoding in two workers, and how results leave them: shared memory, recycled buffers, fresh ones. In the browser only.
 */
import { main } from "./lib/bench.mjs";

await main({ suite: "pool", places: ["chromium"] });
