/**
 * The row filter over columns.
 *
 * @module
 */
import type { KernelMemory } from "./memory.js";
import { type RowFilterCondition, selectRows } from "./twin/select-rows.js";

export type { RowFilterCondition } from "./twin/select-rows.js";

/** What the filter needs of the module. */
export interface FilterModule {
  readonly memory: KernelMemory;
  run(name: string, ...parameters: (number | bigint)[]): number;
}

/** Numbers of the rows that meet every condition. */
export function selectRowsWith(
  _module: FilterModule,
  conditions: readonly RowFilterCondition[],
  rows: number,
): Uint32Array {
  return selectRows(conditions, rows);
}
