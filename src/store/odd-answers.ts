/**
 * Answers that are not what was asked for, made into it: a whole object for a part, a part whose length nothing vouches for,
 * a range that is refused, a size that is not told; and what refusals and other versions mean. Loaded at the first one
 * (docs/design/object-storage.md §5, §11).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import type { Failure } from "../net/failure.js";
import { type Bytes, bringHere, releaseBytes } from "../net/lane.js";
import type { Perform } from "../net/perform.js";
import { clipRange } from "../net/remote-read.js";
import type { ReadShape } from "./remote-options.js";
import type { GoodAnswer, Remote } from "./remote-requests.js";
import type { ReadOptions } from "./types.js";
import { WholeObjects, wholeInsteadBytes } from "./whole-objects.js";

/** The store that got the answers. */
export interface OddStore {
  /** As it is called in messages. */
  host(): string;
  read(
    key: AbsolutePath,
    shape: ReadShape,
    options: ReadOptions,
  ): Promise<GoodAnswer<Uint8Array> | undefined>;
  /** Reads a range anew. */
  readPart<B extends Bytes>(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions,
    via: Perform<B>,
  ): Promise<B | Uint8Array | undefined>;
  size(key: AbsolutePath, options: ReadOptions): Promise<number | undefined>;
  /** The size as far as answers told it. */
  sizeOf(key: AbsolutePath): number | undefined;
}

export class OddAnswers {
  readonly #store: OddStore;
  readonly #wholes: WholeObjects;
  /** A GET was answered, be it that there is no such object. */
  #isSearched = false;

  constructor(store: OddStore) {
    this.#store = store;
    this.#wholes = new WholeObjects((key, options) => this.#readInstead(key, options));
  }

  /** The object's parts are cut from it here. */
  cuts(key: AbsolutePath): boolean {
    return this.#wholes.has(key);
  }

  async cut(key: AbsolutePath, range: RangeQuery, options: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#wholes.cut(key, range, options);
  }

  /** Gives up what was kept of the object. */
  drop(key: AbsolutePath): void {
    this.#wholes.drop(key);
  }

  /** The part that was asked for. @throws ReaderError `range-unsupported` or `corrupt` where there is no way to it */
  async settle<B extends Bytes>(
    key: AbsolutePath,
    range: RangeQuery,
    answer: GoodAnswer<B>,
    options: ReadOptions,
    via: Perform<B>,
  ): Promise<B | Uint8Array | undefined> {
    if (answer.kind === "range-ignored") {
      this.#wholes.add(key, this.#store.host(), answer.size);
      return this.#wholes.cut(key, range, options);
    }
    if (answer.kind !== "bytes") return this.#pastEnd(key, range, answer, options);
    if (answer.whole) {
      this.#wholes.keep(key, await bringHere(answer.bytes));
      return this.#wholes.cut(key, range, options);
    }
    if (options.isToEnd) return answer.bytes;
    // A range that came short without a visible `Content-Range`: only the object's size tells whether it is whole.
    const size = await this.#store.size(key, options);
    if (size === undefined) return undefined;
    if (answer.bytes.length === clipRange(range, size).length) return answer.bytes;
    // Now that the size is known, a short body is seen and retried.
    releaseBytes(answer.bytes);
    return this.#store.readPart(key, range, options, via);
  }

  /**
   * The size by a one-byte range, where HEAD does not tell.
   *
   * @param isMissed HEAD answered 404, which has no body that would say that there is not even a bucket: the first one is looked into
   * @throws ReaderError `range-unsupported` where nothing tells the size
   */
  async findSize(key: AbsolutePath, isMissed: boolean, options: ReadOptions): Promise<number | undefined> {
    if (isMissed && this.#isSearched) return undefined;
    const range: RangeQuery = { offset: 0, length: 1 };
    const shape: ReadShape = { method: "GET", range, cache: "no-store", signal: options.signal };
    const part = await this.#store.read(key, shape, options);
    this.#isSearched = true;
    if (part === undefined) return undefined;
    if (part.kind === "past-end") return part.size ?? 0;
    const size = this.#store.sizeOf(key);
    if (size !== undefined) return size;
    throw new ReaderError("range-unsupported", `${this.#store.host()} does not tell the size of ${key}.`, {
      hint: "Expose Content-Range in the CORS rule, or let HEAD requests through.",
      detail: { key },
    });
  }

  /** A whole object of a server that ignores ranges. */
  async #readInstead(key: AbsolutePath, options: ReadOptions): Promise<Uint8Array | undefined> {
    const { signal } = options;
    const shape = { method: "GET", cache: "no-store", maxBytes: wholeInsteadBytes, signal } as const;
    const answer = await this.#store.read(key, shape, options);
    return answer?.kind === "bytes" ? answer.bytes : undefined;
  }

  async #pastEnd(
    key: AbsolutePath,
    range: RangeQuery,
    answer: GoodAnswer<unknown>,
    options: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    const told = answer.kind === "past-end" ? answer.size : undefined;
    const size = told ?? (await this.#store.size(key, options));
    if (size === undefined) return undefined;
    if ("suffixLength" in range ? size === 0 : range.offset >= size) return new Uint8Array(0);
    throw new ReaderError(
      "corrupt",
      `${this.#store.host()} refuses a range that lies within ${key} (${size} bytes).`,
      { detail: { key, status: 416 } },
    );
  }
}

/**
 * Whether a refusal means that there is no such object. Without leave to list, S3 answers 403 for what is not there; only
 * the readers of public data may take it so, and only for keys that may be missing by design: a refused key must never
 * become fill values.
 *
 * @param wanted what the user said of it
 */
export function readsAsAbsent(
  failure: Failure,
  { mayBeAbsent }: ReadOptions,
  remote: Pick<Remote, "origin" | "anonymous" | "tell">,
  wanted: "auto" | boolean = "auto",
): boolean {
  const denied = failure.serverCode === undefined || failure.serverCode === "AccessDenied";
  const absent = wanted === "auto" ? remote.anonymous && mayBeAbsent === true && denied : wanted;
  if (absent) {
    remote.tell(
      "assumed-missing",
      `${new URL(remote.origin).host} answers 403 for some keys; they are taken as missing, as it does not tell the two apart.`,
    );
  }
  return absent;
}

/** Later reads may not take the new version either: they would cut it by indexes of the old one, which formats keep. */
export function changedError(key: AbsolutePath, origin: string): ReaderError {
  return new ReaderError("changed", `${key} at ${new URL(origin).host} changed while it was read.`, {
    hint: "Open the data again.",
    detail: { key },
  });
}
