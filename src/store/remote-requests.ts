/**
 * The requests of a store behind a network: retried, counted, explained when they fail, and compared with what is known
 * of the object (docs/design/object-storage.md §5, §9, §11).
 *
 * @module
 */
import type { ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import type { Answer } from "../net/answer.js";
import type { OnArrived, ToldFacts } from "../net/arrivals.js";
import { type ExplainContext, explainFailure } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import { type Bytes, releaseBytes } from "../net/lane.js";
import type { Perform } from "../net/perform.js";
import { askedBytes, type RemoteRead } from "../net/remote-read.js";
import { performWithRetry, type ReadResult, type Transport } from "../net/retry.js";
import type { ObjectFacts } from "./object-facts.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import type { ReadOptions } from "./types.js";

/** What a store tells of itself, as it is at the moment. */
export interface Remote {
  readonly origin: string;
  readonly anonymous: boolean;
  readonly facts: ObjectFacts;
  makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead>;
  recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean>;
  explainContext(): ExplainContext;
  /** Gives up what was kept of the object. */
  drop(key: AbsolutePath): void;
  /** Tells the user something, once per code. */
  tell(code: string, message: string): void;
}

export type GoodAnswer<B> = Exclude<Answer<B>, { kind: "failure" | "absent" }>;

export class RemoteRequests {
  readonly #transport: Transport;
  readonly #options: RemoteStoreOptions;
  readonly #remote: Remote;

  constructor(transport: Transport, options: RemoteStoreOptions, remote: Remote) {
    this.#transport = transport;
    this.#options = options;
    this.#remote = remote;
  }

  /** One read with all its attempts; absent objects are `undefined`, other failures are thrown in words. */
  async read<B extends Bytes>(
    key: AbsolutePath,
    shape: ReadShape,
    options: ReadOptions,
    via: Perform<B>,
    isSizeProbe = false,
  ): Promise<GoodAnswer<B> | undefined> {
    const { maxBytes } = shape;
    const describe = async (): Promise<RemoteRead> => {
      const read = await this.#remote.makeRead(key, shape);
      return maxBytes === undefined ? read : { ...read, maxBytes };
    };
    const result = await this.run(describe, options, this.#watch(key, options, via));
    const { answer } = result;
    if (answer.kind === "absent") return undefined;
    if (answer.kind === "failure") {
      const { failure } = answer;
      const status = failure.status ?? 0;
      if (isSizeProbe && (status === 405 || status === 501)) return { kind: "head" };
      if (failure.class === "forbidden") {
        const { readsAsAbsent } = await loadPart(import("./odd-answers.js"));
        if (readsAsAbsent(failure, options, this.#remote, this.#options.missingOn403)) return undefined;
      }
      throw await this.explain(result, failure);
    }
    if (this.#remote.facts.agrees(key, answer)) return answer;
    if (answer.kind === "bytes") releaseBytes(answer.bytes);
    // Another version than before: a stale copy on the way, or a new object, whose parts must not be mixed with old ones.
    if (shape.cache === "reload") {
      const { changedError } = await loadPart(import("./odd-answers.js"));
      throw changedError(key, this.#remote.origin);
    }
    this.#remote.drop(key);
    return this.read(key, { ...shape, cache: "reload" }, options, via, isSizeProbe);
  }

  /** `via`, telling what arrives: of the very range that is waited for, in the version that is known. */
  #watch<B extends Bytes>(key: AbsolutePath, { arrivals }: ReadOptions, via: Perform<B>): Perform<B> {
    if (arrivals?.key !== key) return via;
    const { lengths, range } = arrivals;
    const tell = (first: Bytes, told: ToldFacts): void => {
      if (this.#remote.facts.agrees(key, told)) arrivals.tell(first, told);
    };
    const onArrived: OnArrived = (room, filled, told) => tell(room.subarray(0, filled), told);
    // What is left of a body that broke off is another range.
    return (read, more) =>
      via(read, isSame(read.range, range) ? { ...more, onArrived, arrivals: { lengths, tell } } : more);
  }

  /** A failure in words. */
  explain(result: ReadResult, failure: Failure): Promise<ReaderError> {
    return explainFailure(result, failure, this.#transport, this.#remote.explainContext());
  }

  /** The attempts alone. */
  async run<B extends Bytes>(
    describe: () => Promise<RemoteRead>,
    options: ReadOptions,
    via: Perform<B>,
    firstByteMs?: number,
  ): Promise<ReadResult<B>> {
    const { observer } = this.#options;
    const { meter, signal, priority } = options;
    const result = await performWithRetry(this.#transport, {
      perform: via,
      origin: this.#remote.origin,
      signal,
      priority,
      firstByteMs,
      recorder: (meter ?? observer)?.recorder,
      describe,
      recover: (failure) => this.#remote.recover(failure, signal),
      onRequest: (read, attempt) => {
        meter?.count(1, 0);
        observer?.request(read.method, read.method === "HEAD" ? 0 : askedBytes(read), attempt > 1);
        if (attempt > 1)
          this.#remote.tell("retried", `A request to ${hostOf(this.#remote.origin)} had to be sent again.`);
      },
      onBytes: (read, bytes) => {
        meter?.count(0, bytes);
        observer?.received(bytes, read.range === undefined);
      },
    });
    const { answer } = result;
    if (answer.movedTo !== undefined) {
      this.#remote.tell(
        "redirected",
        `${hostOf(result.read.url)} redirects: ${answer.movedTo} is what is read.`,
      );
    }
    return result;
  }
}

/** Nobody waits for what comes of a suffix. */
function isSame(asked: RangeQuery | undefined, range: ByteRange | undefined): boolean {
  const { offset, length } = (asked ?? {}) as Partial<ByteRange>;
  return offset === range?.offset && length === range?.length;
}

/** Host and port, for messages. */
export function hostOf(origin: string): string {
  return new URL(origin).host;
}
