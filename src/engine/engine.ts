/**
 * The engine a format is handed: the store it plans over, the pool that decodes, and small reads of indexes.
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import { raceAbort } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, ChunkRead, ColumnRead } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import type { Bytes, Lane } from "../net/lane.js";
import type { PriorityWish } from "../net/priority.js";
import type { OpenElsewhere } from "../store/elsewhere.js";
import { defaultMergeLimits } from "../store/merge-limits.js";
import { readRange } from "../store/read-range.js";
import { canHold, type ReadableStore, type ReadOptions } from "../store/types.js";
import type { DecodePool, RunOptions } from "../worker/pool.js";
import type { BlockResult, ColumnTask, RowsResult } from "../worker/protocol.js";
import type { KnownSizes } from "./object-sizes.js";
import type { OpenBodies } from "./open-bodies.js";

export interface Engine {
  /** Already wrapped: cached, coalescing, limited, retrying. */
  readonly store: ReadableStore;
  readonly pool: DecodePool;
  /** How the store joins ranges of one object; what `explain` predicts with. */
  readonly coalesce: MergeLimits;
  /** Aborts when the dataset is closed. */
  readonly closed: AbortSignal;
  /** What was learnt of the sizes of objects; there with the first price. */
  sizes?: KnownSizes;
  /** Opens objects by their bodies, for one query; of formats that do. */
  openBodies?: (options: FetchOptions) => OpenBodies;
  /** Tells the user something once per code. */
  report(code: string, message: string): void;
  /**
   * Fetches and decodes one column on its own: a shard index, a coordinate array. Without a shape the block is as many
   * items as were stored.
   *
   * @param options `meter`: of the query that it is read for; what is read to plan is not counted
   * @returns `undefined` when the object is absent
   */
  readBlock(
    column: ColumnRead,
    options?: Pick<FetchOptions, "signal" | "meter">,
  ): Promise<BlockResult | undefined>;
  /** Decodes one column out of bytes at hand, which stay the caller's: one of several tables read together. */
  decodeBlock(column: ColumnTask<Bytes>, options?: { signal?: AbortSignal }): Promise<BlockResult>;
}

/** What a format is handed: an engine whose store is rooted at the dataset. */
export interface FormatContext {
  readonly engine: Engine;
  /** Redacted; for messages and `Dataset.url`. */
  readonly url: string;
  /** The key by which the format was detected; absent where it was given. */
  readonly marker?: AbsolutePath;
  /** Opens places that the data lead to; absent for stores without an address. */
  readonly elsewhere?: OpenElsewhere;
}

export interface EngineOptions {
  readonly store: ReadableStore;
  readonly pool: DecodePool;
  readonly coalesce?: MergeLimits;
  readonly onDiagnostic?: (diagnostic: { code: string; message: string }) => void;
  readonly closed?: AbortSignal;
}

/** Why nothing is read of a dataset any more. */
export function closedError(): ReaderError {
  return new ReaderError("config", "The dataset was closed; open it again to read on.");
}

/**
 * Asks something of a dataset, which ends when the dataset is closed: the signal handed on says so too, and where it is not heeded the answer is not
 * waited for.
 *
 * @throws ReaderError `config` when the dataset is closed, or the reason of the signal given
 */
export async function whileOpen<O extends { readonly signal?: AbortSignal }, T>(
  options: O,
  { closed }: Pick<Engine, "closed">,
  ask: (options: O & { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  closed.throwIfAborted();
  const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed]);
  return raceAbort(ask({ ...options, signal }), signal);
}

/** Puts an engine together. */
export function createEngine(options: EngineOptions): Engine {
  const { store, pool } = options;
  const told = new Set<string>();
  return {
    store,
    pool,
    coalesce: options.coalesce ?? defaultMergeLimits,
    closed: options.closed ?? new AbortController().signal,
    report(code, message) {
      if (told.has(code)) return;
      told.add(code);
      options.onDiagnostic?.({ code, message });
    },
    async readBlock(column, options = {}) {
      const task = await fetchColumn(column, store, options);
      if (task.bytes === undefined) return undefined;
      const { meter: _, ...running } = options;
      const owned = store.handsOver === true;
      return runBlock(pool, { ...task, name: column.read!.key }, recorded(column, { ...running, owned }));
    },
    decodeBlock: (column, options = {}) => runBlock(pool, column, recorded(column, options)),
  };

  /** Indexes are read for no query in particular: those that keep a timeline are told all the same. */
  function recorded({ name }: Pick<ColumnRead, "name">, options: RunOptions): RunOptions {
    const recorder = store.tap?.recorder;
    return recorder === undefined ? options : { ...options, record: recorder.task(name) };
  }
}

/** The whole of one column; without a shape, as many items as were stored. */
async function runBlock(
  pool: DecodePool,
  column: ColumnTask<Bytes>,
  options: RunOptions,
): Promise<BlockResult> {
  const { name: label, shape } = column;
  if (shape !== undefined) {
    const crop = shape.map((count) => ({ start: 0, count, step: 1 }));
    return (await pool.run({ kind: "block", label, column, crop }, options)) as BlockResult;
  }
  const table = { columns: [{ ...column, isTable: true }], conditions: [], positions: [], fields: [] };
  const { tables } = (await pool.run({ kind: "rows", label, ...table }, options)) as RowsResult;
  const data = tables![0]!;
  return { kind: "block", data, shape: [data.length] };
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  readonly meter?: ReadMeter;
  readonly priority?: PriorityWish;
  /** As of `ReadOptions`. */
  readonly queryBytes?: number;
}

/**
 * Reads the encoded bytes of one column; `bytes` stays away where nothing is stored. With a lane they stay there if the
 * store can leave them, and whoever asked releases them.
 */
export async function fetchColumn(
  column: ColumnRead,
  store: ReadableStore,
  options: FetchOptions = {},
  lane?: Lane,
): Promise<ColumnTask<Bytes>> {
  const { read, required, ...task } = column;
  if (read === undefined) return task;
  const bytes = await fetchBytes(read, store, { ...options, mayBeAbsent: true }, lane);
  if (bytes === undefined) {
    if (required) throw missingChunk(read.key);
    return task;
  }
  if (store.meters !== true) options.meter?.count(1, bytes.length);
  return { ...task, bytes };
}

async function fetchBytes(
  { key, range, isThrifty }: ChunkRead,
  store: ReadableStore,
  asked: ReadOptions,
  lane: Lane | undefined,
): Promise<Bytes | undefined> {
  if (range?.length === 0) return new Uint8Array(0);
  const options = isThrifty === true ? { ...asked, isThrifty } : asked;
  if (lane !== undefined && canHold(store)) return store.hold(key, range, lane, options);
  return range === undefined ? store.get(key, options) : readRange(store, key, range, options);
}

/** The error for a chunk that the metadata lists and the store lacks: an upload that did not finish, as a rule. */
export function missingChunk(key: string): ReaderError {
  return new ReaderError("corrupt", `${key} is listed in the metadata as stored, but it is not there.`, {
    hint: "The store may be uploaded in part; copy it again.",
    detail: { key },
  });
}
