/**
 * A store whose keys are references into other files: bytes in the document itself, or ranges of files anywhere.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import { type Bytes, type Lane, releaseBytes } from "../net/lane.js";
import { redactUrl } from "../net/redact.js";
import { boundRange, copyRange, readRange } from "./read-range.js";
import type { Reference, References } from "./references.js";
import {
  type BytesPlace,
  canHold,
  type HoldingStore,
  type ListableStore,
  type ReadableStore,
  type ReadOptions,
} from "./types.js";

/** A referenced file: the store it is read from, and its key there. */
export interface OpenedTarget {
  readonly store: ReadableStore;
  readonly key: AbsolutePath;
}

/** Opens the store of a file by its address. */
export type OpenTarget = (url: string) => Promise<OpenedTarget>;

type Placed = Extract<Reference, { kind: "target" }>;

/** Reads what references lead to. A file that a reference names and that is not there is an error, never a hole. */
export class ReferenceStore implements ListableStore, HoldingStore {
  /** The stores of the files count their own requests; what the document holds costs none. */
  readonly meters = true;
  readonly #references: References;
  readonly #open: OpenTarget;

  constructor(references: References, open: OpenTarget) {
    this.#references = references;
    this.#open = open;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    const reference = this.#references.get(key.slice(1));
    if (reference === undefined) return undefined;
    if (reference.kind === "inline") return reference.bytes;
    return this.#read(key, reference, undefined, options);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    const reference = this.#references.get(key.slice(1));
    if (reference === undefined) return undefined;
    if (reference.kind === "inline") return copyRange(reference.bytes, range);
    return this.#read(key, reference, range, options);
  }

  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    const reference = this.#references.get(key.slice(1));
    if (reference === undefined) return undefined;
    if (reference.kind === "inline") return reference.bytes.length;
    if (reference.length !== undefined) return reference.length;
    const target = await this.#open(reference.url);
    const size =
      typeof target.store.size === "function"
        ? await target.store.size(target.key, forTarget(options))
        : (await target.store.get(target.key, forTarget(options)))?.length;
    if (size === undefined) throw missing(key, reference);
    return size;
  }

  placeOf(key: AbsolutePath, range: ByteRange | undefined): BytesPlace | undefined {
    const reference = this.#references.get(key.slice(1));
    if (reference?.kind !== "target") return {};
    const wanted = rangeInTarget(reference, range);
    return wanted !== undefined && "offset" in wanted
      ? { object: reference.url, range: wanted }
      : { object: reference.url };
  }

  async hold(
    key: AbsolutePath,
    range: RangeQuery | undefined,
    lane: Lane,
    options: ReadOptions = {},
  ): Promise<Bytes | undefined> {
    options.signal?.throwIfAborted();
    const reference = this.#references.get(key.slice(1));
    if (reference?.kind !== "target") return range === undefined ? this.get(key) : this.getRange(key, range);
    return this.#read(key, reference, range, options, lane);
  }

  async *list(prefix: AbsolutePath, options: ReadOptions = {}): AsyncIterable<{ key: AbsolutePath }> {
    for (const key of this.#references.keys()) {
      options.signal?.throwIfAborted();
      if (`/${key}`.startsWith(prefix)) yield { key: `/${key}` };
    }
  }

  #read(
    key: AbsolutePath,
    reference: Placed,
    range: RangeQuery | undefined,
    options: ReadOptions,
  ): Promise<Uint8Array>;
  #read(
    key: AbsolutePath,
    reference: Placed,
    range: RangeQuery | undefined,
    options: ReadOptions,
    lane: Lane,
  ): Promise<Bytes>;
  async #read(
    key: AbsolutePath,
    reference: Placed,
    range: RangeQuery | undefined,
    options: ReadOptions,
    lane?: Lane,
  ): Promise<Bytes> {
    const wanted = rangeInTarget(reference, range);
    if (wanted !== undefined && "length" in wanted && wanted.length === 0) return new Uint8Array(0);
    const { store, key: file } = await this.#open(reference.url);
    const own = forTarget(options);
    let bytes: Bytes | undefined;
    if (lane !== undefined && canHold(store)) bytes = await store.hold(file, wanted, lane, own);
    else if (wanted === undefined) bytes = await store.get(file, own);
    else bytes = await readRange(store, file, wanted, own);
    if (bytes === undefined) throw missing(key, reference);
    const isShort =
      reference.length !== undefined &&
      wanted !== undefined &&
      "length" in wanted &&
      bytes.length < wanted.length;
    if (!isShort) return bytes;
    releaseBytes(bytes);
    throw new ReaderError(
      "corrupt",
      `The reference of ${key} takes more of ${redactUrl(reference.url)} than there is: ${bytes.length} of ${wanted.length} bytes.`,
      { hint: "The file may have changed since the references were made.", detail: { key } },
    );
  }
}

/** A range of what a reference names, as a range of the file. */
function rangeInTarget({ offset, length }: Placed, range: RangeQuery | undefined): RangeQuery | undefined {
  if (offset === undefined || length === undefined) return range;
  if (range === undefined) return { offset, length };
  const part = boundRange(range, length);
  return { offset: offset + part.offset, length: part.length };
}

/** A chunk may be missing by design; a file that a reference names may not. */
function forTarget({ mayBeAbsent: _, ...options }: ReadOptions): ReadOptions {
  return options;
}

function missing(key: string, { url }: Placed): ReaderError {
  return new ReaderError(
    "not-found",
    `The reference of ${key} leads to ${redactUrl(url)}, which is not there.`,
    {
      hint: "The file may have been moved since the references were made.",
      detail: { key },
    },
  );
}
