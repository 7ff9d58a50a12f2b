import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { widenFloat16 } from "../../../src/bytes/narrow.js";
import type { TypedArray, TypedArrayConstructor } from "../../../src/core/dtype.js";
import { isReaderError } from "../../../src/core/error.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import type { Placed } from "../../../src/kernel/memory.js";
import type { ResidentKernels } from "../../../src/kernel/resident.js";
import { sumDeltas } from "../../../src/kernel/twin/delta.js";
import { gather, interleave } from "../../../src/kernel/twin/gather.js";
import { clampBools, swapBytes } from "../../../src/kernel/twin/numbers.js";
import { selectRows } from "../../../src/kernel/twin/select-rows.js";

let kernels: Kernels;
let resident: ResidentKernels;
beforeAll(async () => {
  kernels = await loadKernels();
  resident = kernels.resident!;
});

const makers: readonly TypedArrayConstructor[] = [
  Int8Array,
  Uint16Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
];

function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function place<T extends TypedArray>(bytes: Uint8Array, make: TypedArrayConstructor): Placed<T> {
  return resident.memory.numbers<T>(resident.memory.enter(bytes), make);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function expectSame(found: TypedArray, expected: TypedArray): void {
  expect(found.constructor).toBe(expected.constructor);
  expect(found.buffer.byteLength).toBe(expected.byteLength);
  expect(Buffer.compare(bytesOf(found), bytesOf(expected))).toBe(0);
}

describe("memory", () => {
  it("gives back what a scope placed, and places it there again", () => {
    const { memory } = resident;
    const first = memory.scoped(() => memory.reserve(1000));
    expect(memory.scoped(() => memory.reserve(10)).at).toBe(first.at);
    expect(() =>
      memory.scoped(() => {
        memory.reserve(5000);
        throw new Error("stopped");
      }),
    ).toThrow("stopped");
    expect(memory.scoped(() => memory.reserve(10)).at).toBe(first.at);
  });

  it("keeps slack between regions and behind the last", () => {
    const { memory } = resident;
    memory.scoped(() => {
      const a = memory.reserve(100);
      const b = memory.reserve(1);
      expect(b.at - (a.at + a.length)).toBeGreaterThanOrEqual(64 + 8);
      expect(b.at % 64).toBe(0);
      const room = memory.bytes.length - b.at - 1;
      memory.reserve(room);
      expect(memory.bytes.length - b.at).toBeGreaterThan(room + 256);
    });
  });

  it("keeps numbers readable when it grows", () => {
    const { memory } = resident;
    memory.scoped(() => {
      const numbers = place<Float64Array>(new Uint8Array(Float64Array.of(1, 2, 3).buffer), Float64Array);
      const before = numbers.values;
      memory.reserve(memory.bytes.length);
      expect(before.length).toBe(0);
      expect([...numbers.values]).toEqual([1, 2, 3]);
      expect(numbers.values).toBe(numbers.values);
    });
  });

  it("moves numbers that are not aligned", () => {
    const { memory } = resident;
    memory.scoped(() => {
      const region = memory.enter(Uint8Array.of(9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
      const data = { at: region.at + 4, length: 8 };
      expect([...memory.numbers(memory.aligned(data, 8), Float64Array).values]).toEqual([1]);
      expect(memory.aligned(data, 4)).toBe(data);
    });
  });

  it("refuses what would not fit, and works on", () => {
    const { memory } = resident;
    const refused = expect.toSatisfy((thrown: unknown) => isReaderError(thrown, "limit-exceeded"));
    expect(() => memory.reserve(2 ** 30 + 1)).toThrow(refused);
    expect(() =>
      memory.scoped(() => {
        for (let i = 0; i < 5; i++) memory.reserve(2 ** 30);
      }),
    ).toThrow(refused);
    expect(memory.scoped(() => memory.reserve(8)).length).toBe(8);
  });
});

describe("gather and interleave in memory", () => {
  it("equal their twins for every size of row", () => {
    const shape = fc.record({
      make: fc.constantFrom(...makers),
      width: fc.integer({ min: 1, max: 20 }),
      rows: fc.integer({ min: 0, max: 60 }),
      seed: fc.nat(),
      kept: fc.array(fc.nat(), { maxLength: 90, size: "max" }),
      picks: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(shape, ({ make, width, rows, seed, kept, picks }) => {
        resident.memory.scoped(() => {
          // No NaN: plain code may change its payload, kernels do not.
          const bytes = randomBytes(rows * width * make.BYTES_PER_ELEMENT, seed).map((byte) => byte & 63);
          const numbers = Uint32Array.from(rows === 0 ? [] : kept, (row) => row % rows);
          const column = place(bytes, make);
          const wanted = place<Uint32Array>(new Uint8Array(numbers.buffer), Uint32Array);
          const guard = place<Uint8Array>(new Uint8Array(64).fill(7), Uint8Array);
          const values = new make(bytes.buffer);
          expectSame(kernels.gather(column.values, width, wanted.values), gather(values, width, numbers));
          const pick = (from: TypedArray) =>
            picks.map((n) => ({ values: from, width, component: n % width }));
          expectSame(
            kernels.interleave(pick(column.values), wanted.values),
            interleave(pick(values), numbers),
          );
          expectSame(kernels.interleave(pick(column.values), rows), interleave(pick(values), rows));
          // What was placed before is as it was.
          expect(bytesOf(column.values)).toEqual(bytes);
          expect(guard.values).toEqual(new Uint8Array(64).fill(7));
        });
      }),
      { numRuns: 600, seed: 5 },
    );
  });

  it("convert components of other types, as plain code does", () => {
    resident.memory.scoped(() => {
      const x = place(bytesOf(Float32Array.of(1, 2)), Float32Array);
      const y = place(bytesOf(Float64Array.of(3, 4)), Float64Array);
      const both = [x, y].map(({ values }) => ({ values, width: 1, component: 0 }));
      expect(kernels.interleave(both, 2)).toEqual(Float32Array.of(1, 3, 2, 4));
    });
  });
});

describe("selectRows in memory", () => {
  it("equals its twin, on columns in memory and outside, over several blocks, while memory grows", () => {
    const rows = 40_003;
    for (const width of [1, 3, 9]) {
      const values = new Float32Array(rows * width).map((_, i) => Math.imul(i, 2654435761) % 100);
      const ids = new BigInt64Array(rows).map((_, i) => BigInt(i % 7));
      const conditions = (v: TypedArray, i: TypedArray) => [
        { values: v, stride: width, offset: width - 1, min: -50, max: 40 },
        { values: i, stride: 1, offset: 0, min: 2n, max: 5n },
      ];
      const expected = selectRows(conditions(values, ids), rows);
      expect(expected.length).toBeGreaterThan(1000);
      for (const isInside of [true, false]) {
        resident.memory.scoped(() => {
          const column = place(bytesOf(values), Float32Array);
          const id = isInside ? place(bytesOf(ids), BigInt64Array) : { values: ids };
          const found = resident.selectRows(conditions(column.values, id.values), rows);
          expect(resident.memory.holds(found.values)).toBe(true);
          expect(found.values).toEqual(expected);
          expectSame(kernels.gather(column.values, width, found.values), gather(values, width, expected));
        });
      }
    }
  });
});

describe("sums of deltas in memory", () => {
  it("equal their twin for every type, wrapped and rounded", () => {
    const all = [...makers, Uint8Array, Int16Array, Int32Array, Uint32Array, BigInt64Array] as const;
    for (const make of all) {
      for (const count of [0, 1, 2, 7, 300]) {
        resident.memory.scoped(() => {
          const bytes = randomBytes(count * make.BYTES_PER_ELEMENT, count + 1).map((byte, i) =>
            // No NaN and no infinity among floats.
            i % make.BYTES_PER_ELEMENT === make.BYTES_PER_ELEMENT - 1 && make.name.startsWith("Float")
              ? byte & 191
              : byte,
          );
          const numbers = place(bytes, make);
          resident.sumDeltas(numbers.values);
          expectSame(numbers.values.slice(), sumDeltas(new make(bytes.buffer), make));
        });
      }
    }
  });
});

describe("bytes made numbers", () => {
  it("equal their twins at every length", () => {
    for (let items = 0; items < 40; items++) {
      for (const size of [2, 4, 8]) {
        resident.memory.scoped(() => {
          const bytes = randomBytes(items * size, items);
          const region = resident.memory.enter(bytes);
          const next = place<Uint8Array>(new Uint8Array(9).fill(3), Uint8Array);
          resident.swapBytes(region, size);
          swapBytes(bytes, size);
          expect(resident.memory.view(region)).toEqual(bytes);
          resident.clampBools(region);
          clampBools(bytes);
          expect(resident.memory.view(region)).toEqual(bytes);
          expect([...next.values]).toEqual(new Array(9).fill(3));
        });
      }
    }
  });

  it("widen every half-precision number exactly", () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    resident.memory.scoped(() => {
      const wide = resident.widenHalves(resident.memory.enter(bytesOf(halves)));
      const expected = widenFloat16(halves);
      expect(Buffer.compare(resident.memory.take(wide), bytesOf(expected))).toBe(0);
    });
  });
});
