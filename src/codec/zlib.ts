/**
 * zlib: RFC 1950, as numcodecs' `zlib` writes it.
 *
 * @module
 */
import { defineCompressor } from "./compressed.js";
import type { CodecDefinition } from "./define.js";

export const zlib: CodecDefinition = defineCompressor("zlib", "zlib");
