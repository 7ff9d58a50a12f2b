/**
 * The requests of a store behind a network: retried, counted, explained when they fail, and compared with what is known
 * of the object (docs/design/object-storage.md §5, §9, §11).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import type { Answer } from "../net/answer.js";
import type { BodyArrivals } from "../net/arrivals.js";
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
      if (this.#readsAsAbsent(failure, options)) return undefined;
      throw await explainFailure(result, failure, this.#transport, this.#remote.explainContext());
    }
    if (this.#remote.facts.agrees(key, answer)) return answer;
    if (answer.kind === "bytes") releaseBytes(answer.bytes);
    return this.#readChanged(key, shape, options, via, isSizeProbe);
  }

  /** `via`, telling what arrives: of the very range that is waited for, in the version that is known. */
  #watch<B extends Bytes>(key: AbsolutePath, { arrivals }: ReadOptions, via: Perform<B>): Perform<B> {
    if (arrivals === undefined || arrivals.key !== key) return via;
    const { lengths, range } = arrivals;
    const watching: BodyArrivals = {
      lengths,
      tell: (first, told) => {
        if (this.#remote.facts.agrees(key, told)) arrivals.tell(first);
      },
    };
    // What is left of a body that broke off is another range.
    return (read, more) => via(read, isSame(read.range, range) ? { ...more, arrivals: watching } : more);
  }

  /**
   * Another version than before: a stale copy on the way, or a new object, whose parts must not be mixed with old ones.
   * Nor may later reads take the new one: they would cut it by indexes of the old one, which formats keep.
   */
  async #readChanged<B extends Bytes>(
    key: AbsolutePath,
    shape: ReadShape,
    options: ReadOptions,
    via: Perform<B>,
    isSizeProbe: boolean,
  ): Promise<GoodAnswer<B> | undefined> {
    if (shape.cache !== "reload") {
      this.#remote.drop(key);
      return this.read(key, { ...shape, cache: "reload" }, options, via, isSizeProbe);
    }
    throw new ReaderError("changed", `${key} at ${hostOf(this.#remote.origin)} changed while it was read.`, {
      hint: "Open the data again.",
      detail: { key },
    });
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

  /**
   * Without leave to list, S3 answers 403 for what is not there. Only the readers of public data may take it so, and
   * only for keys that may be missing by design: a refused key must never become fill values.
   */
  #readsAsAbsent(failure: Failure, options: ReadOptions): boolean {
    if (failure.class !== "forbidden") return false;
    const { missingOn403 = "auto" } = this.#options;
    const denied = failure.serverCode === undefined || failure.serverCode === "AccessDenied";
    const absent =
      missingOn403 === "auto"
        ? this.#remote.anonymous && options.mayBeAbsent === true && denied
        : missingOn403;
    if (absent) {
      this.#remote.tell(
        "assumed-missing",
        `${hostOf(this.#remote.origin)} answers 403 for some keys; they are taken as missing, as it does not tell the two apart.`,
      );
    }
    return absent;
  }
}

function isSame(asked: RangeQuery | undefined, { offset, length }: ByteRange): boolean {
  return asked !== undefined && "offset" in asked && asked.offset === offset && asked.length === length;
}

/** Host and port, for messages. */
export function hostOf(origin: string): string {
  return new URL(origin).host;
}
