/**
 * The framing of array files and of statistics: data, an index, its length (8 bytes) and a mark (4 bytes).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { readRange } from "../../store/read-range.js";
import type { ReadOptions } from "../../store/types.js";
import { comesWhole, type EndPlace, type EndWish, type ObjectEnd, readEnd } from "./read-end.js";

/** `ARRF`, behind the index of an array file. */
export const arrayFileMark = 0x46525241;
/** `ARST`, behind the index of a file of statistics. */
export const statisticsMark = 0x54535241;

/** Behind an index: its length, and the mark. */
export const trailerBytes = 12;
/** The root of an index, a few dozen blocks, names and values of attributes. */
const slackBytes = 8 * 1024;
/** What is read at least before it is known how long an index is. */
const leastTailBytes = 64 * 1024;
/** And at most: metadata of a hostile store may promise anything. */
const mostTailBytes = 4 * 1024 * 1024;

/** A file: an object, or a part of one. */
export interface FilePlace extends EndPlace {
  readonly key: AbsolutePath;
  readonly part?: ByteRange;
  /** For messages. */
  readonly where: string;
  /** How long its index may be, as far as is known. */
  readonly indexBytes?: number;
  /** Of the object, as a listing told it: one that does not end there is another. */
  readonly size?: number | undefined;
}

/**
 * Reads the index of a file: one request, two where it is longer than 64 KiB and than was expected; in browsers one more where
 * the file is too long to be read whole and nothing else tells where it ends (`readEnd`). Of an index alone two, in browsers one more
 * for its length.
 *
 * @returns `undefined` where there is no such object, or none of the size that was told
 * @throws ReaderError `corrupt`, `changed`, `limit-exceeded`
 */
export async function readIndex(
  engine: Engine,
  place: FilePlace,
  mark: number,
  options: ReadOptions,
): Promise<Uint8Array | undefined> {
  const { where, indexBytes = 0, take } = place;
  const expected =
    take === "none"
      ? trailerBytes
      : Math.min(mostTailBytes, Math.max(leastTailBytes, indexBytes + slackBytes));
  const isEnd = (bytes: Uint8Array): boolean => endsWith(bytes, mark);
  const end = await readTail(engine, place, { length: expected, isEnd }, options);
  if (end === undefined) return undefined;
  if (place.size !== undefined && (end.size !== place.size || !isEnd(end.bytes))) return undefined;
  const { bytes: tail, size } = end;
  const needed = indexLength(tail, where, mark) + trailerBytes;
  if (needed <= tail.length) return cutIndex(tail, needed);
  const longer = (await readTail(engine, place, { length: needed, size }, options))?.bytes;
  if (longer === undefined || indexLength(longer, where, mark) + trailerBytes !== needed) {
    throw new ReaderError("changed", `${where} changed while it was read.`, {
      hint: "Open the store again.",
    });
  }
  if (longer.length >= needed) return cutIndex(longer, needed);
  throw new ReaderError("corrupt", `${where} has ${longer.length} bytes and an index of ${needed}.`, {
    detail: { key: where },
  });
}

async function readTail(
  { store }: Engine,
  { key, part, data, isAlone, openBody, take, size }: FilePlace,
  wish: Pick<EndWish, "length" | "size" | "isEnd">,
  options: ReadOptions,
): Promise<ObjectEnd | undefined> {
  if (part === undefined)
    return readEnd(store, key, { size, ...wish, data, isAlone, openBody, take }, options);
  const length = comesWhole(data, take) ? part.length : wish.length;
  const start = part.offset + Math.max(0, part.length - length);
  const range = { offset: start, length: part.offset + part.length - start };
  const bytes = await readRange(store, key, range, options);
  return bytes && { bytes };
}

/** Bytes of the index, from the last bytes of a file. */
function indexLength(tail: Uint8Array, where: string, mark: number): number {
  if (!endsWith(tail, mark)) {
    throw new ReaderError("corrupt", `${where} does not end as such a file of an ATLAS store does.`, {
      hint: "The upload may have been cut short; copy it again.",
      detail: { key: where },
    });
  }
  const length = viewOf(tail).getBigUint64(tail.length - trailerBytes, true);
  if (length < 2n ** 31n) return Number(length);
  throw new ReaderError("limit-exceeded", `${where} promises an index of ${length} bytes.`, {
    detail: { key: where },
  });
}

function endsWith(tail: Uint8Array, mark: number): boolean {
  return tail.length >= trailerBytes && viewOf(tail).getUint32(tail.length - 4, true) === mark;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** As a copy: a view would keep the data in front of it in memory. */
function cutIndex(tail: Uint8Array, needed: number): Uint8Array {
  return tail.slice(tail.length - needed, tail.length - trailerBytes);
}
