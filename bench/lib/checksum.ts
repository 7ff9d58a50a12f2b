/**
 * Checksums of results whose order is free, and readers that are checked by one.
 *
 * @module
 */
import type { Reader } from "./contest.js";

/** As checksum.py and lines.py write them: how many, and the sum and the exclusive or of a hash of each. */
export function checksumText(count: string, total: number, mixed: number): string {
  const [sum, exclusiveOr] = [total, mixed].map((word) => (word >>> 0).toString(16).padStart(8, "0"));
  return `${count} ${sum} ${exclusiveOr}`;
}

/** As checksum.py makes it: how many rows, and a sum and an exclusive or of a hash of each; 64 bits are two words, the lower first. */
export function rowsChecksum(
  rows: number,
  wordsOfRow: number,
  word: (row: number, at: number) => number,
): string {
  let [total, mixed] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let hash = 0;
    for (let at = 0; at < wordsOfRow; at++) {
      const product = Math.imul(hash ^ word(row, at), 0x9e3779b1);
      hash = (product ^ (product >>> 15)) >>> 0;
    }
    total = (total + hash) >>> 0;
    mixed ^= hash;
  }
  return checksumText(`${rows} rows`, total, mixed);
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
