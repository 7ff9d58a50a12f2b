/**
 * Which of several rows of one cell counts: a hash table of row numbers over columns, so that no key is made for a row.
 *
 * @module
 */

type Value = number | bigint | string | undefined;
type Column = (row: number) => Value;

const scratch = new DataView(new ArrayBuffer(8));

/** The row that counts of each cell. */
export class LatestRows {
  readonly #columns: readonly Column[];
  /** Rows by the hash of their cell, the next free place where that is taken; -1 where there is none. */
  readonly #places: Int32Array;

  /** @param rows so many are added at most */
  constructor(columns: readonly Column[], rows: number) {
    this.#columns = columns;
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(2 * rows + 2))).fill(-1);
  }

  /**
   * Adds a row.
   *
   * @param isLater whether it counts instead of another row of its cell
   * @returns the row that does not count because of this one, perhaps itself; undefined for the first of a cell
   */
  add(row: number, isLater: (other: number) => boolean): number | undefined {
    const places = this.#places;
    const mask = places.length - 1;
    let place = this.#hash(row) & mask;
    for (; places[place]! >= 0; place = (place + 1) & mask) {
      const known = places[place]!;
      if (!this.#columns.every((value) => value(known) === value(row))) continue;
      if (!isLater(known)) return row;
      places[place] = row;
      return known;
    }
    places[place] = row;
    return undefined;
  }

  #hash(row: number): number {
    let hash = 0;
    for (const column of this.#columns) hash = mix(hash, column(row));
    return hash ^ (hash >>> 15);
  }
}

function mix(hash: number, value: Value): number {
  if (typeof value === "string") {
    let mixed = hash;
    for (let at = 0; at < value.length; at++) mixed = step(mixed, value.charCodeAt(at));
    return step(mixed, value.length);
  }
  if (typeof value === "bigint") scratch.setBigInt64(0, BigInt.asIntN(64, value));
  // Zero has two signs and is one coordinate.
  else scratch.setFloat64(0, (value ?? 0) + 0);
  return step(step(hash, scratch.getInt32(0)), scratch.getInt32(4));
}

/** A step of MurmurHash3's 32-bit mixing. */
function step(hash: number, word: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  return Math.imul((hash ^ mixed ^ (mixed >>> 13)) + 0x9e3779b9, 0xc2b2ae35) | 0;
}
