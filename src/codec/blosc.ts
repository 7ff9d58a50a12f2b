/**
 * blosc: the blosc 1 container; Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/blosc/index.html>.
 *
 * @module
 */
import { defineCompressor } from "./compressed.js";
import type { CodecDefinition } from "./define.js";

export const blosc: CodecDefinition = defineCompressor("blosc", "blosc");
