/**
 * Parts of an object that were read for more than they were asked for, as data and index together: what lies in them is not asked
 * for again as long as they are in memory.
 *
 * @module
 */
import type { AbsolutePath, ByteRange, RangeQuery } from "../../core/plan.js";
import { isHeld, releaseBytes, retainBytes } from "../../net/lane.js";
import { sliceRange } from "../../store/read-range.js";
import { canHold, type ReadableStore } from "../../store/types.js";
import { wrapStore } from "../../store/wrap.js";

export class WholeParts {
  /** Serves ranges out of them. */
  readonly store: ReadableStore;
  readonly #inner: ReadableStore;
  readonly #key: AbsolutePath;
  /** In order; none lies in another. */
  readonly #parts: ByteRange[] = [];

  constructor(inner: ReadableStore, key: AbsolutePath) {
    this.#inner = inner;
    this.#key = key;
    this.store = this.#overlay(inner);
  }

  /** Told of each part before it is read, or when it was. */
  add(part: ByteRange): void {
    if (this.#find(this.#key, part) === undefined)
      this.#parts.splice(this.#countBefore(part.offset + 1), 0, part);
  }

  /** How many begin before an offset. */
  #countBefore(offset: number): number {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#parts[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The part that holds a range, if that is in memory. */
  #find(
    key: AbsolutePath,
    range: RangeQuery | undefined,
  ): { readonly part: ByteRange; readonly own: ByteRange } | undefined {
    if (key !== this.#key || range === undefined || !("offset" in range)) return undefined;
    const part = this.#parts[this.#countBefore(range.offset + 1) - 1];
    if (part === undefined || range.offset + range.length > part.offset + part.length) return undefined;
    if (this.#inner.holds?.(key, part) !== true) return undefined;
    return { part, own: { offset: range.offset - part.offset, length: range.length } };
  }

  #overlay(inner: ReadableStore): ReadableStore {
    return wrapStore(inner, {
      get: (key, options) => inner.get(key, options),
      holds: (key, range) => this.#find(key, range) !== undefined || inner.holds?.(key, range) === true,
      ...(inner.getRange === undefined
        ? {}
        : {
            getRange: async (key, range, options) => {
              const { part, own } = this.#find(key, range) ?? {};
              const bytes = await inner.getRange!(key, part ?? range, options);
              return bytes && own ? sliceRange(bytes, own) : bytes;
            },
          }),
      ...(canHold(inner)
        ? {
            hold: async (key, range, lane, options) => {
              const { part, own } = this.#find(key, range) ?? {};
              const bytes = await inner.hold(key, part ?? range, lane, options);
              if (bytes === undefined || own === undefined) return bytes;
              if (!isHeld(bytes)) return sliceRange(bytes, own);
              const cut = bytes.cut(own.offset, own.length);
              retainBytes(cut);
              releaseBytes(bytes);
              return cut;
            },
            laneOf: (key, range) => inner.laneOf?.(key, this.#find(key, range)?.part ?? range),
          }
        : {}),
    });
  }
}
