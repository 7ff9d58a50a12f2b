/**
 * Decoding in one and in two workers: through the library's pool, and by a worker of the benchmark's own with each way for results to
 * leave, which shows what the pool could reach.
 *
 * @module
 */

import { createPool, type DecodePool } from "../../src/worker/pool.js";
import type { DecodeTask } from "../../src/worker/protocol.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { type Alternative, measure, median } from "../lib/measure.js";
import { rateRow, roundsOf, valueRow } from "../lib/rows.js";
import type { WorkerBatch, WorkerSetup } from "../page/decode-worker.js";

const ENCODING = "blosc-lz4-shuffle";
const REPEATS = 8;
/** A message carries 4 MiB of output, and two of them are under way to a worker (docs/design/wasm.md §3). */
const BATCH = 4;
const BATCHES_AHEAD = 2;

export async function runPool(host: Host): Promise<SuiteResult> {
  const rows: Row[] = [];
  const warnings: string[] = [];
  if (!crossOriginIsolated) warnings.push("Not isolated: no shared memory.");
  for (const set of ["climate-f32", "lidar-f32"]) {
    host.say(set);
    const { chunks, raw, chunkBytes } = await loadChunks(host, set);
    const alternatives: Record<string, Alternative> = {};
    const stops: (() => void)[] = [];
    for (const workers of [1, 2]) {
      const own = await startWorkers(workers, { chunks, chunkBytes, kernel: "blosc_decode" });
      const pool = createPool({ workers });
      stops.push(own.stop, () => pool.dispose());
      await checkPool(pool, chunks, raw);
      await checkOwn(own, raw, chunks.length);
      alternatives[`shared ${workers}`] = () => own.runShared();
      alternatives[`recycled ${workers}`] = () => own.runRecycled();
      alternatives[`fresh ${workers}`] = () => own.runFresh();
      alternatives[`createPool ${workers}`] = () => runThroughPool(pool, chunks, chunkBytes);
      alternatives[`createPool, grid ${workers}`] = () => runIntoGrid(pool, chunks, chunkBytes, raw);
    }
    const samples = await measure(alternatives, roundsOf(host.options.quick, 15));
    for (const stop of stops) stop();
    const units = raw.length * REPEATS;
    const of = (workers: number) =>
      Object.fromEntries(
        Object.entries(samples).flatMap(([name, list]) =>
          name.endsWith(` ${workers}`) ? [[name.slice(0, -2), list]] : [],
        ),
      );
    rows.push(rateRow(`one worker ${set}`, of(1), { units, unit: "GB/s" }));
    rows.push(rateRow(`two workers ${set}`, of(2), { units, unit: "GB/s" }));
    const [one, two] = [of(1), of(2)];
    const gains = Object.entries(one).map(
      ([name, list]) => [name, [median(list.map((ms, round) => ms / two[name]![round]!))]] as const,
    );
    rows.push(valueRow(`second worker ${set}`, "×", Object.fromEntries(gains)));
  }
  warnings.push(
    "shared, recycled and fresh are the benchmark's own worker over the same kernels; createPool is given the encoded chunks from the page, copied each time, and returns fresh buffers; its grid is in shared memory that is used again.",
  );
  return { rows, warnings, facts: { encoding: ENCODING, cores: navigator.hardwareConcurrency } };
}

async function loadChunks(host: Host, set: string) {
  const pack = host.manifest.packs.find((one) => one.encoding === ENCODING && one.set === set)!;
  const bytes = await host.load(`${set}.${ENCODING}.pack`);
  let at = 0;
  const chunks = pack.lengths.map((length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
  return { chunks, raw: await host.load(`${set}.raw`), chunkBytes: pack.chunkBytes };
}

function taskOf(bytes: Uint8Array, chunkBytes: number): DecodeTask {
  const count = chunkBytes / 4;
  return {
    kind: "block",
    label: "bench",
    column: {
      name: "values",
      bytes,
      codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "blosc" }],
      dtype: "float32",
      shape: [count],
    },
    crop: [{ start: 0, count, step: 1 }],
  };
}

async function runThroughPool(
  pool: DecodePool,
  chunks: readonly Uint8Array[],
  chunkBytes: number,
): Promise<void> {
  const work = Array.from({ length: REPEATS }, () => chunks).flat();
  await Promise.all(work.map((bytes) => pool.run(taskOf(bytes, chunkBytes))));
}

/** One grid of all the chunks, as a query of an array makes it, in memory of the one before. */
async function runIntoGrid(
  pool: DecodePool,
  chunks: readonly Uint8Array[],
  chunkBytes: number,
  raw: Uint8Array,
): Promise<void> {
  const work = Array.from({ length: REPEATS }, () => chunks).flat();
  const shape = [(work.length * chunkBytes) / 4];
  const grid = (await pool.openGrid!({ dtype: "float32", shape }))!;
  await Promise.all(
    work.map((bytes, index) => {
      const offset = [(index * chunkBytes) / 4];
      return pool.run(taskOf(bytes, chunkBytes), { target: { grid, offset } });
    }),
  );
  const { buffer } = await grid.finish({ item: new Uint8Array(4), boxes: [] });
  const last = new Uint8Array(buffer, (work.length - 1) * chunkBytes, chunkBytes);
  if (last[chunkBytes - 2] !== raw.at(-2)) throw new Error("createPool wrote another grid");
  pool.recycle!([buffer]);
}

async function checkPool(pool: DecodePool, chunks: readonly Uint8Array[], raw: Uint8Array): Promise<void> {
  const chunkBytes = raw.length / chunks.length;
  for (const [index, chunk] of chunks.entries()) {
    const result = await pool.run(taskOf(chunk, chunkBytes));
    if (result.kind !== "block") throw new Error("the pool returned no block");
    const { buffer, byteOffset, byteLength } = result.data as Uint8Array;
    expectSame(new Uint8Array(buffer, byteOffset, byteLength), raw, index * chunkBytes, "createPool");
  }
}

function expectSame(got: Uint8Array, raw: Uint8Array, from: number, name: string): void {
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== raw[from + i]) throw new Error(`${name} is wrong at byte ${from + i}`);
  }
}

type OwnWorkers = Awaited<ReturnType<typeof startWorkers>>;

async function checkOwn(own: OwnWorkers, raw: Uint8Array, count: number): Promise<void> {
  const chunkBytes = raw.length / count;
  await own.runShared();
  expectSame(own.shared.subarray(0, raw.length).slice(), raw, 0, "shared");
  for (const buffers of [await own.runFresh(), await own.runRecycled()]) {
    const first = buffers.get(0)!;
    expectSame(new Uint8Array(first), raw, 0, "transferred");
    if (first.byteLength !== chunkBytes) throw new Error("a transferred buffer has another length");
  }
}

async function startWorkers(count: number, setup: WorkerSetup) {
  const workers = await Promise.all(
    Array.from({ length: count }, async () => {
      const worker = new Worker(new URL("../page/decode-worker.ts", import.meta.url), { type: "module" });
      worker.postMessage(setup);
      await once(worker);
      return worker;
    }),
  );
  const { chunkBytes } = setup;
  const total = setup.chunks.length * REPEATS;
  const shared = new Uint8Array(new SharedArrayBuffer(total * chunkBytes)).fill(1);
  const batches = Array.from({ length: total / BATCH }, (_, i) => i * BATCH);
  const chunksOf = (first: number): number[] =>
    Array.from({ length: BATCH }, (_, i) => (first + i) % setup.chunks.length);
  const spare = Array.from(
    { length: count * BATCHES_AHEAD * BATCH },
    () => new Uint8Array(chunkBytes).fill(1).buffer,
  );

  /** Hands out batches, two ahead to each worker; answers of one worker come in order. */
  async function run(
    make: (first: number) => { batch: WorkerBatch; transfer: ArrayBuffer[] },
    take: (buffers: ArrayBuffer[], first: number) => void,
  ) {
    const waiting = [...batches];
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            const sent: number[] = [];
            const send = (): void => {
              const first = waiting.shift();
              if (first === undefined) return;
              const { batch, transfer } = make(first);
              sent.push(first);
              worker.postMessage(batch, transfer);
            };
            worker.onmessage = (event: MessageEvent<ArrayBuffer[]>) => {
              take(event.data, sent.shift()!);
              send();
              if (sent.length === 0) resolve();
            };
            for (let i = 0; i < BATCHES_AHEAD; i++) send();
            if (sent.length === 0) resolve();
          }),
      ),
    );
  }

  return {
    shared,
    runShared: () =>
      run(
        (first) => ({
          batch: {
            chunks: chunksOf(first),
            shared: {
              target: shared,
              offsets: Array.from({ length: BATCH }, (_, i) => (first + i) * chunkBytes),
            },
          },
          transfer: [],
        }),
        () => undefined,
      ),
    async runRecycled() {
      const last = new Map<number, ArrayBuffer>();
      await run(
        (first) => {
          const buffers = spare.splice(0, BATCH);
          return { batch: { chunks: chunksOf(first), buffers }, transfer: buffers };
        },
        (buffers, first) => {
          spare.push(...buffers);
          last.set(first % setup.chunks.length, buffers[0]!);
        },
      );
      return last;
    },
    async runFresh() {
      const last = new Map<number, ArrayBuffer>();
      await run(
        (first) => ({ batch: { chunks: chunksOf(first) }, transfer: [] }),
        (buffers, first) => last.set(first % setup.chunks.length, buffers[0]!),
      );
      return last;
    },
    stop: () => {
      for (const worker of workers) worker.terminate();
    },
  };
}

function once(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message || "a worker did not start"));
  });
}
