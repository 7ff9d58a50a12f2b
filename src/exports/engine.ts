/**
 * `cloudcrop/engine`: executing plans with a pool of one's own.
 *
 * @module
 */
export type { BlockPart, ColumnRead, ReadPart, RowsPart } from "../core/plan.js";
export type { Plan } from "../core/source.js";
export { type DecodedPart, type ExecuteContext, execute } from "../engine/execute.js";
export type { GridAssembly } from "../worker/assembly.js";
export { createPool, type DecodePool, type PoolOptions } from "../worker/pool.js";
export type { BlockResult, DecodeResult, PlacedResult, RowsResult } from "../worker/protocol.js";
