/**
 * Progress that never decreases, told at most some times a second.
 *
 * @module
 */
import type { QueryRecorder, Recorder } from "./recorder.js";

/** Milliseconds of one query by stage. Stages overlap, so they add up to more than `total`. */
export interface StageTimes {
  /** Until the plan was made: indexes and labels read, chunks chosen. */
  readonly plan: number;
  /** During which at least one chunk was being fetched. */
  readonly fetch: number;
  /** Decoding and filtering, summed over workers. */
  readonly decode: number;
  /** Putting parts together. */
  readonly collect: number;
  readonly total: number;
}

export interface Progress {
  readonly partsDone: number;
  /** Absent while the plan is still being made. */
  readonly partsTotal?: number;
  readonly requests: number;
  readonly bytes: number;
  readonly rows: number;
  readonly times: StageTimes;
}

/** Requests and bytes of one query, counted as the bytes arrive, also those of bodies that break off or are given up. */
export interface ReadMeter {
  count(requests: number, bytes: number): void;
  /** Keeps the timeline of the query, where one is asked for. */
  readonly recorder?: Recorder | undefined;
}

/** Calls back at most once per this many milliseconds, and once at the end: a page draws 60 frames a second at best. */
const intervalMs = 50;

/** Keeps the time of each stage of one query. */
export class StageClock {
  readonly #startedAt = performance.now();
  #plan = 0;
  #fetch = 0;
  #decode = 0;
  #collect = 0;
  #fetching = 0;
  #fetchingSince = 0;

  planned(): void {
    this.#plan = performance.now() - this.#startedAt;
  }

  /** Measures the time during which at least one of the reads given to it is under way. */
  async fetching<T>(read: Promise<T>): Promise<T> {
    if (this.#fetching++ === 0) this.#fetchingSince = performance.now();
    try {
      return await read;
    } finally {
      if (--this.#fetching === 0) this.#fetch += performance.now() - this.#fetchingSince;
    }
  }

  decoded(ms: number): void {
    this.#decode += ms;
  }

  collecting<T>(work: () => T): T {
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      this.#collect += performance.now() - startedAt;
    }
  }

  get times(): StageTimes {
    const open = this.#fetching > 0 ? performance.now() - this.#fetchingSince : 0;
    return {
      plan: this.#plan,
      fetch: this.#fetch + open,
      decode: this.#decode,
      collect: this.#collect,
      total: performance.now() - this.#startedAt,
    };
  }
}

/** Counts for one query; `ReadMeter` for the stores. */
export class ProgressCounter implements ReadMeter {
  #partsDone = 0;
  #partsTotal: number | undefined;
  #requests = 0;
  #bytes = 0;
  #rows = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isOver = false;
  readonly stages: StageClock = new StageClock();
  readonly recorder: QueryRecorder | undefined;
  readonly #tell: ((progress: Progress) => void) | undefined;

  constructor(tell?: (progress: Progress) => void, recorder?: QueryRecorder) {
    this.#tell = tell;
    this.recorder = recorder;
  }

  count(requests: number, bytes: number): void {
    this.#requests += requests;
    this.#bytes += bytes;
    this.#tick();
  }

  setTotal(parts: number): void {
    this.#partsTotal = parts;
  }

  partDone(rows: number): void {
    this.#partsDone++;
    this.#rows += rows;
    this.#tick();
  }

  get snapshot(): Progress {
    const bare = {
      partsDone: this.#partsDone,
      requests: this.#requests,
      bytes: this.#bytes,
      rows: this.#rows,
      times: this.stages.times,
    };
    return this.#partsTotal === undefined ? bare : { ...bare, partsTotal: this.#partsTotal };
  }

  /** Tells the final state, whatever the clock says. */
  finish(): void {
    this.#tell?.(this.snapshot);
    this.end();
  }

  /** Tells nothing any more: what was given up may still be counted. */
  end(): void {
    this.#isOver = true;
  }

  #tick(): void {
    if (this.#tell === undefined || this.#isOver) return;
    const now = performance.now();
    if (now - this.#toldAt < intervalMs) return;
    this.#toldAt = now;
    this.#tell(this.snapshot);
  }
}
