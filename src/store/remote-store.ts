/**
 * What the HTTP and S3 stores have in common: reads are described as data, performed with retries, and checked against
 * what is known of the object (docs/design/object-storage.md §5, §11).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import { type Bytes, type Lane, releaseBytes } from "../net/lane.js";
import { type Perform, perform } from "../net/perform.js";
import { clipRange, type RemoteRead } from "../net/remote-read.js";
import { createTransport, type Transport } from "../net/retry.js";
import { LaneUse } from "./lane-use.js";
import { ObjectFacts } from "./object-facts.js";
import type { OddAnswers } from "./odd-answers.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import { hostOf, RemoteRequests } from "./remote-requests.js";
import type { DescribingStore, HoldingStore, ReadOptions, VersionedStore } from "./types.js";

/** A store behind a network. What it returns is nobody else's, and it calls the meter itself. */
export abstract class RemoteStore implements DescribingStore, VersionedStore {
  readonly handsOver = true;
  readonly meters = true;
  /** Absent where only this thread may fetch: with a `fetch` of the user's, or when asked for. */
  readonly hold?: HoldingStore["hold"];
  protected readonly transport: Transport;
  readonly #options: RemoteStoreOptions;
  readonly #requests: RemoteRequests;
  readonly #facts = new ObjectFacts();
  readonly #lanes = new LaneUse(() =>
    this.tell("fetch-on-page", `Workers cannot reach ${hostOf(this.origin)} here; this thread fetches.`),
  );
  readonly #told = new Set<string>();
  #odd: OddAnswers | undefined;

  constructor(options: RemoteStoreOptions) {
    this.transport = options.transport ?? createTransport(options);
    this.#options = options;
    const store = this;
    this.#requests = new RemoteRequests(this.transport, options, {
      get origin() {
        return store.origin;
      },
      get anonymous() {
        return store.anonymous;
      },
      facts: this.#facts,
      makeRead: (key, shape) => this.makeRead(key, shape),
      recover: (failure, signal) => this.recover(failure, signal),
      explainContext: () => this.explainContext(),
      drop: (key) => {
        this.#odd?.drop(key);
        options.onChanged?.(key);
      },
      tell: (code, message) => this.tell(code, message),
    });
    if (this.transport.fetch === undefined && options.fetchIn !== "page") {
      this.hold = (key, range, lane, more = {}) => this.#hold(key, range, lane, more);
    }
  }

  /** Scheme, host and port that are read from: one queue for each. */
  protected abstract get origin(): string;
  protected abstract get anonymous(): boolean;
  /** The request for a key, signed if it must be. */
  protected abstract makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead>;
  /** Cures a failure that another attempt alone would not. */
  protected abstract recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean>;
  protected abstract explainContext(): ExplainContext;

  /**
   * The read as plain data, for any thread to perform. A suffix range becomes a bounded one where it must, which asks
   * for the object's size once.
   *
   * @throws ReaderError `not-found` when the size was needed and there is no such object
   */
  async describe(key: AbsolutePath, range?: RangeQuery, options: ReadOptions = {}): Promise<RemoteRead> {
    const { signal } = options;
    if (range === undefined) return this.makeRead(key, { method: "GET", cache: "default", signal });
    const bounded = await this.#bound(key, range, options);
    if (bounded === undefined) throw new ReaderError("not-found", `There is no ${key}.`, { detail: { key } });
    return this.makeRead(key, this.#rangeShape(key, bounded, options));
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    return this.#readWhole(key, options, perform);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    return this.#readPart(key, range, options, perform);
  }

  /** Whether `bytes=-n` may be sent. */
  protected get suffixRanges(): boolean {
    return !inBrowser();
  }

  /** Headers of the user's may be secrets, which stay on this thread. */
  protected get mayCross(): boolean {
    return true;
  }

  async #hold(
    key: AbsolutePath,
    range: RangeQuery | undefined,
    lane: Lane,
    options: ReadOptions,
  ): Promise<Bytes | undefined> {
    const via = this.mayCross ? this.#lanes.performIn(lane) : perform;
    return range === undefined
      ? this.#readWhole(key, options, via)
      : this.#readPart(key, range, options, via);
  }

  async #readWhole<B extends Bytes>(
    key: AbsolutePath,
    options: ReadOptions,
    via: Perform<B>,
  ): Promise<B | undefined> {
    const { signal, isPassing, maxBytes } = options;
    const cache = isPassing || maxBytes ? "no-store" : "default";
    const answer = await this.#requests.read(key, { method: "GET", cache, signal, maxBytes }, options, via);
    return answer?.kind === "bytes" ? answer.bytes : undefined;
  }

  async #readPart<B extends Bytes>(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions,
    via: Perform<B>,
  ): Promise<B | Uint8Array | undefined> {
    if (("suffixLength" in range ? range.suffixLength : range.length) === 0) return new Uint8Array(0);
    if (this.#odd?.cuts(key)) return this.#odd.cut(key, range, options);
    const bounded = await this.#bound(key, range, options);
    if (bounded === undefined) return undefined;
    const size = this.#facts.sizeOf(key);
    if ("offset" in bounded && (bounded.length === 0 || (size !== undefined && bounded.offset >= size))) {
      return new Uint8Array(0);
    }
    const answer = await this.#requests.read(key, this.#rangeShape(key, bounded, options), options, via);
    if (answer === undefined) return undefined;
    if (answer.kind === "bytes" && !answer.whole && !answer.unverified) return answer.bytes;
    const odd = await this.#loadOdd().catch((thrown: unknown) => {
      if (answer.kind === "bytes") releaseBytes(answer.bytes);
      throw thrown;
    });
    return odd.settle(key, bounded, answer, options, via);
  }

  etagOf(key: AbsolutePath): string | undefined {
    return this.#facts.etagOf(key);
  }

  /**
   * Size in bytes by HEAD, or by a one-byte range where HEAD does not tell.
   *
   * @returns `undefined` when there is no such object
   */
  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    const known = this.#facts.sizeOf(key);
    if (known !== undefined) return known;
    const { signal } = options;
    const head = await this.#requests.read(
      key,
      { method: "HEAD", cache: "no-store", signal },
      options,
      perform,
      true,
    );
    if (head === undefined && this.#facts.any) return undefined;
    if (head?.kind === "head" && head.size !== undefined) return head.size;
    return (await this.#loadOdd()).findSize(key, head === undefined, options);
  }

  async #loadOdd(): Promise<OddAnswers> {
    const { OddAnswers } = await loadPart(import("./odd-answers.js"));
    this.#odd ??= new OddAnswers({
      host: () => this.#host,
      read: (key, shape, options) => this.#requests.read(key, shape, options, perform),
      readPart: (key, range, options, via) => this.#readPart(key, range, options, via),
      size: (key, options) => this.size(key, options),
      sizeOf: (key) => this.#facts.sizeOf(key),
    });
    return this.#odd;
  }

  /** Tells the user something, once per code. */
  protected tell(code: string, message: string): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#options.onDiagnostic?.({ code, message });
  }

  /**
   * Reads a document of the store's own, a listing for one, with the same retries.
   *
   * @throws ReaderError `not-found` when there is none
   */
  protected async readDocument(
    key: AbsolutePath,
    describe: () => Promise<RemoteRead>,
    options: ReadOptions,
  ): Promise<Uint8Array> {
    const { readDocument } = await loadPart(import("./read-document.js"));
    return readDocument(key, {
      origin: this.origin,
      explain: (result, failure) => this.#requests.explain(result, failure),
      run: (judge, firstByteMs) =>
        this.#requests.run(
          describe,
          options,
          async (read, more) => judge(await perform(read, more)),
          firstByteMs,
        ),
    });
  }

  get #host(): string {
    return hostOf(this.origin);
  }

  /** Browsers ask leave for suffix ranges, per key; there, and where a server knows none, the size is asked for instead. */
  async #bound(key: AbsolutePath, range: RangeQuery, options: ReadOptions): Promise<RangeQuery | undefined> {
    if ("offset" in range) {
      const size = this.#facts.sizeOf(key);
      return size === undefined ? range : clipRange(range, size);
    }
    const suffixes = this.suffixRanges;
    const size = this.#facts.sizeOf(key) ?? (suffixes ? undefined : await this.size(key, options));
    if (size === undefined) return suffixes ? range : undefined;
    return clipRange(range, size);
  }

  #rangeShape(key: AbsolutePath, range: RangeQuery, options: ReadOptions): ReadShape {
    const size = this.#facts.sizeOf(key);
    return { method: "GET", range, cache: "no-store", size, signal: options.signal };
  }
}
