import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReaderError } from "../../../src/core/error.js";
import { compareValues } from "../../conformance/compare.js";
import { numbersOf, readNumpy } from "../../conformance/numpy-file.js";
import { withSummary } from "../../conformance/report.js";
import { runConformance } from "../../conformance/run.js";
import { type Comparison, judge } from "../../conformance/verdict.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function numpyFile(descr: string, shape: string, data: Uint8Array, isFortran = false): Uint8Array {
  const order = isFortran ? "True" : "False";
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const head = Buffer.from(`\x93NUMPY\x01\x00  ${header}`, "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, data]);
}

function bytesOf(numbers: ArrayBufferView): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function run(): Promise<{ text: string; cases: number; defects: number; absent: readonly string[] }> {
  const printed: string[] = [];
  const result = await runConformance({ folder, print: (line) => printed.push(line) });
  return { ...result, text: printed.join("\n") };
}

describe("runConformance", () => {
  const numbers = bytesOf(Int32Array.of(1, -2, 3, 70000));
  const vector = "numcodecs/fixture/zlib";

  beforeEach(() => {
    put(`${vector}/array.00.npy`, numpyFile("<i4", "(4,)", numbers));
    put(`${vector}/codec.00/config.json`, '{"id": "zlib", "level": 1}');
  });

  test("vectors that decode to the array beside them are read, alone and as an array", async () => {
    put(`${vector}/codec.00/encoded.00.dat`, deflateSync(numbers));
    const { text, cases, defects, absent } = await run();
    expect({ cases, defects }).toEqual({ cases: 2, defects: 0 });
    expect(text.match(/zlib +1 +1 +· +· +· +· +·/g)).toHaveLength(2);
    expect(absent).toContain("zarrs_snapshot_data");
    expect(absent).not.toContain("numcodecs");
    expect(text).toContain("!!! ABSENT: zarrs_snapshot_data");
  });

  test("other bytes than those of the array are wrong", async () => {
    put(`${vector}/codec.00/encoded.00.dat`, deflateSync(bytesOf(Int32Array.of(1, -2, 3, 70001))));
    const { text, defects } = await run();
    expect(defects).toBe(2);
    expect(text).toContain("byte 12 is 113 instead of 112");
    expect(text).toContain("value 3 is 70001 instead of 70000");
  });

  test("sound data that is called damaged is a defect, an unknown codec is none", async () => {
    put(`${vector}/codec.00/encoded.00.dat`, "no stream of zlib");
    put("numcodecs/fixture/other/array.00.npy", numpyFile("<i4", "(4,)", numbers));
    put("numcodecs/fixture/other/codec.00/config.json", '{"id": "rot13"}');
    put("numcodecs/fixture/other/codec.00/encoded.00.dat", numbers);
    const { text, cases, defects } = await run();
    expect({ cases, defects }).toEqual({ cases: 4, defects: 2 });
    expect(text).toContain("!! BLAMED fixture/zlib/codec.00/encoded.00.dat (<i4)");
    expect(text).toContain("1  unknown-codec: rot13");
  });

  test("snapshots are compared with the values of their type", async () => {
    const path = "zarrs_snapshot_data/supported/regular/int8/a2b/bytes/0";
    const metadata = {
      zarr_format: 3,
      node_type: "array",
      shape: [8, 24],
      data_type: "int8",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [8, 24] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [{ name: "bytes" }],
    };
    put(`${path}/zarr.json`, JSON.stringify(metadata));
    put(
      `${path}/c/0/0`,
      Uint8Array.from({ length: 192 }, (_, index) => index),
    );
    expect(await run()).toMatchObject({ cases: 1, defects: 0 });
    put(`${path}/c/0/0`, new Uint8Array(192));
    const { text, defects } = await run();
    expect(defects).toBe(1);
    expect(text).toContain("!! WRONG supported/regular/int8/a2b/bytes/0 (int8): value 1 is 0 instead of 1");
  });
});

test("a group without its arrays is wrong, one that refuses some is not", async () => {
  const array = { zarr_format: 3, node_type: "array", shape: [0], data_type: "uint8", fill_value: 0 };
  const grid = { chunk_grid: { name: "regular", configuration: { chunk_shape: [1] } } };
  const rest = { chunk_key_encoding: { name: "default" }, codecs: [{ name: "bytes" }] };
  const group = { zarr_format: 3, node_type: "group" };
  const root = "zarr-java/testdata/g";
  put(`${root}/zarr.json`, JSON.stringify(group));
  put(`${root}/a/zarr.json`, JSON.stringify({ ...array, ...grid, ...rest }));
  put(`${root}/b/zarr.json`, JSON.stringify({ ...array, ...grid, ...rest, data_type: "rational" }));
  expect(await run()).toMatchObject({ cases: 3, defects: 0 });
  const consolidated_metadata = { kind: "inline", must_understand: false, metadata: {} };
  put(`${root}/zarr.json`, JSON.stringify({ ...group, consolidated_metadata }));
  const { text, defects } = await run();
  expect(defects).toBe(1);
  expect(text).toContain("WRONG g (group): not the arrays that are stored: a, b");
});

test("a table is renewed between its marks, and nothing else", () => {
  const document = (inside: string): string =>
    `before\n<!-- conformance: written by test/conformance/run.mjs --write -->\n${inside}\n<!-- conformance: end -->\nafter\n`;
  expect(withSummary(document("old"), "| table |", ["Run of today:", "1 case."])).toBe(
    document("Run of today:\n\n| table |\n\n1 case."),
  );
  expect(() => withSummary("no marks", "| table |", [])).toThrow("lacks");
});

test("errors are told apart", async () => {
  const judged = async (thrown: unknown): Promise<string> => {
    const run = (): Promise<Comparison> => Promise.reject(thrown);
    const { kind, reason } = await judge({ corpus: "", codec: "", type: "", name: "", run });
    return `${kind} ${reason.split("\n")[0]}`;
  };
  const detail = { key: "/a/zarr.json", codec: "x" };
  expect(await judged(new TypeError("oops"))).toBe("untyped TypeError: oops");
  expect(await judged(new ReaderError("unknown-codec", "no x", { detail }))).toBe("refused unknown-codec: x");
  expect(await judged(new ReaderError("unsupported", "/a/zarr.json: no y.", { detail, hint: "z" }))).toBe(
    "refused unsupported: no y.",
  );
  expect(await judged(new ReaderError("corrupt", "broken"))).toBe("blamed corrupt: broken");
});

test("values are compared to the bit, and by the type that was read", () => {
  const nan = (bits: number): Float32Array => new Float32Array(Uint32Array.of(bits).buffer);
  expect(compareValues(nan(0x7fc00001), nan(0x7fc00001))).toBe("equal");
  expect(compareValues(nan(0x7fc00001), nan(0x7fc00002))).toHaveProperty("difference");
  expect(compareValues(Float32Array.of(0.1), [0.1])).toBe("equal");
  expect(compareValues(Float64Array.of(0), [-0])).toHaveProperty("difference");
  expect(compareValues(Uint8Array.of(1), [257])).toHaveProperty("difference");
  expect(compareValues(BigInt64Array.of(1n), [1.5])).toHaveProperty("difference");
  expect(compareValues(Uint8Array.of(1), ["1"])).toHaveProperty("difference");
  expect(compareValues(["a"], ["b"])).toHaveProperty("difference");
  expect(compareValues(Uint8Array.of(1), [1, 2])).toEqual({ difference: "1 values instead of 2" });
});

test("numpy files: byte order, order of axes, halves", () => {
  const read = (...args: Parameters<typeof numpyFile>): unknown =>
    numbersOf(readNumpy(put("a.npy", numpyFile(...args))));
  expect(read(">i2", "(2,)", Uint8Array.of(1, 2, 3, 4))).toEqual({
    dtype: "int16",
    values: Int16Array.of(0x102, 0x304),
  });
  expect(read("|u1", "(2, 3)", Uint8Array.of(0, 3, 1, 4, 2, 5), true)).toEqual({
    dtype: "uint8",
    values: Uint8Array.of(0, 1, 2, 3, 4, 5),
  });
  expect(read("<f2", "(3,)", bytesOf(Uint16Array.of(0x3e00, 0xfc00, 1)))).toEqual({
    dtype: "float16",
    values: Float32Array.of(1.5, Number.NEGATIVE_INFINITY, 2 ** -24),
  });
  expect(read("|S3", "(1,)", Uint8Array.of(1, 2, 3))).toBeUndefined();
});
