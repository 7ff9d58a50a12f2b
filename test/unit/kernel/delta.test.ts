import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import { loadKernels } from "../../../src/kernel/kernel.js";
import type { ResidentKernels } from "../../../src/kernel/resident.js";
import { decodeDoubleDelta, type IntegerType, widenIntegers } from "../../../src/kernel/twin/delta.js";
import { loadRaw, type RawModule } from "../../support/wasm.js";

let resident: ResidentKernels;
let raw: RawModule;
beforeAll(async () => {
  resident = (await loadKernels()).resident!;
  raw = await loadRaw();
});

const sizes = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);

function toBytes(values: readonly bigint[], size: number): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) =>
      Array.from({ length: size }, (_, k) => Number((value >> BigInt(8 * k)) & 255n)),
    ),
  );
}

/** Encodes as TileDB does: the narrowest magnitudes that hold every change, or the values as they are. */
function encodeDoubleDelta(values: readonly bigint[], size: number): Uint8Array {
  const changes = values.slice(2).map((value, i) => value - 2n * values[i + 1]! + values[i]!);
  const widest = changes.reduce(
    (most, change) => ((change < 0n ? -change : change) > most ? (change < 0n ? -change : change) : most),
    0n,
  );
  const bits = widest === 0n ? 0 : widest.toString(2).length;
  const header = Uint8Array.of(bits, ...toBytes([BigInt(values.length)], 8));
  if (bits >= 8 * size - 1) return Uint8Array.of(...header, ...toBytes(values, size));
  const text = changes
    .map(
      (change) =>
        (change < 0n ? "1" : "0") +
        (bits === 0 ? "" : (change < 0n ? -change : change).toString(2).padStart(bits, "0")),
    )
    .join("");
  const words = (text.match(/.{1,64}/g) ?? []).map((word) => BigInt(`0b${word.padEnd(64, "0")}`));
  return Uint8Array.of(...header, ...toBytes(values.slice(0, 2), size), ...toBytes(words, 8));
}

const parts = sizes.chain((size) =>
  fc.record({
    size: fc.constant(size),
    // Changes of every width, from none to more than the type holds.
    values: fc
      .integer({ min: 0, max: 8 * size - 1 })
      .chain((bits) =>
        fc.array(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), { maxLength: 90, size: "max" }),
      ),
  }),
);

describe("double delta", () => {
  it("decodes what was encoded, in the module and in its twin", () => {
    fc.assert(
      fc.property(parts, ({ size, values }) => {
        const part = encodeDoubleDelta(values, size);
        const expected = toBytes(values, size);
        const type: IntegerType = { size, isSigned: false };
        expect(decodeDoubleDelta(part, type)).toEqual(expected);
        expect(raw.run("double_delta_decode", part, expected.length, size).output).toEqual(expected);
        const { memory } = resident;
        memory.scoped(() => {
          const decoded = resident.decodeDoubleDelta(memory.enter(part), type, expected.length + 8);
          expect(memory.view(decoded)).toEqual(expected);
        });
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it("refuses parts that are cut or too long, and never leaves its output", () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.nat(), fc.nat({ max: 255 }), ({ size, values }, cut, at, byte) => {
        const part = encodeDoubleDelta(values, size);
        const capacity = values.length * size;
        expect(raw.run("double_delta_decode", part.subarray(0, cut % part.length), capacity, size).code).toBe(
          -1,
        );
        if (capacity > 0) expect(raw.run("double_delta_decode", part, capacity - 1, size).code).toBe(-3);
        part[at % part.length] = byte;
        // The raw module looks at the bytes around the output.
        expect(raw.run("double_delta_decode", part, capacity, size).code).toBeLessThanOrEqual(capacity);
      }),
      { numRuns: 500, seed: 2 },
    );
    const { memory } = resident;
    const refused = expect.toSatisfy((thrown: unknown) => isReaderError(thrown, "codec-failed"));
    expect(() =>
      memory.scoped(() =>
        resident.decodeDoubleDelta(memory.enter(new Uint8Array(3)), { size: 4, isSigned: true }, 100),
      ),
    ).toThrow(refused);
  });
});

describe("windows of bit-width reduction and positive deltas", () => {
  it("widen as their twin does", () => {
    const window = fc.record({
      from: fc.record({ size: fc.constantFrom(1 as const, 2 as const, 4 as const), isSigned: fc.boolean() }),
      size: fc.constantFrom(2 as const, 4 as const, 8 as const),
      items: fc.array(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), { maxLength: 40, size: "max" }),
      offset: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    });
    fc.assert(
      fc.property(window, ({ from, size, items, offset }) => {
        const bytes = toBytes(items, from.size);
        const { memory } = resident;
        memory.scoped(() => {
          const wide = resident.widenIntegers(memory.enter(bytes), from, size, offset);
          expect(memory.view(wide)).toEqual(widenIntegers(bytes, from, size, offset));
        });
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  it("sum from an offset, wrapping around", () => {
    const { memory } = resident;
    memory.scoped(() => {
      const numbers = memory.numbers<Int16Array>(memory.enter(toBytes([0n, 5n, 32_000n], 2)), Int16Array);
      resident.sumDeltas(numbers.values, 1000n);
      expect([...numbers.values]).toEqual([1000, 1005, 33_005 - 65_536]);
      const wide = memory.numbers<BigInt64Array>(memory.enter(toBytes([0n, 1n], 8)), BigInt64Array);
      resident.sumDeltas(wide.values, 2n ** 63n - 1n);
      expect([...wide.values]).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
    });
  });
});
