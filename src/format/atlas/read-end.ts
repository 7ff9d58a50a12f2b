/**
 * The end of an object, where its index lies, for as few requests as there can be. Suffix ranges cost browsers a preflight, and a
 * bounded one needs the length first: there small objects are read whole instead, and a longer one tells its length as it is
 * given up. Where the metadata promise a small object, that is done everywhere, because its data come with it.
 *
 * @module
 */
import { isReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import { inBrowser } from "../../net/environment.js";
import { readRange } from "../../store/read-range.js";
import { canDescribe, type ReadableStore, type ReadOptions } from "../../store/types.js";
import type { DataExtent } from "./index-size.js";

/** So many bytes of data may come with an index: in less time than a request of their own would take. */
const fewBytes = 1024 * 1024;
/** And so many where they are wanted and compressed, together as a rule: a block of the packages is of 8 MiB. */
const blockBytes = 8 * 1024 * 1024;

/** Which data may come with an index: none, those that cost next to nothing (the default), or all of a block, as they are read next. */
export type DataTake = "none" | "few" | "block";

/** How much of the end is wanted. */
export interface EndWish {
  readonly length: number;
  /** What lies in front of the index, as far as is known. */
  readonly data?: DataExtent | undefined;
  readonly take?: DataTake | undefined;
  /** Of the object, where it is known. */
  readonly size?: number | undefined;
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
  { length, data, take, size }: EndWish,
  options: ReadOptions,
): Promise<ObjectEnd | undefined> {
  if (size !== undefined) return readLast(store, key, length, size, options);
  const most = take === "block" && data?.isCompressed ? blockBytes : fewBytes;
  // Where nothing is known, it is worth a try if the length would be a request of its own.
  const isSmall = data === undefined ? inBrowser() : data.dataBytes <= most;
  // What lies on this machine tells its length for nothing.
  if (isSmall && take !== "none" && canDescribe(store)) {
    try {
      const bytes = await store.get(key, { ...options, maxBytes: length + most });
      return bytes && { bytes, size: bytes.length };
    } catch (thrown) {
      if (!isReaderError(thrown, "range-unsupported")) throw thrown;
      const { size: told } = thrown.detail;
      if (told !== undefined) return readLast(store, key, length, told, options);
    }
  }
  const bytes = await readRange(store, key, { suffixLength: length }, options);
  return bytes && { bytes };
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
  return bytes && { bytes, size };
}
