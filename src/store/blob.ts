/**
 * Files the user dropped on the page: one `Blob` per key, read in parts without loading the rest.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { fileFailure } from "./file-failure.js";
import type { ListableStore, ReadOptions } from "./types.js";

/** Reads blobs by key. */
export class BlobStore implements ListableStore {
  readonly handsOver = true;
  readonly #blobs: ReadonlyMap<string, Blob>;

  constructor(blobs: ReadonlyMap<string, Blob>) {
    this.#blobs = blobs;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    return readBlob(key, this.#blobs.get(key), options);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    const blob = this.#blobs.get(key);
    const start = "offset" in range ? range.offset : Math.max(0, (blob?.size ?? 0) - range.suffixLength);
    const end = "offset" in range ? range.offset + range.length : (blob?.size ?? 0);
    return readBlob(key, blob?.slice(start, end), options);
  }

  async size(key: AbsolutePath): Promise<number | undefined> {
    return this.#blobs.get(key)?.size;
  }

  async *list(prefix: AbsolutePath): AsyncIterable<{ key: AbsolutePath; size: number }> {
    for (const [key, blob] of this.#blobs) {
      if (key.startsWith(prefix)) yield { key: key as AbsolutePath, size: blob.size };
    }
  }
}

async function readBlob(
  key: string,
  blob: Blob | undefined,
  options: ReadOptions,
): Promise<Uint8Array | undefined> {
  if (blob === undefined) return undefined;
  try {
    return new Uint8Array(await raceAbort(blob.arrayBuffer(), options.signal));
  } catch (thrown) {
    throw options.signal?.aborted ? thrown : fileFailure(key, thrown);
  }
}
