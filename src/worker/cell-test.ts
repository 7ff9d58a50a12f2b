/**
 * Questions to rows, as functions.
 *
 * @module
 */
import type { CellConstant, CellTest, Comparison } from "../core/settling.js";

type Value = CellConstant | undefined;

const comparisons: Readonly<Record<Comparison, (a: CellConstant, b: CellConstant) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** @param column finds what looks the values of a field up */
export function compileTest(
  test: CellTest,
  column: (field: string) => (row: number) => Value,
): (row: number) => boolean {
  switch (test.kind) {
    case "constant":
      return () => test.holds;
    case "all":
    case "any": {
      const tests = test.tests.map((child) => compileTest(child, column));
      return test.kind === "all"
        ? (row) => tests.every((holds) => holds(row))
        : (row) => tests.some((holds) => holds(row));
    }
    case "not": {
      const holds = compileTest(test.test, column);
      return (row) => !holds(row);
    }
    case "null": {
      const value = column(test.field);
      return (row) => (value(row) === undefined) === test.isNull;
    }
    case "compare": {
      const value = column(test.field);
      const compare = comparisons[test.operator];
      const { prefix } = test;
      return (row) => {
        const found = value(row);
        const part = typeof found === "string" && prefix !== undefined ? found.slice(0, prefix) : found;
        return part !== undefined && compare(part, test.value);
      };
    }
    case "among": {
      const value = column(test.field);
      const values = new Set(test.values);
      return (row) => {
        const found = value(row);
        return found !== undefined && values.has(found) !== test.isNegated;
      };
    }
  }
}
