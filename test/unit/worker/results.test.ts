/**
 * What results lie in: shared memory, memory that was released, memory of the user's (docs/design/wasm.md §2).
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GridSource, type GridTable, isReaderError, open, slice } from "../../../src/index.js";
import { MemoryStore } from "../../../src/store/memory.js";
import type { DecodePool, PoolOptions } from "../../../src/worker/pool.js";
import { createPool } from "../../../src/worker/pool.js";
import type { RowsResult } from "../../../src/worker/protocol.js";
import type { LoopbackWorker, SentCall } from "../../support/loopback-worker.js";
import { startedPool } from "../../support/loopback-worker.js";

const side = 1100;
const cells = 300;
/** Neither is stored: one in the middle, one at the edge. */
const missing = [6, 15];

/** An array of several chunks with holes, of numbers that tell where they belong. */
function makeStore(fill: number | string = "NaN"): MemoryStore {
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [side, side],
    data_type: "float32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [cells, cells] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: fill,
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      { name: "gzip", configuration: { level: 1 } },
    ],
    attributes: {},
  };
  const objects = new Map<string, Uint8Array>([
    ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
  ]);
  for (let index = 0; index < 16; index++) {
    if (missing.includes(index)) continue;
    const [row, column] = [(index >> 2) * cells, (index & 3) * cells];
    const values = Float32Array.from(
      { length: cells * cells },
      (_, cell) => (row + Math.floor(cell / cells)) * side + column + (cell % cells),
    );
    objects.set(`/c/${index >> 2}/${index & 3}`, new Uint8Array(gzipSync(values, { level: 1 })));
  }
  return new MemoryStore(objects);
}

/** The wrong number in a result, of rows and columns from a place on. */
function firstWrong(data: Float32Array, fill = Number.NaN, from = 0, size = side): string | undefined {
  if (data.length !== size * size) return `${data.length} numbers`;
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    const [row, column] = [from + Math.floor(at / size), from + (at % size)];
    const chunk = Math.floor(row / cells) * 4 + Math.floor(column / cells);
    const wanted = missing.includes(chunk) ? fill : Math.fround(row * side + column);
    if (!Object.is(value, wanted)) return `${value} at ${row}, ${column}`;
  }
  return undefined;
}

const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

async function openGrid(
  options: PoolOptions = {},
  store = makeStore(),
): Promise<{ grid: GridSource; pool: DecodePool; workers: readonly LoopbackWorker[] }> {
  const { pool, workers } = await startedPool({ workers: 2, ...options });
  pools.push(pool);
  return { grid: await open(store, { pool, kind: "grid", cache: 0 }), pool, workers };
}

const bufferOf = (table: GridTable): ArrayBufferLike => (table.data as Float32Array).buffer;

const read = async (grid: GridSource, options = {}): Promise<Float32Array> =>
  (await grid.query({}, options)).data as Float32Array;

const calls = (workers: readonly LoopbackWorker[], name: string): number =>
  workers.flatMap(({ paths }) => paths).filter((path) => path === name).length;

describe("a large grid", () => {
  it("lies in shared memory where it can, and no block crosses", async () => {
    const { grid, workers } = await openGrid();
    const data = await read(grid);
    expect(data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(firstWrong(data)).toBeUndefined();
    expect(calls(workers, "openGrid")).toBe(2);
    expect(calls(workers, "place") + calls(workers, "takeGrid")).toBe(0);
    expect(workers.every(({ paths }) => paths.includes("run"))).toBe(true);
  });

  it("lies in memory that can be transferred where that is asked for", async () => {
    const { grid, workers } = await openGrid({ memory: "transferable" });
    const data = await read(grid);
    expect(data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(firstWrong(data)).toBeUndefined();
    // One worker writes its own blocks; those of the other go there without the page.
    expect(calls(workers, "openGrid")).toBe(1);
    expect([calls(workers, "openFarGrid"), calls(workers, "admitBlocks")]).toEqual([1, 1]);
    expect(calls(workers, "place")).toBe(0);
    expect(workers.every(({ paths }) => paths.includes("run"))).toBe(true);
    const alone = await openGrid({ memory: "transferable", workers: 1 });
    expect(firstWrong(await read(alone.grid))).toBeUndefined();
    expect(calls(alone.workers, "place")).toBe(0);
  });

  it("is the same without workers", async () => {
    const grid = await open(makeStore(-3), { pool: 0, kind: "grid" });
    expect(firstWrong(await read(grid), -3)).toBeUndefined();
  });
});

describe("release", () => {
  it.each(["shared", "transferable"] as const)(
    "of a table in %s memory lets the next one lie there, holes and all",
    async (memory) => {
      const { grid, workers } = await openGrid({ memory });
      const first = await grid.query();
      const buffer = bufferOf(first);
      (first.data as Float32Array).fill(12);
      grid.release(first);
      const sentBefore = workers.map(({ sent }) => sent.length);
      const data = await read(grid);
      expect(firstWrong(data)).toBeUndefined();
      if (memory === "shared") expect(data.buffer).toBe(buffer);
      else expect(buffer.byteLength).toBe(0);
      const opened = workers.flatMap(({ sent }, i) => sent.slice(sentBefore[i])).filter(isOpening);
      expect(opened.length).toBe(memory === "shared" ? 2 : 1);
      for (const { args } of opened) expect(args).toMatchObject([{}, expect.any(Number), {}]);
    },
  );

  it("of a fill of zero clears what was there", async () => {
    const { grid } = await openGrid({}, makeStore(0));
    const first = await grid.query();
    expect(firstWrong(first.data as Float32Array, 0)).toBeUndefined();
    (first.data as Float32Array).fill(12);
    grid.release(first);
    expect(firstWrong(await read(grid), 0)).toBeUndefined();
  });

  it("counts once for each table", async () => {
    const { grid } = await openGrid();
    const first = await grid.query();
    grid.release(first);
    const second = await grid.query();
    expect(bufferOf(second)).toBe(bufferOf(first));
    grid.release(first);
    const third = await grid.query();
    expect(bufferOf(third) === bufferOf(second)).toBe(false);
    expect(firstWrong(second.data as Float32Array)).toBeUndefined();
  });

  it("lets a viewer that reads again and again allocate nothing", async () => {
    const { grid } = await openGrid();
    const buffers = new Set<ArrayBufferLike>();
    for (let round = 0; round < 5; round++) {
      const table = await grid.read();
      buffers.add(bufferOf(table));
      grid.release(table);
    }
    expect(buffers.size).toBe(1);
  });

  it("serves small grids too, holes and all", async () => {
    const { grid } = await openGrid();
    const window = [slice(10, 510), slice(cells - 10, cells + 490)];
    const first = await grid.read(window);
    const wanted = [...(first.data as Float32Array)];
    expect(wanted.some(Number.isNaN)).toBe(true);
    expect(wanted.every(Number.isNaN)).toBe(false);
    (first.data as Float32Array).fill(12);
    grid.release(first);
    const second = await grid.read(window);
    expect(bufferOf(second)).toBe(bufferOf(first));
    expect([...(second.data as Float32Array)]).toEqual(wanted);
    expect(bufferOf(await grid.read(window))).not.toBe(bufferOf(first));
  });

  it("does the same for parts of a stream", async () => {
    const { grid, workers } = await openGrid({ memory: "transferable", workers: 1 });
    const rooms = (): number =>
      workers[0]!.sent.filter((one) => JSON.stringify(one)?.includes('"room"')).length;
    for (const released of [false, true]) {
      expect(rooms()).toBe(0);
      for await (const part of grid.stream({})) {
        const [row, column] = part.offset!;
        expect(part.data[0]).toBe(row! * side + column!);
        if (released) grid.release(part);
      }
    }
    for await (const part of grid.stream({}))
      expect(part.data[0]).toBe(part.offset![0]! * side + part.offset![1]!);
    expect(rooms()).toBeGreaterThan(5);
  });
});

const isOpening = ({ name }: SentCall): boolean => name === "openGrid";

describe("into", () => {
  it("an array of the user's: shared memory is written to, other memory moves to the table", async () => {
    const { grid } = await openGrid();
    const shared = new Float32Array(new SharedArrayBuffer(4 * (side * side + 7)), 8, side * side + 5).fill(5);
    const there = await read(grid, { into: shared });
    expect([there.buffer, there.byteOffset]).toEqual([shared.buffer, 8]);
    expect(firstWrong(there)).toBeUndefined();
    expect([...shared.subarray(side * side)]).toEqual([5, 5, 5, 5, 5]);

    const own = new Float32Array(side * side).fill(5);
    const moved = await read(grid, { into: own });
    expect(firstWrong(moved)).toBeUndefined();
    expect(moved.buffer).toBeInstanceOf(ArrayBuffer);
    expect(own.length).toBe(0);
    expect(firstWrong(await read(grid, { into: moved.buffer }))).toBeUndefined();
  });

  it("serves small results, which are put together here, and inline pools", async () => {
    const { grid } = await openGrid();
    const own = new Float32Array(20_000).fill(5);
    const box = [null, null].map(() => ({ start: 550, stop: 650, step: undefined }));
    const small = await grid.read(box, { into: own });
    expect(bufferOf(small)).toBe(own.buffer);
    expect(firstWrong(small.data as Float32Array, Number.NaN, 550, 100)).toBeUndefined();
    const inline = await open(makeStore(), { pool: 0, kind: "grid" });
    const all = new Float32Array(side * side).fill(5);
    expect(bufferOf(await inline.query({}, { into: all }))).toBe(all.buffer);
    expect(firstWrong(all)).toBeUndefined();
  });

  it("is refused where the result does not fit", async () => {
    const { grid } = await openGrid();
    const wrongType = await read(grid, { into: new Int32Array(side * side) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(wrongType).toMatchObject({
      code: "invalid-query",
      message: expect.stringContaining("Float32Array"),
    });
    const tooSmall = await read(grid, { into: new ArrayBuffer(100) }).catch((thrown: unknown) => thrown);
    expect(tooSmall).toMatchObject({ code: "invalid-query", message: expect.stringContaining("100 bytes") });
  });

  it("is no longer written to once the query has settled", async () => {
    const { grid } = await openGrid();
    const into = new Float32Array(new SharedArrayBuffer(4 * side * side));
    for (let delay = 0; delay < 12; delay += 2) {
      const controller = new AbortController();
      const reading = read(grid, { into, signal: controller.signal }).catch((thrown: unknown) => thrown);
      await new Promise((resolve) => setTimeout(resolve, delay));
      controller.abort("enough");
      expect(await reading).toBe("enough");
      into.fill(5);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(into.every((value) => value === 5)).toBe(true);
    }
    expect(firstWrong(await read(grid, { into }))).toBeUndefined();
  });

  const box = [slice(550, 650), slice(550, 650)];
  const detach = <T extends ArrayBuffer | Float32Array<ArrayBuffer>>(given: T): T => {
    const buffer = given instanceof ArrayBuffer ? given : given.buffer;
    structuredClone(buffer, { transfer: [buffer] });
    return given;
  };
  /** In words; what was answered, where it was. */
  const refusal = (asking: Promise<GridTable>): Promise<string> =>
    asking.then(
      ({ data }) => `${data.length} numbers`,
      (thrown: unknown) => (isReaderError(thrown, "invalid-query") ? thrown.message : `not ours: ${thrown}`),
    );

  describe.each([
    ["in shared memory", { memory: "shared" }],
    ["in memory of one worker", { memory: "transferable" }],
    ["without workers", { workers: 0 }],
  ] as const)("%s", (_, options) => {
    let grid: GridSource;
    beforeEach(async () => {
      grid = (await openGrid(options)).grid;
    });

    it.each([
      ["large", []],
      ["small", box],
      ["empty", [slice(5, 5), null]],
    ] as const)(
      "memory that was transferred before is refused by name, for a %s result",
      async (_size, asked) => {
        for (const into of [detach(new Float32Array(side * side)), detach(new ArrayBuffer(4 * side * side))])
          expect(await refusal(grid.read(asked, { into }))).toContain("was transferred. Give the data of");
      },
    );

    it.each([
      ["large", []],
      ["small", box],
    ] as const)("memory that is transferred meanwhile, for a %s result", async (_size, asked) => {
      const into = new Float32Array(side * side);
      const asking = refusal(grid.read(asked, { into }));
      detach(into);
      expect(await asking).toContain("was transferred. Give the data of");
    });

    it("memory that another query has is refused until that one has settled", async () => {
      const into = new Float32Array(side * side);
      const [first, second] = [grid.read(box, { into }), grid.read(box, { into: into.buffer })];
      expect(await refusal(second)).toContain("Another query is writing to the memory given as into.");
      expect(firstWrong((await first).data as Float32Array, Number.NaN, 550, 100)).toBeUndefined();
      const beside = [into.subarray(0, 10_000), into.subarray(10_000)];
      for (const table of await Promise.all(beside.map((part) => grid.read(box, { into: part }))))
        expect(firstWrong(table.data as Float32Array, Number.NaN, 550, 100)).toBeUndefined();
      const controller = new AbortController();
      const given = grid.read(box, { into, signal: controller.signal });
      controller.abort("enough");
      await expect(given).rejects.toBe("enough");
      expect(await refusal(grid.read(box, { into }))).toBe("10000 numbers");
    });

    it("memory that was released is refused, in other results or not", async () => {
      const table = await grid.read(box);
      grid.release(table);
      const words = "was given back by release()";
      expect(await refusal(grid.read(box, { into: table.data as Float32Array }))).toContain(words);
      if (!("workers" in options))
        expect(await refusal(grid.read(box, { into: bufferOf(table) }))).toContain(words);
      await grid.read(box);
      expect(await refusal(grid.read(box, { into: table.data as Float32Array }))).toContain(words);
    });

    it("memory of WebAssembly holds what is put together here, and what workers share is no matter", async () => {
      const memory = new WebAssembly.Memory({ initial: 80 });
      const into = new Float32Array(memory.buffer, 0, side * side);
      const small = await grid.read(box, { into });
      expect(firstWrong(small.data as Float32Array, Number.NaN, 550, 100)).toBeUndefined();
      const large = await refusal(grid.read([], { into }));
      // Whether it can be is up to the engine.
      expect(large).toMatch(/^1210000 numbers$|cannot be transferred to a worker/);
      // The workers go on.
      expect(firstWrong(await read(grid))).toBeUndefined();
    });
  });
});

const valuesOf = ({ fields }: RowsResult): Int32Array => fields[0]!.values as Int32Array;

it("rows are joined into memory that was released", async () => {
  const { pool, workers } = await startedPool({ workers: 1 });
  pools.push(pool);
  const rows = 150_000;
  const part = (value: number) => ({
    kind: "rows" as const,
    rows,
    positions: new Float64Array(rows * 3).fill(value),
    fields: [{ name: "a", values: new Int32Array(rows).fill(value), width: 1 }],
  });
  const fields = [{ name: "a", dtype: "int32" as const }];
  const spec = { dims: 3, positionType: "float64" as const, fields, limit: Number.POSITIVE_INFINITY };
  const first = (await pool.joinRows!(spec, [part(1), part(2)]))!;
  (first.positions as Float64Array).fill(9);
  pool.recycle!([first.positions.buffer, valuesOf(first).buffer]);
  const second = (await pool.joinRows!(spec, [part(3), part(4)]))!;
  expect(first.positions.length + valuesOf(first).length).toBe(0);
  expect([second.positions[0], second.positions.at(-1), valuesOf(second).at(-1)]).toEqual([3, 4, 4]);
  expect(workers[0]!.paths.filter((path) => path === "joinRows")).toHaveLength(2);
});

it("chunks of a few bytes that decode to many are not decoded on the page's thread", async () => {
  const { pool, workers } = await startedPool({ workers: 1, inlineBytes: 4096 });
  pools.push(pool);
  const codecs = [{ name: "bytes", configuration: { endian: "little" } }, { name: "gzip" }];
  const decode = (count: number) =>
    pool.run({
      kind: "block",
      label: "c",
      column: {
        name: "a",
        bytes: new Uint8Array(gzipSync(new Uint8Array(count))),
        codecs,
        dtype: "uint8",
        shape: [count],
      },
      crop: [{ start: 0, count, step: 1 }],
    });
  await decode(60_000);
  expect(workers[0]!.paths).not.toContain("run");
  await decode(1_000_000);
  expect(workers[0]!.paths).toContain("run");
});

it("a pool without workers has nothing to share", async () => {
  const pool = createPool({ workers: 0 });
  expect(await pool.openGrid!({ dtype: "float32", shape: [side, side] })).toBeUndefined();
});
