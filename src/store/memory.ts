/**
 * A store in memory: a map from keys to bytes.
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { sliceRange } from "./read-range.js";
import type { ListableStore, ReadOptions } from "./types.js";

/** Reads from a map of the user's; what it returns are views of the map's own bytes. */
export class MemoryStore implements ListableStore {
  readonly #objects: ReadonlyMap<string, Uint8Array>;

  constructor(objects: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#objects = objects;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    return this.#objects.get(key);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    const whole = await this.get(key, options);
    return whole === undefined ? undefined : sliceRange(whole, range);
  }

  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    return (await this.get(key, options))?.byteLength;
  }

  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size: number }> {
    for (const [key, bytes] of this.#objects) {
      options.signal?.throwIfAborted();
      if (key.startsWith(prefix)) yield { key: key as AbsolutePath, size: bytes.byteLength };
    }
  }
}
