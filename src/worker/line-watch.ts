/**
 * What the answers of workers tell of the line: how soon the first byte comes, and how fast one connection brings the rest.
 *
 * @module
 */

/** Of one answer. */
export interface LineSample {
  /** From the request to the headers. */
  readonly waitMs: number;
  /** From the headers to the last byte. */
  readonly comingMs: number;
  readonly bytes: number;
}

/** Shorter bodies tell how long the line takes, not how fast it is. */
const leastBytes = 64 * 1024;
/** Answers that count, and how many make an opinion. */
const keptAnswers = 32;
const enoughAnswers = 4;
/** Clocks are coarse where a page is not isolated. */
const leastMs = 0.2;

/** The answers that came last, of all servers that a pool reads from. */
export class LineWatch {
  #answers: { readonly origin: string; readonly waitMs: number; readonly bytesPerMs: number }[] = [];

  note(origin: string, { waitMs, comingMs, bytes }: LineSample): void {
    if (bytes < leastBytes) return;
    this.#answers.push({ origin, waitMs, bytesPerMs: bytes / Math.max(leastMs, comingMs) });
    if (this.#answers.length > keptAnswers) this.#answers.shift();
  }

  /**
   * Bytes that one connection brings while another answer is waited for: its median speed, with others beside it, times the shortest wait, as
   * others waited for a socket too. Of several servers, the least. `undefined` while too few have answered.
   */
  get roundTripBytes(): number | undefined {
    const origins = new Set(this.#answers.map(({ origin }) => origin));
    const known = [...origins].flatMap((origin) => {
      const own = this.#answers.filter((answer) => answer.origin === origin);
      if (own.length < enoughAnswers) return [];
      const speeds = own.map(({ bytesPerMs }) => bytesPerMs).sort((a, b) => a - b);
      return Math.min(...own.map(({ waitMs }) => waitMs)) * speeds[speeds.length >> 1]!;
    });
    return known.length === 0 ? undefined : Math.min(...known);
  }
}
