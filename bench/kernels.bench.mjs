// @ts-check
/**
 * @module
 * Small kernels against their TypeScript twins: shuffles, box filter, checksums; and how soon the module decodes.
 */
import { main } from "./lib/bench.mjs";

await main({ suite: "kernels", places: ["node", "chromium"], usesNative: true });
