/**
 * Every codec there is, for tests that decode without waiting.
 *
 * @module
 */
import { type CodecRegistry, createCodecRegistry } from "../../src/codec/registry.js";
import { entries } from "../../src/codec/seldom.js";
import { defineSharding } from "../../src/codec/sharding.js";

export const allCodecs: CodecRegistry = createCodecRegistry([
  ...entries,
  ["sharding_indexed", defineSharding(() => allCodecs)],
]);
