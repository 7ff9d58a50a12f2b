/**
 * Refuses what arrays of TileDB cannot be asked: they have one level, and grids one field, whose values are as they are stored.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { GridQuery, Query } from "../../core/source.js";

/** @throws ReaderError `invalid-query` */
export function checkLevel(level: Query["level"] = 0, name: string): void {
  if (level !== 0) throw new ReaderError("invalid-query", `${name} has no level ${level}; it has level 0.`);
}

/** @throws ReaderError `invalid-query`, `unsupported` */
export function checkGridQuery(
  { decode, fields, level }: Pick<GridQuery, "decode" | "fields" | "level">,
  name: string,
): void {
  checkLevel(level, name);
  if (fields !== undefined && (fields.length !== 1 || fields[0] !== name)) {
    throw new ReaderError("invalid-query", `${name} has one field, itself.`);
  }
  if (decode === undefined) return;
  throw new ReaderError("unsupported", 'Grids of TileDB arrays do not know "decode" yet.', {
    hint: "Values are as they are stored.",
  });
}
