/**
 * Checksums of results whose order is free, and readers that are checked by one.
 *
 * @module
 */
import type { Reader } from "./contest.js";

/** As points.py and lines.py write them: how many, and the sum and the exclusive or of a hash of each. */
export function checksumText(count: string, total: number, mixed: number): string {
  const [sum, exclusiveOr] = [total, mixed].map((word) => (word >>> 0).toString(16).padStart(8, "0"));
  return `${count} ${sum} ${exclusiveOr}`;
}

/** A reader whose result is checked by its checksum, which is no reader's work, and not timed. */
export function summed<T>(read: (copy: string) => Promise<T>, checksum: (result: T) => string): Reader {
  return async (copy) => {
    const startedAt = performance.now();
    const result = await read(copy);
    const ms = performance.now() - startedAt;
    return { result: checksum(result), ms };
  };
}
