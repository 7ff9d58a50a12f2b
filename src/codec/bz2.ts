/**
 * bz2: bzip2 streams, as numcodecs' `bz2` writes them.
 *
 * @module
 */
import { defineCompressor } from "./compressed.js";
import type { CodecDefinition } from "./define.js";

export const bz2: CodecDefinition = defineCompressor("bz2", "bzip2");
