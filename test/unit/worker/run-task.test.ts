import { beforeAll, describe, expect, it } from "vitest";
import { numbersOf } from "../../../src/bytes/ragged.js";
import type { TypedArray } from "../../../src/core/dtype.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import type { ColumnTask, RowsResult, RowsTask } from "../../../src/worker/protocol.js";
import * as rowTasks from "../../../src/worker/run-rows.js";
import { runTask } from "../../../src/worker/run-task.js";

const codecs = [{ name: "bytes", configuration: { endian: "little" } }];
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function column(name: string, values: TypedArray, rest: Partial<ColumnTask> = {}): ColumnTask {
  const dtype =
    values instanceof Float32Array ? "float32" : values instanceof BigInt64Array ? "int64" : "uint8";
  return {
    name,
    codecs,
    dtype,
    bytes: new Uint8Array(values.slice().buffer),
    ...rest,
  } as ColumnTask;
}

function rows(task: Omit<RowsTask, "kind" | "label">): RowsResult {
  const reply = runTask({ kind: "rows", label: "0.0", ...task }, kernels, { rows: rowTasks });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result as RowsResult;
}

const xyz = Float32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, Number.NaN, 3, 3);
const positions = [0, 1, 2].map((component) => ({ column: 0, component }));

describe("runTask on rows", () => {
  it("keeps the rows inside the closed box, and their fields", () => {
    const result = rows({
      columns: [
        column("vertices", xyz, { width: 3 }),
        column("id", BigInt64Array.of(10n, 11n, 12n, 13n), { width: 1 }),
      ],
      conditions: [{ column: 0, component: 0, min: 1, max: 2 }],
      positions,
      fields: [{ name: "id", column: 1 }],
    });
    expect(result.rows).toBe(2);
    expect([...result.positions]).toEqual([1, 1, 1, 2, 2, 2]);
    expect([...(result.fields[0]!.values as BigInt64Array)]).toEqual([11n, 12n]);
  });

  it("keeps every row, NaN included, when nothing is asked", () => {
    const result = rows({
      columns: [column("vertices", xyz, { width: 3 })],
      conditions: [],
      positions,
      fields: [],
    });
    expect(result.rows).toBe(4);
  });

  it("takes positions from several columns, and single components as fields", () => {
    const result = rows({
      columns: [column("vertices", xyz, { width: 3 })],
      conditions: [{ column: 0, component: 2, min: 2, max: 9 }],
      positions: [
        { column: 0, component: 2 },
        { column: 0, component: 1 },
      ],
      fields: [{ name: "x", column: 0, component: 0 }],
    });
    expect([...result.positions]).toEqual([2, 2, 3, 3]);
    expect([...(result.fields[0]!.values as Float32Array)]).toEqual([2, Number.NaN]);
  });

  it.each([
    ["kept", [1, 1, 1, 2, 2, 2]],
    ["all", [...xyz]],
  ] as const)("tells row numbers and hands tables on whole, numbers: %s", (numbers, expected) => {
    const { bytes: _, ...absent } = column("links", BigInt64Array.of(0n), { isTable: true });
    const result = rows({
      columns: [
        column("vertices", xyz, { width: 3 }),
        column("fragments", Uint8Array.of(7, 8), { isTable: true }),
        absent,
      ],
      conditions: [{ column: 0, component: 0, min: 1, max: 2 }],
      positions,
      fields: [],
      numbers,
    });
    expect([...result.positions]).toEqual(expected);
    expect(result.total).toBe(4);
    expect(result.kept).toEqual(Uint32Array.of(1, 2));
    expect(result.tables).toEqual([Uint8Array.of(7, 8), undefined]);
  });

  it("refuses positions of which one coordinate is not stored", () => {
    const { bytes: _, ...absent } = column("y", Float32Array.of(0, 0, 0, 0), { width: 1 });
    const task = {
      columns: [column("x", Float32Array.of(1, 2, 3, 4), { width: 1 }), absent],
      conditions: [],
      positions: [
        { column: 0, component: 0 },
        { column: 1, component: 0 },
      ],
      fields: [],
    };
    const reply = runTask({ kind: "rows", label: "0.0", ...task }, kernels, { rows: rowTasks });
    expect(reply).toMatchObject({
      ok: false,
      error: { code: "corrupt", message: expect.stringContaining("y") },
    });
  });

  it("derives the width of a column from the rows of the first", () => {
    const rgb = Uint8Array.from({ length: 12 }, (_, index) => index);
    const result = rows({
      columns: [column("vertices", xyz, { width: 3 }), column("rgb", rgb)],
      conditions: [{ column: 0, component: 0, min: 2, max: 2 }],
      positions,
      fields: [{ name: "rgb", column: 1 }],
    });
    expect(result.fields[0]!.width).toBe(3);
    expect([...(result.fields[0]!.values as Uint8Array)]).toEqual([6, 7, 8]);
  });

  it("marks rows null where a column is not stored, and fills where it has a fill value", () => {
    const { bytes: _, ...absent } = column("a", new Uint8Array(4), { width: 1 });
    const result = rows({
      columns: [column("vertices", xyz, { width: 3 }), absent, { ...absent, fill: Uint8Array.of(9) }],
      conditions: [],
      positions,
      fields: [
        { name: "a", column: 1 },
        { name: "b", column: 2 },
      ],
    });
    expect([...result.fields[0]!.validity!]).toEqual([0, 0, 0, 0]);
    expect([...(result.fields[1]!.values as Uint8Array)]).toEqual([9, 9, 9, 9]);
    expect(result.fields[1]!.validity).toBeUndefined();
  });

  it("marks the value that stands for none", () => {
    const result = rows({
      columns: [
        column("vertices", xyz, { width: 3 }),
        column("c", Uint8Array.of(0, 255, 1, 255), { width: 1 }),
      ],
      conditions: [],
      positions,
      fields: [{ name: "c", column: 1, nullValue: 255 }],
    });
    expect([...result.fields[0]!.validity!]).toEqual([1, 0, 1, 0]);
  });

  it("returns a typed error when a column has another number of rows", () => {
    const reply = runTask(
      {
        kind: "rows",
        label: "0.0",
        columns: [column("vertices", xyz, { width: 3 }), column("c", Uint8Array.of(1, 2, 3), { width: 1 })],
        conditions: [],
        positions,
        fields: [{ name: "c", column: 1 }],
      },
      kernels,
      { rows: rowTasks },
    );
    expect(reply).toMatchObject({ ok: false, error: { code: "corrupt" } });
  });
});

describe("runTask on blocks", () => {
  it("widens half precision after the crop", () => {
    const halves = Uint16Array.of(0x3c00, 0x4000, 0x7c00, 0x0001, 0xfe00, 0xc000);
    const reply = runTask(
      {
        kind: "block",
        label: "c/0",
        column: {
          name: "h",
          codecs,
          dtype: "float16",
          shape: [2, 3],
          bytes: new Uint8Array(halves.buffer),
        },
        crop: [
          { start: 1, count: 1, step: 1 },
          { start: 2, count: 3, step: -1 },
        ],
      },
      kernels,
    );
    expect(reply.ok && reply.result.kind === "block" && [...numbersOf(reply.result.data)]).toEqual([
      -2,
      Number.NaN,
      2 ** -24,
    ]);
  });
});
