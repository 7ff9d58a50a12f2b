/**
 * `cloudcrop/zarrita`: zarrita's arrays, decoded by this library's workers.
 *
 * @module
 */
import { toItems, type Values } from "../bytes/ragged.js";
import { ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import { stridesOf } from "../core/table.js";
import { createEngine, type Engine } from "../engine/engine.js";
import { shardingCodec } from "../format/zarr/codec-chain.js";
import type { StoredArray } from "../format/zarr/plan.js";
import { openArray, readChunk } from "../format/zarr/read-chunk.js";
import { ownStore } from "../store/own-store.js";
import type { StoreLike } from "../store/types.js";
import { withCoalescing } from "../store/with-coalescing.js";
import { createPool, type DecodePool } from "../worker/pool.js";

/** What is needed of a `zarr.Array`. */
export interface ZarritaArray {
  readonly store: StoreLike;
  readonly path: AbsolutePath;
  readonly dtype: string;
  readonly chunks: readonly number[];
  getChunk(
    coordinates: number[],
    options?: { signal?: AbortSignal },
    memory?: { useSharedArrayBuffer?: boolean },
  ): Promise<{ data: unknown; shape: number[]; stride: number[] }>;
}

export interface WorkerChunkOptions {
  /** Default: a pool of its own, ended by `dispose()`. */
  readonly pool?: DecodePool;
  readonly onDiagnostic?: (diagnostic: { code: string; message: string }) => void;
}

/** An extension of zarrita arrays: for `zarr.extendArray`, and for the `arrayExtensions` of a store. */
export interface WorkerChunks {
  <A extends ZarritaArray>(array: A): Promise<A>;
  /** Ends the workers of a pool of its own. */
  dispose(): void;
}

/** Types that are held in the same arrays here and there, besides strings. */
const sharedTypes: ReadonlySet<string> = new Set([
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float32",
  "float64",
  "string",
]);

/**
 * An array extension for zarrita whose `getChunk` reads, verifies and decodes with this library, in workers.
 *
 * What the two hold in other arrays (`bool`, `float16`, fixed-length text), and shards in shards, stay with zarrita; the
 * diagnostic `zarrita-decodes` says so. Shards that have to be decoded whole are refused. Ranges of one object are merged; wrap the store for a cache.
 *
 * @throws ReaderError from the extension what is wrong with the array; from `getChunk` what reading throws
 * @example
 * const workers = workerChunks();
 * const array = await zarr.extendArray(await zarr.open(store, { kind: "array" }), workers);
 */
export function workerChunks(options: WorkerChunkOptions = {}): WorkerChunks {
  const { onDiagnostic } = options;
  let own: DecodePool | undefined;
  const closing = new AbortController();
  const pool = (): DecodePool => {
    if (options.pool !== undefined) return options.pool;
    own ??= createPool(onDiagnostic === undefined ? {} : { onDiagnostic });
    return own;
  };
  const extend = async <A extends ZarritaArray>(array: A): Promise<A> => {
    const engine = createEngine({
      store: withCoalescing(ownStore(array.store)),
      pool: pool(),
      closed: closing.signal,
      ...(onDiagnostic === undefined ? {} : { onDiagnostic }),
    });
    const stored = await openArray(engine, array.path);
    if (!isShared(array, stored)) {
      refuseAroundShards(stored.metadata, array.path);
      engine.report("zarrita-decodes", `${array.path} (${array.dtype}) is decoded by zarrita.`);
      return array;
    }
    return withGetChunk(array, (coordinates, given, memory) =>
      getChunk(stored, coordinates, engine, { ...given, ...memory }),
    );
  };
  const dispose = (): void => {
    closing.abort(new ReaderError("config", "The workers were disposed of while they read."));
    own?.dispose();
  };
  return Object.assign(extend, { dispose });
}

/** What zarrita would decode wrong without a word: it leaves out the codecs around the sharding codec (0.7.5). */
function refuseAroundShards({ codecs }: StoredArray["metadata"], path: string): void {
  const around = codecs.filter(({ name }) => name !== shardingCodec);
  if (around.length === codecs.length || around.length === 0) return;
  const names = around.map(({ name }) => name).join(", ");
  throw new ReaderError(
    "unsupported",
    `${path}: zarrita leaves out the codecs around its shards: ${names}.`,
    {
      hint: "Read it with this library's open().",
      detail: { key: path },
    },
  );
}

function isShared(array: ZarritaArray, { metadata, layout }: StoredArray): boolean {
  const sameGrid =
    metadata.chunkGrid === undefined &&
    array.chunks.length === layout.chunkShape.length &&
    array.chunks.every((size, axis) => size === layout.chunkShape[axis]);
  return sameGrid && array.dtype === metadata.dtype && sharedTypes.has(array.dtype);
}

async function getChunk(
  array: StoredArray,
  coordinates: readonly number[],
  engine: Engine,
  options: { signal?: AbortSignal; useSharedArrayBuffer?: boolean },
): Promise<{ data: unknown; shape: number[]; stride: number[] }> {
  const { layout, metadata, name } = array;
  const values = await readChunk(array, coordinates, engine, options.signal);
  const shape = [...layout.chunkShape];
  const data = holdItems(values, metadata.dtype, name, options.useSharedArrayBuffer === true);
  return { data, shape, stride: stridesOf(shape) };
}

function holdItems(values: Values, dtype: string, name: string, isSharedMemory: boolean): unknown {
  if ("offsets" in values) return toItems(values, dtype === "string" ? "string" : "bytes", name);
  if (!isSharedMemory) return values;
  const make = values.constructor as new (buffer: SharedArrayBuffer) => { set(from: typeof values): void };
  const shared = new make(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

/** The same array with another `getChunk`; its private fields want it as `this`, as zarrita's own extensions have it. */
function withGetChunk<A extends ZarritaArray>(array: A, getChunk: ZarritaArray["getChunk"]): A {
  return new Proxy(array, {
    get(target, name) {
      if (name === "getChunk") return getChunk;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
