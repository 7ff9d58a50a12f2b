/**
 * Byte-range algebra: merge ranges whose gap is cheaper than a request, split what is too long for one, cut back.
 * Rules and numbers: docs/design/object-storage.md §5.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { ByteRange } from "../core/plan.js";

/** No typed array of a result is longer; an index that names more is damaged or hostile. */
const maxReadBytes = 2 ** 32;

export interface MergeLimits {
  /** Bytes between two ranges that may be read for nothing; 0 merges what touches, -1 merges nothing. */
  readonly maxGapBytes: number;
  /** Longest span one request may cover. */
  readonly maxMergedBytes: number;
  /** The share of the useful bytes of a request that gaps may come to. Default 1. */
  readonly wasteShare?: number;
  /** Takes over what was learnt of the line: at the beginning of a query or a price, so that both count alike. Absent: these stay. */
  settle?(): void;
}

export interface MergedRange extends ByteRange {
  /** Positions in the list of ranges that was given, in order of offset. */
  readonly members: readonly number[];
}

/** Gaps of a run may waste so many bytes, or a share of the useful ones, whichever is more. */
const usualWasteBytes = 256 * 1024;
/** A query of points stays below 1.3 times the bytes of its chunks with it (`npm run bench -- tiledb-box`). */
const thriftyWaste = { bytes: 128 * 1024, share: 1 / 4 } as const;

/**
 * Groups ranges into spans worth one request each. Every range is a member of exactly one span.
 *
 * @param isThrifty for reads that say so (`ChunkRead`)
 */
export function mergeRanges(
  ranges: readonly ByteRange[],
  limits: MergeLimits,
  isThrifty = false,
): MergedRange[] {
  const waste = isThrifty ? thriftyWaste : { bytes: usualWasteBytes, share: limits.wasteShare ?? 1 };
  const order = ranges.map((_, index) => index).sort((a, b) => ranges[a]!.offset - ranges[b]!.offset);
  const merged: MergedRange[] = [];
  let current: { offset: number; end: number; useful: number; members: number[] } | undefined;
  const close = (): void => {
    if (current === undefined) return;
    merged.push({ offset: current.offset, length: current.end - current.offset, members: current.members });
    current = undefined;
  };
  for (const index of order) {
    const { offset, length } = ranges[index]!;
    const end = offset + length;
    if (current !== undefined) {
      const span = Math.max(end, current.end) - current.offset;
      const useful = current.useful + Math.max(0, end - Math.max(offset, current.end));
      const joins =
        limits.maxGapBytes >= 0 &&
        offset - current.end <= limits.maxGapBytes &&
        span <= limits.maxMergedBytes &&
        span - useful <= Math.max(waste.bytes, waste.share * useful);
      if (joins) {
        current.end = Math.max(end, current.end);
        current.useful = useful;
        current.members.push(index);
        continue;
      }
    }
    close();
    current = { offset, end, useful: length, members: [index] };
  }
  close();
  return merged;
}

/** Cuts a range into equal parts of at most `maxBytes` each. */
export function splitRange(range: ByteRange, maxBytes: number): ByteRange[] {
  if (range.length > maxReadBytes) {
    throw new ReaderError("limit-exceeded", `A read of ${range.length} bytes is more than fits in memory.`, {
      hint: "The index that names it may be damaged.",
    });
  }
  const count = Math.max(1, Math.ceil(range.length / maxBytes));
  const step = Math.ceil(range.length / count);
  const parts: ByteRange[] = [];
  for (let start = 0; start < range.length; start += step) {
    parts.push({ offset: range.offset + start, length: Math.min(step, range.length - start) });
  }
  return parts.length === 0 ? [range] : parts;
}

/**
 * The part of `bytes`, read from `span`, that `range` asks for, as a view; shorter where `bytes` ended early.
 * `range` must begin inside `span`.
 */
export function cutRange(bytes: Uint8Array, span: ByteRange, range: ByteRange): Uint8Array {
  const start = range.offset - span.offset;
  return bytes.subarray(Math.min(start, bytes.length), Math.min(start + range.length, bytes.length));
}
