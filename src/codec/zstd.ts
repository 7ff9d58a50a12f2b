/**
 * zstd: RFC 8878 frames, as numcodecs' `zstd` and the Zarr extension codec of the same name write them.
 *
 * @module
 */
import { defineCompressor } from "./compressed.js";
import type { CodecDefinition } from "./define.js";

export const zstd: CodecDefinition = defineCompressor("zstd", "zstd");
