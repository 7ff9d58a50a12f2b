/**
 * Reads that several queries wait for, made once and kept, up to a bound: shard indexes and coordinates.
 *
 * @module
 */
import { SharedWork } from "../../core/abort.js";

interface Entry<T> {
  readonly work: SharedWork<T>;
  readonly bytes: number;
}

/** Keeps results by key, least recently used dropped first; failures and aborted reads are not kept. */
export class SharedReads<T> {
  readonly #limitBytes: number;
  readonly #entries = new Map<string, Entry<T>>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * The kept result, the read under way, or a new one.
   *
   * @param bytes what the result will weigh against the limit
   * @param read is aborted only when the last of its waiters has left
   */
  async get(
    key: string,
    bytes: number,
    read: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const known = this.#entries.get(key);
    const entry = known?.work.open ? known : { work: new SharedWork(read), bytes };
    this.#drop(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes || oldest === key) break;
      this.#drop(oldest);
    }
    try {
      return await entry.work.join(signal);
    } catch (reason) {
      // A waiter that gave up says nothing about the read; a failed read must not be remembered.
      if (!signal?.aborted && this.#entries.get(key) === entry) this.#drop(key);
      throw reason;
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
