/**
 * The end of an object, where its index lies, for as few requests as there can be. Suffix ranges cost browsers a preflight, and a
 * bounded one needs the length first: there small objects are read whole instead, and a longer one tells its length as it is
 * given up. Where the metadata promise a small object, that is done everywhere, because its data come with it. Where they tell how
 * many bytes lie in front of the index, what comes behind these is asked for, wherever it ends.
 *
 * @module
 */
import { isReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { OpenBodies } from "../../engine/open-bodies.js";
import type { OpenBody } from "../../engine/open-body.js";
import { inBrowser } from "../../net/environment.js";
import { readRange } from "../../store/read-range.js";
import { canDescribe, type ReadableStore, type ReadOptions } from "../../store/types.js";
import type { DataExtent } from "./index-size.js";

/** So many bytes of data may come with an index: in less time than a request of their own would take. */
const fewBytes = 1024 * 1024;
/** And so many where they are wanted and compressed, together as a rule: a block of the packages is of 8 MiB. */
const blockBytes = 8 * 1024 * 1024;
/** So many bytes in front of an index, and behind where it should end: what was not written, and what was written again. */
const marginBytes = 64 * 1024;
/** A body may hold so many bytes of data: longer ones are given up when their size is known. */
const mostBodyBytes = 64 * 1024 * 1024;

/** Which data may come with an index: none, those that cost next to nothing (the default), or all of a block, as they are read next. */
export type DataTake = "none" | "few" | "block";

/** What is known of an object before it is read. */
export interface EndPlace {
  /** What lies in front of the index, as far as is known. */
  readonly data?: DataExtent | undefined;
  /** All of that is in this object, as far as is known. */
  readonly isAlone?: boolean | undefined;
  /** Opens it by its body, which serves the query that it is read for. */
  readonly openBody?: ((key: AbsolutePath) => OpenBody | undefined) | undefined;
  readonly take?: DataTake | undefined;
}

/** How much of the end is wanted. */
export interface EndWish extends EndPlace {
  readonly length: number;
  /** Of the object, where it is known. */
  readonly size?: number | undefined;
  /** Whether bytes end as such an object does. */
  isEnd?(bytes: Uint8Array): boolean;
}

/** What came: so much of the end as was wanted at least, unless the object is shorter. */
export interface ObjectEnd {
  readonly bytes: Uint8Array;
  /** Of the object, where it was told. */
  readonly size?: number;
}

/**
 * Reads the end of an object, or all of it.
 *
 * @returns `undefined` where there is no such object
 */
export async function readEnd(
  store: ReadableStore,
  key: AbsolutePath,
  wish: EndWish,
  options: ReadOptions,
): Promise<ObjectEnd | undefined> {
  const { length, data, take, size } = wish;
  // What lies on this machine tells its length for nothing.
  if (isSmall(wish) && canDescribe(store)) {
    try {
      const bytes = await store.get(key, { ...options, maxBytes: length + mostBytes(data, take) });
      return bytes && { bytes, size: bytes.length };
    } catch (thrown) {
      if (!isReaderError(thrown, "range-unsupported")) throw thrown;
      const { size: told } = thrown.detail;
      if (told !== undefined) return readLast(store, key, length, told, options);
    }
  }
  if (size !== undefined) return readLast(store, key, length, size, options);
  if (wish.isAlone && take !== "none" && inBrowser() && canDescribe(store)) {
    const end =
      (await readBehind(store, key, wish, options)) ?? (await readBeside(store, key, wish, options));
    if (end !== undefined) return end === "absent" ? undefined : end;
  }
  const bytes = await readRange(store, key, { suffixLength: length }, options);
  return bytes && { bytes };
}

/** Whether an object is read whole, for its index and what it has besides. */
function isSmall({ length, data, take, size }: EndWish): boolean {
  if (take === "none") return false;
  const isPromised = comesWhole(data, take);
  if (size !== undefined) return size <= length + (isPromised ? mostBytes(data, take) : fewBytes);
  // Where nothing is known, it is worth a try if the length would be a request of its own.
  return isPromised || ((data === undefined || data.isLeast) && inBrowser());
}

/** Whether the length of an object is a request of its own, before its end is read or the object itself. */
export function asksLength(store: ReadableStore, { data, openBody, take }: EndPlace): boolean {
  if (!inBrowser() || !canDescribe(store)) return false;
  if (take === "none") return true;
  if (data === undefined) return false;
  // It does not come whole for all that else may come with it.
  if (data.isLeast) return data.dataBytes > (data.isCompressed ? blockBytes : 2 * fewBytes);
  return !comesWhole(data, take) && !data.isStored && openBody === undefined;
}

/** So many bytes of data may come along. */
function mostBytes(data: DataExtent | undefined, take: DataTake | undefined): number {
  return take === "block" && data?.isCompressed && !data.isLeast ? blockBytes : fewBytes;
}

/** Whether an object with these data is read whole for any of them. */
export function comesWhole(data: DataExtent | undefined, take: DataTake | undefined): boolean {
  if (data === undefined || data.isLeast || take === "none") return false;
  return data.dataBytes <= mostBytes(data, take);
}

/** What lies behind data that are stored as they are: as many bytes as all values take. `undefined` where that is not its end. */
async function readBehind(
  store: ReadableStore,
  key: AbsolutePath,
  { length, data, isEnd }: EndWish,
  options: ReadOptions,
): Promise<ObjectEnd | "absent" | undefined> {
  // A damaged shape may promise more than any object has.
  if (!data?.isStored || data.isLeast || !Number.isSafeInteger(data.dataBytes)) return undefined;
  const range = { offset: Math.max(0, data.dataBytes - marginBytes), length: length + 2 * marginBytes };
  const bytes = await readRange(store, key, range, { ...options, isToEnd: true });
  if (bytes === undefined) return "absent";
  const isAll = bytes.length < range.length && isEnd?.(bytes) === true;
  return isAll ? { bytes, size: range.offset + bytes.length } : undefined;
}

/** The end beside a body, which tells the size in the place of a request of its own, and brings what is wanted in front. */
async function readBeside(
  store: ReadableStore,
  key: AbsolutePath,
  { length, openBody }: EndWish,
  options: ReadOptions,
): Promise<ObjectEnd | "absent" | undefined> {
  const body = openBody?.(key);
  if (body === undefined) return undefined;
  try {
    if (!(await body.began)) {
      body.close();
      return "absent";
    }
    if (body.size !== undefined) return await readLast(store, key, length, body.size, options);
  } catch {
    // Others may wait for the index when the query is given up that began the body.
    options.signal?.throwIfAborted();
  }
  body.close();
  return undefined;
}

/** How a query opens array files by their bodies: where it wants what lies in the first block. */
export function bodyOpener(
  bodies: OpenBodies,
  { dataBytes, frontBytes, isCompressed, isLeast }: DataExtent,
  indexBytes: number,
): EndPlace["openBody"] {
  if (!isCompressed || isLeast || frontBytes >= blockBytes || dataBytes > mostBodyBytes) return undefined;
  return (key) => bodies.open(key, { atMostBytes: dataBytes + indexBytes, share: 1, isWhole: false });
}

async function readLast(
  store: ReadableStore,
  key: AbsolutePath,
  length: number,
  size: number,
  options: ReadOptions,
): Promise<ObjectEnd | undefined> {
  const offset = Math.max(0, size - length);
  const bytes = await readRange(store, key, { offset, length: size - offset }, options);
  return bytes && { bytes, size: offset + bytes.length };
}
