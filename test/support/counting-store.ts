/**
 * A store in memory that notes what it is asked for.
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../../src/core/plan.js";
import { MemoryStore } from "../../src/store/memory.js";
import type { ReadOptions } from "../../src/store/types.js";

export class CountingStore extends MemoryStore {
  /** `get`, `range` or `list`, and the key. */
  readonly asked: string[] = [];

  override get(key: AbsolutePath, options?: ReadOptions): Promise<Uint8Array | undefined> {
    this.asked.push(`get ${key}`);
    return super.get(key, options);
  }

  override async getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined> {
    this.asked.push(`range ${key}`);
    const { offset, length } = range as { offset: number; length: number };
    return (await super.get(key))?.subarray(offset, offset + length);
  }

  override list(prefix: AbsolutePath): AsyncIterable<{ key: AbsolutePath; size: number }> {
    this.asked.push(`list ${prefix}`);
    return super.list(prefix);
  }
}
