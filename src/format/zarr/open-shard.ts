/**
 * Opens a shard by its body: one request tells its size and brings its chunks, where most of them are wanted; the index is
 * cut from it, or asked for meanwhile (docs/design/object-storage.md §5).
 *
 * @module
 */
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { OpenBodies } from "../../engine/open-bodies.js";
import type { OpenBody } from "../../engine/open-body.js";
import { type Bytes, releaseBytes } from "../../net/lane.js";
import { readRange } from "../../store/read-range.js";
import type { ReadableStore } from "../../store/types.js";
import type { ShardLevel } from "./sharding.js";

/** What a query will read of one shard. */
export interface ShardDemand {
  readonly bodies: OpenBodies;
  /** In the grid of the smallest chunks: one for each part of the result. */
  readonly chunks: readonly (readonly number[])[];
  /** Chunks that may be stored there. */
  readonly stored: number;
  /** What the shard may come to, where that is known. */
  readonly atMostBytes: number | undefined;
  /** What it may come to otherwise. */
  readonly expectedBytes?: number | undefined;
}

/** From this share of its chunks on a shard is read whole: of what comes, a third at most is not wanted. */
const wholeShare = 3 / 4;
/** From this share on its body is begun in the place of asking for its size, and goes on while the index comes. */
const openShare = 1 / 4;
/** A shard that cannot be larger is read whole for any of its chunks: a gap as large is read to save a request, too. */
const tinyBytes = 256 * 1024;
/** A smaller body is here before another answer could be. */
const smallBytes = 1024 * 1024;
/** What is left of a body that may rather come than cost its connection. */
const restBytes = 128 * 1024;

export interface OpenedShard {
  readonly size: number;
  /** The index as it is stored. */
  readonly index: Bytes;
  /** Told where the chunks lie that are wanted: keeps what will be served from the body, and ends it where that ends. */
  keep(ranges: readonly ByteRange[]): void;
  /** Lets go of the body. */
  close(): void;
}

/**
 * Begins the body of a shard, if so much of it is wanted, and brings the index.
 *
 * @param store for an index that is here before the end of the body
 * @returns `"absent"` where there is no such shard; `undefined` where it is to be opened by its size
 */
export async function openShard(
  key: AbsolutePath,
  { indexBytes, indexAtEnd }: ShardLevel,
  { bodies, chunks, stored, atMostBytes, expectedBytes }: ShardDemand,
  store: ReadableStore,
  signal: AbortSignal,
): Promise<OpenedShard | "absent" | undefined> {
  const share = chunks.length / stored;
  const isTiny = atMostBytes !== undefined && atMostBytes <= tinyBytes;
  if (share < openShare && !isTiny) return undefined;
  const isWhole = isTiny || share >= wholeShare;
  const body = bodies.open(key, { atMostBytes, expectedBytes, share, isWhole });
  if (body === undefined) return undefined;
  try {
    const index = (await body.began)
      ? await readIndex(body, { indexBytes, indexAtEnd, isWhole, store })
      : "absent";
    const { size } = body;
    if (size === undefined || index === undefined || index === "absent") {
      body.close();
      return index === "absent" ? index : undefined;
    }
    return {
      size,
      index,
      keep: (ranges) => keepRanges(body, ranges, isWhole),
      close: () => body.close(),
    };
  } catch (thrown) {
    body.close();
    // The query that began it may be given up while another waits for the index.
    if (bodies.isClosed && !signal.aborted) return undefined;
    throw thrown;
  }
}

type IndexPlace = Pick<ShardLevel, "indexBytes" | "indexAtEnd"> & {
  readonly isWhole: boolean;
  readonly store: ReadableStore;
};

/** Cut from the body, or asked for while that comes: whichever is here first. `undefined` where the body breaks off. */
async function readIndex(
  body: OpenBody,
  { indexBytes: length, indexAtEnd, isWhole, store }: IndexPlace,
): Promise<Bytes | undefined> {
  if (!indexAtEnd) return body.read({ offset: 0, length });
  if (isWhole || (body.size ?? 0) <= smallBytes) await body.ended;
  const { size } = body;
  if (size === undefined || size < length) return undefined;
  const range = { offset: size - length, length };
  const coming = body.read(range);
  if (isWhole || size <= smallBytes) return coming;
  const decided = new AbortController();
  const asked = readRange(store, body.key, range, { signal: decided.signal }).catch(() => undefined);
  const index = await Promise.race([coming, asked.then((bytes) => bytes ?? coming)]);
  decided.abort();
  coming.then((bytes) => {
    if (bytes !== index) releaseBytes(bytes);
  });
  return index ?? asked;
}

function keepRanges(body: OpenBody, ranges: readonly ByteRange[], isWhole: boolean): void {
  const { horizon, size = 0 } = body;
  const ends = ranges.map(({ offset, length }) => offset + length);
  const near = isWhole ? ends : ends.filter((end) => end <= horizon);
  const until = Math.max(0, ...near);
  body.keep(isWhole || size - until <= restBytes ? Number.POSITIVE_INFINITY : until, near.length);
}
