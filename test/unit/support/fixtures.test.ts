/**
 * The fixtures themselves: their answers hold against an independent reader of Zarr, and the helper that
 * compares with them can tell a wrong value.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import {
  canonicalOrder,
  expectedStrings,
  listFixtures,
  loadFixture,
  takeRows,
} from "../../support/fixtures.js";

/** What zarrita 0.7.5 cannot read on Node 20, or reads wrongly; everything else must be equal to the bit. */
const beyondZarrita = new Set([
  // No such types.
  ...["complex64", "complex64-big", "complex128", "complex128-big", "float16", "float16-big"].flatMap(
    (name) => [`v2-types/${name}`, `v3-types/${name}`],
  ),
  ...["complex", "complex-nan", "minus-infinity"].flatMap((name) => [`v2-fill/${name}`, `v3-fill/${name}`]),
  // The fill value passes through a JSON number and is rounded.
  "v2-fill/uint64-max",
  "v3-fill/uint64-max",
  "v2-layout/length-zero",
  "v3-layout/length-zero",
  // `astype` of the delta filter is not looked at.
  "v2-codecs/delta-narrow",
  // Two transposes in a row, and one around shards. The chunk's bytes are what the specification asks for.
  "v3-codecs/transpose-twice",
  "v3-sharded/outer-transpose",
  // `index_location: start` is not looked at.
  "v3-sharded/index-start",
  "v3-sharded/gzip-index-start",
  "v3-sharded/sharding-in-sharding",
]);

/** It knows no grids of unequal chunks. */
const beyondZarritaWhole = "v3-rectilinear";

function directoryStore(path: string): zarr.AsyncReadable {
  return {
    async get(key) {
      return readFile(join(path, key)).then(
        (bytes) => new Uint8Array(bytes),
        () => undefined,
      );
    },
    async getRange(key, range) {
      const bytes = await readFile(join(path, key)).catch(() => undefined);
      if (bytes === undefined) return undefined;
      const start = "suffixLength" in range ? bytes.length - range.suffixLength : range.offset;
      const end = "suffixLength" in range ? bytes.length : range.offset + range.length;
      return new Uint8Array(bytes.subarray(start, end));
    },
  };
}

interface Strided {
  readonly data: ArrayLike<unknown>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

const arrays = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** zarrita answers in the chunks' own memory order, and with a bare value for a 0-d array. */
function toCOrder(got: unknown, dtype: string): ArrayBufferView {
  const { data, shape, stride } = isStrided(got) ? got : { data: [got], shape: [], stride: [] };
  const rows = shape.reduce((a, b) => a * b, 1);
  const copy = new arrays[dtype as keyof typeof arrays](rows) as unknown as Record<number, unknown>;
  const at =
    (data as { get?: (index: number) => unknown }).get?.bind(data) ?? ((index: number) => data[index]);
  for (let index = 0; index < rows; index++) {
    let rest = index;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * stride[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    copy[index] = dtype === "bool" ? Number(at(from)) : at(from);
  }
  return copy as unknown as ArrayBufferView;
}

function isStrided(got: unknown): got is Strided {
  return typeof got === "object" && got !== null && "stride" in got;
}

describe("zarr fixtures read by zarrita", () => {
  const fixtures = [...listFixtures("zarr"), ...listFixtures("demo")];
  for (const fixture of fixtures) {
    if (fixture.answers.format !== "zarr") continue;
    const { arrays: expectedArrays, formatVersion } = fixture.answers;
    it(fixture.name, async () => {
      const open = formatVersion === "2" ? zarr.open.v2 : zarr.open.v3;
      const problems: string[] = [];
      for (const [path, expected] of Object.entries(expectedArrays)) {
        const name = `${fixture.name}/${path}`;
        if (fixture.name === beyondZarritaWhole || beyondZarrita.has(name)) continue;
        const location = zarr.root(directoryStore(fixture.path)).resolve(path);
        const got: unknown = await zarr.get(await open(location, { kind: "array" }));
        const difference = fixture.difference(expected.data, toCOrder(got, expected.dtype));
        if (difference !== undefined) problems.push(`${name}: ${difference}`);
      }
      expect(problems).toEqual([]);
    });
  }
});

describe("listFixtures", () => {
  it("finds stores of every folder, each with its answers", () => {
    for (const family of ["zarr", "zarr-vectors", "zarr-vectors-shapes", "demo"] as const) {
      const fixtures = listFixtures(family);
      expect(fixtures.length).toBeGreaterThan(0);
      for (const fixture of fixtures) expect(existsSync(fixture.path), fixture.path).toBe(true);
    }
  });

  it("has answers for at least four boxes of every point store, none of them all empty", () => {
    for (const fixture of listFixtures("zarr-vectors")) {
      const boxes = fixture.answers.queries.filter((query) => query.query.bbox !== undefined);
      expect(boxes.length, fixture.name).toBeGreaterThanOrEqual(4);
      expect(
        boxes.some((box) => box.rows > 0),
        fixture.name,
      ).toBe(true);
      expect(
        boxes.some((box) => box.rows === 0),
        fixture.name,
      ).toBe(true);
    }
  });
});

describe("difference", () => {
  const fixture = loadFixture("zarr", "v3-types");
  const reference = fixture.answers.format === "zarr" ? fixture.answers.arrays.int16?.data : undefined;
  if (reference === undefined) throw new Error("the fixture v3-types has no array int16");

  it("is undefined for the same bytes and names the first wrong one", () => {
    const bytes = fixture.bytes(reference) as Uint8Array;
    expect(fixture.difference(reference, new Int16Array(bytes.buffer))).toBeUndefined();
    bytes[3]! ^= 1;
    expect(fixture.difference(reference, bytes)).toMatch(/^byte 3 is/);
    expect(fixture.difference(reference, bytes.subarray(2))).toMatch(/^12 bytes instead of 14/);
  });

  it("takes widened values for float16", () => {
    const half = fixture.answers.format === "zarr" ? fixture.answers.arrays.float16?.data : undefined;
    if (half === undefined) throw new Error("the fixture v3-types has no array float16");
    // The values as the generator states them, rounded to half precision by hand.
    const values = new Float32Array([
      -0.86328125,
      Number.NaN,
      Infinity,
      -Infinity,
      -0,
      0.98681640625,
      1.3564453125,
    ]);
    expect(fixture.difference(half, values)).toBeUndefined();
    values[4] = 0;
    expect(fixture.difference(half, values)).toMatch(/^value 4 is 0 instead of 0/);
    expect(fixture.difference(half, values.subarray(1))).toMatch(/^6 values instead of 7/);
  });

  it("goes by the hash where no bytes are kept", () => {
    const large = loadFixture("zarr", "topobathy-v2");
    const data = large.answers.format === "zarr" ? large.answers.arrays.topo?.data : undefined;
    if (data === undefined) throw new Error("the fixture topobathy-v2 has no array topo");
    expect(large.bytes(data)).toBeUndefined();
    expect(large.difference(data, new Float32Array(91 * 120))).toMatch(/^sha256 /);
  });
});

describe("canonical order", () => {
  it("sorts as the answers are sorted, whatever the order of the rows", () => {
    for (const fixture of listFixtures("zarr-vectors")) {
      const { dims, rows, positions, fields } = fixture.answers.levels[0]!;
      const raw = fixture.bytes(positions);
      const row = fields.row;
      if (raw === undefined || positions.dtype !== "float32" || row === undefined || !("data" in row))
        continue;
      const sorted = new Float32Array(raw.buffer);
      const ids = new Int32Array(fixture.bytes(row.data)!.buffer);
      const shuffled = Uint32Array.from({ length: rows }, (_, i) => (i * 7919 + 13) % rows);
      const mixed = takeRows(sorted, shuffled, dims);
      const mixedIds = takeRows(ids, shuffled);
      const order = canonicalOrder(mixed, dims, [mixedIds]);
      expect(fixture.difference(positions, takeRows(mixed, order, dims)), fixture.name).toBeUndefined();
      expect(fixture.difference(row.data, takeRows(mixedIds, order)), fixture.name).toBeUndefined();
    }
  });

  it("puts NaN last and breaks ties by the columns", () => {
    const order = canonicalOrder([1, Number.NaN, 0, 1], 1, [[9n, 0n, 0n, 3n]]);
    expect([...order]).toEqual([2, 3, 0, 1]);
  });
});

describe("expected strings", () => {
  it("decodes categories and missing values", () => {
    const fixture = loadFixture("zarr-vectors", "strings");
    if (fixture.answers.format !== "zarr-vectors" || fixture.answers.kind !== "points")
      throw new Error("not a point store");
    const strings = expectedStrings(fixture, fixture.answers.levels[0]!.fields.label!);
    expect(strings).toHaveLength(200);
    expect(new Set(strings)).toEqual(new Set(["leaf", "wood", "ground", "näher", "空", undefined]));
  });
});
