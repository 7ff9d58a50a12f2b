/**
 * `cloudcrop/codec`: decoding chunks without the rest.
 *
 * @module
 */
export { loadCodecs } from "../codec/on-demand.js";
export { type DecodeOptions, decodeChunk } from "../codec/pipeline.js";
export {
  builtInCodecs,
  type CodecDefinition,
  type CodecRegistry,
  createCodecRegistry,
} from "../codec/registry.js";
export type { ArrayMeta, DecodedArray } from "../codec/types.js";
export type { CodecSpec } from "../core/plan.js";
export { compileKernels } from "../kernel/compile.js";
export { type Kernels, loadKernels } from "../kernel/kernel.js";
