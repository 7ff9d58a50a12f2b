/**
 * Progress that never decreases, told at most some times a second.
 *
 * @module
 */

export interface Progress {
  readonly partsDone: number;
  /** Absent while the plan is still being made. */
  readonly partsTotal?: number;
  readonly requests: number;
  readonly bytes: number;
  readonly rows: number;
}

/** Requests and bytes of one query, counted where the bytes arrive. */
export interface ReadMeter {
  count(requests: number, bytes: number): void;
}

/** Calls back at most once per this many milliseconds, and once at the end: a page draws 60 frames a second at best. */
const intervalMs = 50;

/** Counts for one query; `ReadMeter` for the stores. */
export class ProgressCounter implements ReadMeter {
  #partsDone = 0;
  #partsTotal: number | undefined;
  #requests = 0;
  #bytes = 0;
  #rows = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #tell: ((progress: Progress) => void) | undefined;

  constructor(tell?: (progress: Progress) => void) {
    this.#tell = tell;
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
    };
    return this.#partsTotal === undefined ? bare : { ...bare, partsTotal: this.#partsTotal };
  }

  /** Tells the final state, whatever the clock says. */
  finish(): void {
    this.#tell?.(this.snapshot);
  }

  #tick(): void {
    if (this.#tell === undefined) return;
    const now = performance.now();
    if (now - this.#toldAt < intervalMs) return;
    this.#toldAt = now;
    this.#tell(this.snapshot);
  }
}
