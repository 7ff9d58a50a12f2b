import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { TypedArray } from "../../../src/core/dtype.js";
import { isReaderError } from "../../../src/core/error.js";
import { boundsOfFloat32, boundsOfFloat64, boundsOfIntegers } from "../../../src/kernel/bounds.js";
import { type Kernels, loadKernels, type RowFilterCondition } from "../../../src/kernel/kernel.js";
import { selectRows } from "../../../src/kernel/twin/select-rows.js";
import { loadRaw } from "../../support/wasm.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const makers = [
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
] as const;

/** Few distinct values, so that bounds are met exactly and often; extremes and NaN among them. */
function makeColumn(maker: (typeof makers)[number], length: number, seed: number): TypedArray {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
  const column = new maker(length) as TypedArray;
  const floats = [Number.NaN, Infinity, -Infinity, 0.1, -0.1, -0, 16777217, 1e-45];
  for (let i = 0; i < length; i++) {
    const small = (draw() % 21) - 10;
    if (column instanceof BigInt64Array || column instanceof BigUint64Array) {
      column[i] = draw() % 8 === 0 ? 2n ** 63n - 1n - BigInt(draw() % 3) + BigInt(small % 2) : BigInt(small);
    } else if (column instanceof Float32Array || column instanceof Float64Array) {
      column[i] = draw() % 6 === 0 ? floats[draw() % floats.length]! : small / 4;
    } else column[i] = draw() % 8 === 0 ? 2 ** 31 - 1 - (draw() % 3) : small;
  }
  return column;
}

const bound = fc.oneof(
  fc.integer({ min: -12, max: 12 }),
  fc.integer({ min: -12, max: 12 }).map((n) => n / 4 + 0.1),
  fc.constantFrom(
    0.1,
    -0.1,
    Math.fround(0.1),
    16777217,
    1e-46,
    -Infinity,
    Infinity,
    1e300,
    -1e300,
    Number.NaN,
  ),
  fc.constantFrom(0n, -3n, 7n, 2n ** 63n - 1n, 2n ** 63n - 2n, 2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
);

describe("selectRows", () => {
  it("equals its twin for every type, stride, offset and bound", () => {
    const condition = fc.record({
      maker: fc.constantFrom(...makers),
      column: fc.integer({ min: 0, max: 1 }),
      stride: fc.integer({ min: 1, max: 9 }),
      component: fc.nat({ max: 8 }),
      min: bound,
      max: bound,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70 }),
        fc.array(condition, { maxLength: 4 }),
        fc.nat(),
        (rows, wanted, seed) => {
          const columns = new Map<string, TypedArray>();
          const conditions = wanted.map(
            ({ maker, column, stride, component, min, max }): RowFilterCondition => {
              const key = `${maker.name} ${column} ${stride}`;
              const values = columns.get(key) ?? makeColumn(maker, Math.max(1, rows * stride), seed + column);
              columns.set(key, values);
              return { values, stride, offset: component % stride, min, max };
            },
          );
          expect(kernels.selectRows(conditions, rows)).toEqual(selectRows(conditions, rows));
        },
      ),
      { numRuns: 4000, seed: 20 },
    );
  });

  it.each([Float32Array, Float64Array])("filters interleaved %o positions over several blocks", (maker) => {
    for (const width of [1, 2, 3, 4]) {
      const rows = 40_003;
      const values = makeColumn(maker, rows * width, width);
      const conditions = Array.from({ length: width }, (_, offset) => {
        return { values, stride: width, offset, min: -1.5, max: 2 };
      });
      const found = kernels.selectRows(conditions, rows);
      expect(found).toEqual(selectRows(conditions, rows));
      expect(found.length).toBeGreaterThan(100);
      // A component that is not asked for may be anything.
      const some = conditions.slice(1);
      expect(kernels.selectRows(some, rows)).toEqual(selectRows(some, rows));
    }
  });

  it.each([Float32Array, Float64Array])("passes over rows of %o of which none is left", (maker) => {
    // Runs of rows inside and outside, of up to 200, each component in a rhythm of its own; a few strays among them.
    const rows = 5_003;
    for (const width of [1, 2, 3, 4]) {
      const values = new maker(rows * width).map((_, i) => {
        const [row, component] = [Math.floor(i / width), i % width];
        const isStray = (row * 7 + component) % 397 === 0;
        return (Math.floor(row / (67 * (component + 1))) % 2 === 1) !== isStray
          ? 1
          : row % 5 === 0
            ? Number.NaN
            : 9;
      });
      const components = Array.from({ length: width }, (_, offset) => {
        return { values, stride: width, offset, min: -0, max: 1 };
      });
      const column = new maker(rows).map((_, row) => (row % 1000 < 130 ? -0 : 2));
      const apart = { values: column, stride: 1, offset: 0, min: 0, max: 1 };
      for (const conditions of [
        components,
        components.slice(1),
        [apart, ...components],
        [...components, apart],
      ]) {
        const found = kernels.selectRows(conditions, rows);
        expect(found).toEqual(selectRows(conditions, rows));
        if (conditions.length > 0) expect(found.length).toBeGreaterThan(10);
      }
    }
  });

  it("writes nothing but the mask and the numbers", async () => {
    const raw = await loadRaw();
    const rows = 131;
    const [from, bounds, mask, out] = [0, 8192, 16_384, 24_576].map((at) => raw.base + at) as [
      number,
      number,
      number,
      number,
    ];
    const call = (name: string, ...parameters: number[]): number =>
      (raw.exports[name] as (...parameters: number[]) => number)(...parameters);
    for (const [name, maker] of [
      ["filter_f32", Float32Array],
      ["filter_f64", Float64Array],
    ] as const) {
      for (const width of [1, 2, 3, 4]) {
        const bytes = raw.reserve(raw.base + 32_768).fill(0xa7, raw.base, raw.base + 32_768);
        const values = new maker(rows * width).map((_, i) => (Math.floor(i / width) % 3 === 1 ? 2 : 0));
        bytes.set(new Uint8Array(values.buffer), from);
        const vectors = new maker((width * 32) / maker.BYTES_PER_ELEMENT).fill(
          1,
          0,
          (width * 16) / maker.BYTES_PER_ELEMENT,
        );
        bytes.set(new Uint8Array(vectors.fill(3, vectors.length / 2).buffer), bounds);
        const before = bytes.slice();
        call("filter_begin", mask, rows);
        expect(call(name, from, width, rows, bounds, 0, mask)).toBe(1);
        const count = call("filter_rows", mask, rows, 7, out);
        expect([...new Uint32Array(bytes.slice(out, out + 4 * count).buffer)]).toEqual(
          Array.from({ length: 44 }, (_, i) => 8 + 3 * i),
        );
        // The mask's three words, and 32 bytes behind the last number, may change; tables below `base` are the module's own.
        bytes.copyWithin(mask, mask - 24, mask);
        before.copyWithin(mask, mask - 24, mask);
        bytes.fill(0, out, out + 4 * count + 32);
        before.fill(0, out, out + 4 * count + 32);
        expect(Buffer.compare(bytes.subarray(raw.base), before.subarray(raw.base))).toBe(0);
      }
    }
  });

  it("reads views at odd places, and rows that begin late", () => {
    const buffer = new Float64Array(100).map((_, i) => i).buffer;
    const values = new Float64Array(buffer, 8, 99);
    const conditions = [
      { values, stride: 3, offset: 4, min: 10, max: 20 },
      { values, stride: 3, offset: 2, min: 0, max: 15 },
    ];
    const found = kernels.selectRows(conditions, 31);
    expect(found).toEqual(selectRows(conditions, 31));
    expect([...found]).toEqual([2, 3, 4]);
  });

  it("compares f32 as the f64 that they are", () => {
    const values = Float32Array.of(0.1, 0.2, 0.3);
    // 0.1f is above 0.1, 0.2f above 0.2, 0.3f above 0.3.
    expect([...kernels.selectRows([{ values, stride: 1, offset: 0, min: 0.1, max: 0.3 }], 3)]).toEqual([
      0, 1,
    ]);
    expect([...kernels.selectRows([{ values, stride: 1, offset: 0, min: 0.1, max: values[2]! }], 3)]).toEqual(
      [0, 1, 2],
    );
  });

  it("compares 64-bit integers exactly", () => {
    const values = BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n);
    const one = { values, stride: 1, offset: 0, min: 2n ** 53n + 1n, max: 2n ** 53n + 1n };
    expect([...kernels.selectRows([one], 3)]).toEqual([1]);
  });

  it("keeps all rows without conditions and none of no rows", () => {
    expect([...kernels.selectRows([], 6)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(
      kernels.selectRows([{ values: new Int8Array(0), stride: 1, offset: 0, min: 0, max: 1 }], 0).length,
    ).toBe(0);
  });

  it("refuses to read outside the values", () => {
    const bad: RowFilterCondition = { values: new Int8Array(5), stride: 2, offset: 1, min: 0, max: 1 };
    for (const select of [kernels.selectRows.bind(kernels), selectRows]) {
      expect(() => select([bad], 3)).toThrow(
        expect.toSatisfy((e: unknown) => isReaderError(e, "invalid-query")),
      );
    }
  });
});

describe("bounds", () => {
  it("keep the same values after rounding inwards", () => {
    expect(boundsOfFloat32(0.1, 0.1)).toBeUndefined();
    expect(boundsOfFloat32(1e300, Infinity)).toEqual([Infinity, Infinity]);
    expect(boundsOfFloat32(-1e300, 1e300)).toEqual([-3.4028234663852886e38, 3.4028234663852886e38]);
    expect(boundsOfFloat32(1e-46, 1)).toEqual([2 ** -149, 1]);
    expect(boundsOfFloat64(2n ** 53n + 1n, 2n ** 53n + 3n)).toEqual([2 ** 53 + 2, 2 ** 53 + 2]);
    expect(boundsOfIntegers(-0.5, 3.5, 0n, 255n)).toEqual([0n, 3n]);
    expect(boundsOfIntegers(-Infinity, Infinity, -128n, 127n)).toEqual([-128n, 127n]);
    expect(boundsOfIntegers(0.2, 0.8, 0n, 255n)).toBeUndefined();
    expect(boundsOfIntegers(256, 300, 0n, 255n)).toBeUndefined();
    expect(boundsOfIntegers(Number.NaN, 3, 0n, 255n)).toBeUndefined();
  });
});

describe("gather", () => {
  it("takes rows of any width, in the order given", () => {
    const values = BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n);
    expect(kernels.gather(values, 2, Uint32Array.of(2, 0))).toEqual(BigInt64Array.of(4n, 5n, 0n, 1n));
    expect(kernels.gather(Float32Array.of(1, 2, 3), 1, Uint32Array.of(1))).toEqual(Float32Array.of(2));
    expect(kernels.gather(new Int8Array(3), 3, new Uint32Array(0)).length).toBe(0);
  });
});
