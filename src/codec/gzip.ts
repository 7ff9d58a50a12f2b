/**
 * gzip: RFC 1952, one or more members; Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/gzip/index.html>.
 *
 * @module
 */
import { defineCompressor } from "./compressed.js";
import type { CodecDefinition } from "./define.js";

export const gzip: CodecDefinition = defineCompressor("gzip", "gzip");
