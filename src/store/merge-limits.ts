/**
 * How far apart ranges may lie that one request reads (docs/design/object-storage.md §5).
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import { inBrowser } from "../net/environment.js";

const largestGapBytes = 1024 * 1024;
/** Of what comes over a quick line a quarter at least is wanted, as of a shard that is opened by its body. */
const quickWasteShare = 3;

/** A gap pays while it takes less time than a round trip: less in a browser far away, more in a data centre. */
export const defaultMergeLimits: MergeLimits = {
  maxGapBytes: inBrowser() ? 256 * 1024 : largestGapBytes,
  maxMergedBytes: 8 * 1024 * 1024,
};

/** Knows how much one connection brings in the time that another answer takes. */
export interface KnownLine {
  readonly roundTripBytes?: number | undefined;
}

/** Limits, and wider gaps where the line has shown that they take less time than a round trip. */
export class LineLimits implements MergeLimits {
  readonly maxMergedBytes: number;
  readonly #usualGapBytes: number;
  #line: KnownLine = {};
  #gapBytes: number;

  constructor({ maxGapBytes, maxMergedBytes }: MergeLimits) {
    this.maxMergedBytes = maxMergedBytes;
    this.#usualGapBytes = maxGapBytes;
    this.#gapBytes = maxGapBytes;
  }

  get maxGapBytes(): number {
    return this.#gapBytes;
  }

  get wasteShare(): number {
    return this.#gapBytes > this.#usualGapBytes ? quickWasteShare : 1;
  }

  follow(line: KnownLine): void {
    this.#line = line;
    this.settle();
  }

  settle(): void {
    const takenAsQuick = Math.min(largestGapBytes, this.#line.roundTripBytes ?? 0);
    this.#gapBytes = Math.max(this.#usualGapBytes, takenAsQuick);
  }
}
