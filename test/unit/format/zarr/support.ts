import { ReaderError } from "../../../../src/core/error.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../../../../src/core/plan.js";
import { createEngine, type Engine } from "../../../../src/engine/engine.js";
import type { ListableStore, ReadableStore, ReadOptions } from "../../../../src/store/types.js";
import { createPool } from "../../../../src/worker/pool.js";

/** Objects in memory, a note of every read, and a switch to fail some. */
export class TestStore implements ReadableStore {
  readonly objects = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  readonly forbidden = new Set<string>();
  /** Waited for before every answer. */
  gate: Promise<void> = Promise.resolve();

  put(key: string, content: Uint8Array | object): this {
    const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
    this.objects.set(key, bytes);
    return this;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    this.asked.push(key);
    return this.#answer(key, options);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    const { offset, length } = range as ByteRange;
    this.asked.push(`${key} ${offset}+${length}`);
    return (await this.#answer(key, options))?.subarray(offset, offset + length);
  }

  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    this.asked.push(`${key} size`);
    return (await this.#answer(key, options))?.length;
  }

  async #answer(key: string, options: ReadOptions): Promise<Uint8Array | undefined> {
    await this.gate;
    options.signal?.throwIfAborted();
    if (this.forbidden.has(key)) throw new ReaderError("forbidden", `${key} is not for you.`);
    return this.objects.get(key);
  }
}

/** The same, and it lists its keys. */
export class ListingStore extends TestStore implements ListableStore {
  async *list(prefix: AbsolutePath): AsyncIterable<{ key: AbsolutePath }> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield { key: key as AbsolutePath };
  }
}

const pool = createPool({ workers: 0 });

/** An engine over a store, without workers; what it reports is collected. */
export function testEngine(store: ReadableStore, reports: string[] = []): Engine {
  return createEngine({
    store,
    pool,
    onDiagnostic: ({ code, message }) => {
      reports.push(`${code}: ${message}`);
    },
  });
}

/** Metadata of a v3 array, uncompressed; what is given replaces the defaults. */
export function arrayV3(shape: readonly number[], chunks: readonly number[], other: object = {}): object {
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: "int16",
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: "default" },
    fill_value: -1,
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    attributes: {},
    ...other,
  };
}

/** A consolidated v3 group. */
export function groupV3(nodes: Record<string, object>, attributes: object = {}): object {
  return {
    zarr_format: 3,
    node_type: "group",
    attributes,
    consolidated_metadata: { kind: "inline", must_understand: false, metadata: nodes },
  };
}

/** The bytes of numbers. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** What a call throws, or what its promise rejects with. */
export async function thrownBy(call: () => unknown): Promise<ReaderError> {
  try {
    await call();
  } catch (error) {
    return error as ReaderError;
  }
  throw new Error("nothing was thrown");
}
