/**
 * An object opened by its body: read from its first byte on while nobody knows yet which of its bytes are wanted. What has come
 * serves whoever asks; what is not wanted is given up on the way (docs/design/object-storage.md §5).
 *
 * @module
 */
import { createSharedController } from "../core/abort.js";
import type { AbsolutePath, ByteRange } from "../core/plan.js";
import type { Arrivals } from "../net/arrivals.js";
import { type Bytes, isHeld, type Lane, releaseBytes, retainBytes } from "../net/lane.js";

/** A body in a lane tells how much has come each time so much more has, and so long has passed: each time costs two messages. */
const toldEach = { bytes: 128 * 1024, ms: 4 } as const;

/** Begins the read. What it resolves with is the caller's. */
export type StartBody = (arrivals: Arrivals, signal: AbortSignal) => Promise<Bytes | undefined>;

export interface OpenBodyOptions {
  /** A larger body is given up when its size is known, or so many bytes have come. */
  readonly limitBytes: number;
  /** Whether all of it is wanted: then only its beginning and its end are of interest. */
  readonly isWhole: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told once, when it is let go of. */
  readonly onClosed: () => void;
}

/** One body under way. Held bytes that it hands out belong to whoever asked. */
export class OpenBody {
  /** Resolves when its first bytes or its end have come; `false` where there is no such object. Rejects when it cannot be read. */
  readonly began: Promise<boolean>;
  readonly key: AbsolutePath;
  readonly #ending: Promise<void>;
  readonly #giveUp = createSharedController();
  readonly #options: OpenBodyOptions;
  readonly #startedAt = performance.now();
  #first: Bytes | undefined;
  #firstAt: number | undefined;
  #firstFilled = 0;
  #lastAt = 0;
  #size: number | undefined;
  #isComing = true;
  #isClosed = false;
  #until = Number.POSITIVE_INFINITY;
  #readsLeft = Number.POSITIVE_INFINITY;
  #waiting: { readonly length: number; readonly wake: () => void }[] = [];

  constructor(key: AbsolutePath, start: StartBody, options: OpenBodyOptions) {
    this.key = key;
    this.#options = options;
    const { signal } = options;
    let begin: (isThere: boolean) => void = () => {};
    const told = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    const arrivals: Arrivals = {
      key,
      lengths: this.#lengths(),
      tell: (first, { size }) => {
        this.#come(first, size);
        begin(true);
      },
    };
    const own = signal === undefined ? this.#giveUp.signal : AbortSignal.any([signal, this.#giveUp.signal]);
    const reading = start(arrivals, own).then((whole) => {
      if (whole === undefined) return false;
      this.#size = whole.length;
      this.#take(whole);
      return true;
    });
    this.#ending = reading.then(
      () => this.#end(),
      () => this.#end(),
    );
    this.began = Promise.race([told, reading]);
    this.began.catch(() => {});
    signal?.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Of the whole object, as far as its headers or its end have told. */
  get size(): number | undefined {
    return this.#size;
  }

  /** Bytes that are here. */
  get filled(): number {
    return this.#first?.length ?? 0;
  }

  /** First bytes that will be here when another request could be answered, as this one has gone so far. */
  get horizon(): number {
    if (!this.#isComing || this.#firstAt === undefined) return this.filled;
    const roundTripMs = this.#firstAt - this.#startedAt;
    // Some came since it was last told of.
    const sinceMs = Math.min(performance.now() - this.#lastAt, roundTripMs);
    return this.filled + this.#bytesPerMs * (sinceMs + roundTripMs);
  }

  /** Reads on until so many bytes have come, for so many reads; then lets go. */
  keep(until: number, reads: number): void {
    this.#until = until;
    this.#readsLeft = reads;
    if (reads === 0) this.close();
    else this.#stopWhenEnough();
  }

  /** Whether a range is served from here, now or when it has come. */
  covers({ offset, length }: ByteRange): boolean {
    const end = offset + length;
    if (isHeld(this.#first) && !this.#first.lane.alive) this.close();
    return !this.#isClosed && end <= this.#until && (this.#isComing || end <= this.filled);
  }

  /** Where its bytes stay. */
  get lane(): Lane | undefined {
    return isHeld(this.#first) ? this.#first.lane : undefined;
  }

  /** Bytes of the object as soon as they are here; `undefined` when they will not come. Counts as one of the reads. */
  async read({ offset, length }: ByteRange): Promise<Bytes | undefined> {
    const end = offset + length;
    while (this.filled < end && this.#isComing) {
      await new Promise<void>((wake) => this.#waiting.push({ length: end, wake }));
    }
    const first = this.#first;
    if (first === undefined || this.filled < end) return undefined;
    if (isHeld(first)) {
      const cut = first.cut(offset, length);
      retainBytes(cut);
      this.#served();
      return cut;
    }
    this.#served();
    return first.slice(offset, end);
  }

  /** Resolves when no more of it comes. */
  get ended(): Promise<void> {
    return this.#ending;
  }

  /** Gives up what is under way and lets go of what has come. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    releaseBytes(this.#first);
    this.#first = undefined;
    this.#options.onClosed();
  }

  /** What is to be told of: the first byte; then, unless all of it is wanted, how it goes on. */
  *#lengths(): Generator<number> {
    yield 1;
    const { isWhole, limitBytes } = this.#options;
    while (!isWhole && this.#isComing && this.filled < limitBytes) {
      const step = Math.max(toldEach.bytes, this.#bytesPerMs * toldEach.ms);
      const next = this.filled + step;
      yield Math.floor(this.filled < this.#until ? Math.min(next, this.#until) : next);
    }
  }

  /** As it has come so far. */
  get #bytesPerMs(): number {
    const comingMs = this.#lastAt - (this.#firstAt ?? this.#lastAt);
    return comingMs > 0 ? (this.filled - this.#firstFilled) / comingMs : 0;
  }

  #served(): void {
    if (--this.#readsLeft <= 0) this.close();
  }

  #come(first: Bytes, size: number | undefined): void {
    if (this.#isClosed || !this.#isComing || first.length <= this.filled) return;
    this.#size ??= size;
    retainBytes(first);
    this.#take(first);
    this.#lastAt = performance.now();
    this.#firstAt ??= this.#lastAt;
    this.#firstFilled ||= first.length;
    if (Math.max(this.#size ?? 0, first.length) > this.#options.limitBytes) this.#stop();
    else this.#stopWhenEnough();
  }

  /** In the place of fewer bytes. */
  #take(first: Bytes): void {
    if (this.#isClosed) {
      releaseBytes(first);
      return;
    }
    releaseBytes(this.#first);
    this.#first = first;
    const ready = this.#waiting.filter(({ length }) => length <= first.length);
    this.#waiting = this.#waiting.filter(({ length }) => length > first.length);
    for (const { wake } of ready) wake();
  }

  #stopWhenEnough(): void {
    if (this.filled >= this.#until && this.#isComing) this.#stop();
  }

  #stop(): void {
    this.#giveUp.abort();
    this.#end();
  }

  #end(): void {
    this.#isComing = false;
    for (const { wake } of this.#waiting.splice(0)) wake();
  }
}
