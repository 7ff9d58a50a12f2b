import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpackValues } from "../../../src/bytes/unpack.js";

describe("unpacking", () => {
  const rules = fc.record({
    values: fc.array(fc.integer({ min: -128, max: 127 })),
    missing: fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 3 }),
    min: fc.option(fc.integer({ min: -128, max: 127 }), { nil: undefined }),
    max: fc.option(fc.integer({ min: -128, max: 127 }), { nil: undefined }),
    scale: fc.option(fc.constantFrom(0.5, 0.01, -2), { nil: undefined }),
    offset: fc.option(fc.constantFrom(-3, 0, 273.15), { nil: undefined }),
  });

  test("is the rule, cell by cell", () => {
    fc.assert(
      fc.property(rules, ({ values, missing, min, max, scale, offset }) => {
        const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
        const packing = {
          ...(scale === undefined ? {} : { scale }),
          ...(offset === undefined ? {} : { offset }),
        };
        const got = unpackValues(Int8Array.from(values), {
          stored: "int8",
          dtype: "float64",
          missing,
          ...bounds,
          ...packing,
        });
        const expected = values.map((value) => {
          const isGap = missing.includes(value) || value < (min ?? -999) || value > (max ?? 999);
          const scaled = scale === undefined ? value : value * scale;
          return isGap ? Number.NaN : offset === undefined ? scaled : scaled + offset;
        });
        expect([...got]).toEqual(expected);
      }),
    );
  });

  test("64-bit integers are compared exactly", () => {
    const values = BigInt64Array.of(2n ** 62n, 2n ** 62n + 1n);
    const got = unpackValues(values, { stored: "int64", dtype: "float64", missing: [2n ** 62n + 1n] });
    expect([...got]).toEqual([2 ** 62, Number.NaN]);
  });

  test("only the sign read anew is a view; minus zero stays", () => {
    const values = Int8Array.of(-1, 5);
    const got = unpackValues(values, { stored: "uint8", dtype: "uint8", missing: [] });
    expect([...got]).toEqual([255, 5]);
    expect(got.buffer).toBe(values.buffer);
    const zeros = unpackValues(Float32Array.of(-0), { stored: "float32", dtype: "float32", missing: [7] });
    expect(Object.is(zeros[0], -0)).toBe(true);
  });
});
