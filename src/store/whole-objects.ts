/**
 * Objects whose server ignores ranges: small ones are read whole, once, and cut; large ones are refused
 * (docs/design/object-storage.md §5).
 *
 * @module
 */
import { SharedWork } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { copyRange } from "./read-range.js";
import type { ReadOptions } from "./types.js";

/** An object up to this size is read whole where the server ignores ranges. */
export const wholeInsteadBytes: number = 4 * 1024 * 1024;

/** Objects kept, and keys remembered; the oldest go first. */
const maxKept = 8;
const maxRemembered = 20_000;

type ReadObject = (key: AbsolutePath, options: ReadOptions) => Promise<Uint8Array | undefined>;

export class WholeObjects {
  readonly #read: ReadObject;
  readonly #rangeless = new Set<AbsolutePath>();
  readonly #kept = new Map<AbsolutePath, Uint8Array>();
  readonly #running = new Map<AbsolutePath, SharedWork<Uint8Array | undefined>>();

  /** @param read a whole object of at most `wholeInsteadBytes` */
  constructor(read: ReadObject) {
    this.#read = read;
  }

  /** Whether a range of the object is not worth asking for. */
  has(key: AbsolutePath): boolean {
    return this.#rangeless.has(key);
  }

  /** Tells that the server sends the object whole for a range of it. @throws ReaderError `range-unsupported` for a large one */
  add(key: AbsolutePath, host: string, size: number | undefined): void {
    if (size !== undefined && size > wholeInsteadBytes) {
      const message = `${host} ignores Range, and the object of ${size} bytes is too large to read whole; ${key} cannot be read in parts.`;
      throw new ReaderError("range-unsupported", message, { detail: { key, status: 200, op: "GET" } });
    }
    this.#rangeless.add(key);
    if (this.#rangeless.size > maxRemembered) this.drop(this.#rangeless.keys().next().value!);
  }

  /** An object that came whole although a part of it was asked for. */
  keep(key: AbsolutePath, bytes: Uint8Array): void {
    this.#rangeless.add(key);
    this.#kept.delete(key);
    this.#kept.set(key, bytes);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value!);
  }

  /** A part, as a copy. Readers of one object share the one request for it. */
  async cut(key: AbsolutePath, range: RangeQuery, options: ReadOptions): Promise<Uint8Array | undefined> {
    const whole = this.#kept.get(key) ?? (await this.#share(key, options));
    return whole === undefined ? undefined : copyRange(whole, range);
  }

  drop(key: AbsolutePath): void {
    this.#rangeless.delete(key);
    this.#kept.delete(key);
  }

  #share(key: AbsolutePath, { signal, ...rest }: ReadOptions): Promise<Uint8Array | undefined> {
    const known = this.#running.get(key);
    if (known?.open) return known.join(signal);
    const work = new SharedWork(async (shared) => {
      const bytes = await this.#read(key, { ...rest, signal: shared }).finally(() => {
        if (this.#running.get(key) === work) this.#running.delete(key);
      });
      if (bytes !== undefined && this.has(key)) this.keep(key, bytes);
      return bytes;
    });
    this.#running.set(key, work);
    return work.join(signal);
  }
}
