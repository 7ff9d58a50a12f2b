// @ts-check
/**
 * @module
 * Decoders against their peers and against native libraries. Goals: docs/design/wasm.md §5.
 */
import { main } from "./lib/bench.mjs";

await main({ suite: "codecs", places: ["node", "chromium"], usesNative: true });
