import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import { type CodecDefinition, createCodecRegistry } from "../../../src/codec/registry.js";
import type { TypedArray } from "../../../src/core/dtype.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import type { ColumnTask, DecodeResult, DecodeTask } from "../../../src/worker/protocol.js";
import * as rowTasks from "../../../src/worker/run-rows.js";
import { runTask } from "../../../src/worker/run-task.js";
import { allCodecs } from "../../support/all-codecs.js";
import { type Copies, countCopies } from "../../support/count-copies.js";
import { encodeChain } from "../../support/encode-chain.js";

const little: CodecSpec = { name: "bytes", configuration: { endian: "little" } };
const shuffle4: CodecSpec = { name: "shuffle", configuration: { elementsize: 4 } };

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const SIDE = 32;
const cube = Float32Array.from({ length: SIDE ** 3 }, (_, i) => Math.round(Math.sin(i / 9) * 500));
const whole = [0, 1, 2].map(() => ({ start: 0, count: SIDE, step: 1 }));
const inner = [0, 1, 2].map(() => ({ start: 8, count: 16, step: 1 }));

async function cubeTask(specs: readonly CodecSpec[], crop = whole): Promise<DecodeTask> {
  const bytes = await encodeChain(new Uint8Array(cube.buffer), specs.slice(1));
  const shape = [SIDE, SIDE, SIDE];
  const column = { name: "cube", codecs: specs, dtype: "float32", shape, bytes } as const;
  return { kind: "block", label: "c", column, crop };
}

function run(task: DecodeTask): DecodeResult {
  const reply = runTask(task, kernels, { rows: rowTasks, registry: allCodecs });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result;
}

/** Counts the second run: the first may grow the memory. */
function copiesOf(task: DecodeTask): Copies {
  run(task);
  return countCopies(kernels.resident!.memory, () => run(task));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

describe("the memory map", () => {
  it.each([
    ["zstd"],
    ["lz4"],
    ["blosc"],
    ["gzip"],
    ["zlib"],
    ["zstd", "crc32c"],
    ["crc32", "zlib", "adler32"],
    ["shuffle", "gzip"],
    ["shuffle", "lz4", "vlen-item"],
    ["crc32c"],
  ])("a chunk enters once and leaves once: %s %s %s", async (...names) => {
    const codecs = [little, ...names.map((name) => (name === "shuffle" ? shuffle4 : { name }))];
    const task = await cubeTask(codecs);
    const { bytes } = (task as Extract<DecodeTask, { kind: "block" }>).column;
    // A header in front is skipped where the bytes came from.
    const header = names.at(-1) === "vlen-item" ? 8 : 0;
    expect(copiesOf(task)).toEqual({
      entered: [bytes!.length - header],
      left: [cube.byteLength],
      elsewhere: [],
      grown: 0,
    });
  });

  it("only the wanted sub-box leaves", async () => {
    const task = await cubeTask([little, shuffle4, { name: "zstd" }], inner);
    run(task);
    const copies = countCopies(kernels.resident!.memory, () => run(task), 1);
    expect(copies.entered.length).toBe(1);
    expect(sum(copies.left)).toBe(16 ** 3 * 4);
    expect(copies.elsewhere).toEqual([]);
  });

  it("uncompressed chunks never enter", async () => {
    const task = await cubeTask([little]);
    expect(copiesOf(task)).toEqual({ entered: [], left: [], elsewhere: [cube.byteLength], grown: 0 });
    const swapped = await cubeTask([{ name: "bytes", configuration: { endian: "big" } }]);
    expect(copiesOf(swapped)).toEqual({
      entered: [cube.byteLength],
      left: [cube.byteLength],
      elsewhere: [],
      grown: 0,
    });
  });

  it("rows are filtered where they lie: every column enters once, every result leaves once", async () => {
    const rows = 5000;
    const column = async (name: string, values: TypedArray, dtype: string): Promise<ColumnTask> => {
      const bytes = await encodeChain(new Uint8Array(values.buffer), [{ name: "zstd" }]);
      const width = values.length / rows;
      return { name, codecs: [little, { name: "zstd" }], dtype, width, bytes } as ColumnTask;
    };
    const columns = [
      await column(
        "xyz",
        Float32Array.from({ length: rows * 3 }, (_, i) => i % 100),
        "float32",
      ),
      await column(
        "id",
        Uint32Array.from({ length: rows }, (_, i) => i),
        "uint32",
      ),
    ];
    const task: DecodeTask = {
      kind: "rows",
      label: "r",
      columns,
      conditions: [{ column: 0, component: 1, min: 10, max: 60 }],
      positions: [0, 1, 2].map((component) => ({ column: 0, component })),
      fields: [
        { name: "id", column: 1 },
        { name: "y", column: 0, component: 1 },
      ],
    };
    const result = run(task);
    const kept = result.kind === "rows" ? result.rows : 0;
    expect(kept).toBeGreaterThan(2000);
    expect(kept).toBeLessThan(rows);
    expect(copiesOf(task)).toEqual({
      entered: columns.map(({ bytes }) => bytes!.length),
      left: [kept * 12, kept * 4, kept * 4],
      elsewhere: [],
      grown: 0,
    });
    const all: DecodeTask = { ...task, conditions: [] };
    expect(copiesOf(all).left).toEqual([rows * 12, rows * 4, rows * 4]);
  });

  it("memory grows for the largest chunk and never again", async () => {
    const { memory } = kernels.resident!;
    const names = ["zstd", "blosc", "gzip", "lz4"];
    const tasks = await Promise.all(
      [whole, inner].flatMap((crop) => names.map((name) => cubeTask([little, shuffle4, { name }], crop))),
    );
    for (const task of tasks) run(task);
    const { buffer } = memory.bytes;
    const first = memory.scoped(() => memory.reserve(0).at);
    const { grown } = countCopies(memory, () => {
      for (let i = 0; i < 1000; i++) run(tasks[i % tasks.length]!);
    });
    expect(grown).toBe(0);
    expect(memory.bytes.buffer).toBe(buffer);
    expect(memory.scoped(() => memory.reserve(0).at)).toBe(first);
  });

  it("gives everything back when a chunk cannot be decoded", async () => {
    const { memory } = kernels.resident!;
    const task = await cubeTask([little, shuffle4, { name: "gzip" }]);
    const first = memory.scoped(() => memory.reserve(0).at);
    const { column } = task as Extract<DecodeTask, { kind: "block" }>;
    const broken = { ...task, column: { ...column, bytes: column.bytes!.subarray(0, 500) } } as DecodeTask;
    expect(runTask(broken, kernels)).toMatchObject({ ok: false, error: { code: "codec-failed" } });
    expect(memory.scoped(() => memory.reserve(0).at)).toBe(first);
  });
});

describe("a codec without a form for the kernels' memory", () => {
  const invert: CodecDefinition = {
    kind: "bytes-to-bytes",
    check: (_, meta) => meta,
    create: (_, own) => ({
      kind: "bytes-to-bytes",
      // Calls a copying kernel in the middle of the chain, as a user's codec may.
      decode: (bytes) => (own.crc32(bytes) === -1 ? bytes : bytes.map((byte) => byte ^ 255)),
    }),
  };
  const registry = createCodecRegistry([["invert", invert]]);

  it("costs a copy out and a copy in, and leaves the chain around it as it is", () => {
    const inverted = new Uint8Array(gzipSync(new Uint8Array(cube.buffer))).map((byte) => byte ^ 255);
    const encoded = new Uint8Array(gzipSync(inverted));
    const specs = [little, { name: "gzip" }, { name: "invert" }, { name: "gzip" }];
    const meta = { dtype: "float32", shape: [SIDE ** 3] } as const;
    const decode = () => decodeChunk(encoded, specs, meta, { kernels, label: "x", registry }).values;
    expect(decode()).toEqual(cube);
    const copies = countCopies(kernels.resident!.memory, decode);
    // The second copy in is the checksum that this codec asks for.
    expect(copies.entered).toEqual([encoded.length, inverted.length, inverted.length]);
    expect(copies.left).toEqual([inverted.length, cube.byteLength]);
  });
});
