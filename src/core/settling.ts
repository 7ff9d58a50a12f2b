/**
 * What rows of several parts have to go through side by side before a user sees them: of cells that were written more than once
 * the latest counts, and none that was deleted. Plain data, so that any thread can do it.
 *
 * @module
 */
import type { NumberInterval } from "./bbox.js";

/** What a cell is compared with; text and bytes as one character for each byte. */
export type CellConstant = number | bigint | string;

/** A question to one row. Comparisons with a null are false. */
export type CellTest =
  | { readonly kind: "constant"; readonly holds: boolean }
  | { readonly kind: "all" | "any"; readonly tests: readonly CellTest[] }
  | { readonly kind: "not"; readonly test: CellTest }
  | {
      readonly kind: "compare";
      readonly field: string;
      readonly operator: Comparison;
      readonly value: CellConstant;
      /** Of text only so many characters count. */
      readonly prefix?: number;
    }
  | {
      readonly kind: "among";
      readonly field: string;
      readonly values: readonly CellConstant[];
      readonly isNegated: boolean;
    }
  | { readonly kind: "null"; readonly field: string; readonly isNull: boolean };

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** A condition that was laid on all cells written by a time. */
export interface Deletion {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly keeps: CellTest;
}

/** When the cells of one fragment were written, and which deletions they have been through. */
export interface WrittenTimes {
  readonly start: number;
  readonly end: number;
  /** Whether each cell tells when it was written; else all are of `start`. */
  readonly hasTimestamps: boolean;
  /** Numbers of the deletions that are done already. */
  readonly processed: readonly number[];
}

/** How rows are settled. */
export interface Settling {
  /** The first fields of the target are the result's; the others serve to settle rows. */
  readonly shown: number;
  /** Names of the fields that make up positions, in order. */
  readonly positions: readonly string[];
  /** Fields whose values tell cells apart; absent where equal cells stay side by side. */
  readonly distinctBy?: readonly string[];
  readonly deletions: readonly Deletion[];
  /** By the number that each row tells. */
  readonly fragments: readonly WrittenTimes[];
  /** Milliseconds since 1970, infinite for now: what was written or deleted later does not count. */
  readonly until: number;
  /** Of fields, tested last: a cell that was overwritten does not come back because its successor is in no range. */
  readonly intervals: readonly (readonly [field: string, interval: NumberInterval])[];
  /** Most rows of the result. */
  readonly limit: number;
}

/** Fields that every row needs to be settled. */
export const settlingFields = {
  /** Milliseconds since 1970 when the cell was written. */
  written: { name: "\0written", dtype: "uint64", width: 1 },
  /** Number of the fragment. */
  fragment: { name: "\0fragment", dtype: "uint32", width: 1 },
  /** When the cell was deleted; the largest number for cells that were not. */
  deleted: { name: "\0deleted", dtype: "uint64", width: 1 },
} as const;
