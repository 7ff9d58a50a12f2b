import { describe, expect, test } from "vitest";
import { widenFloat16 } from "../../../../src/bytes/narrow.js";
import { parseJsonObject } from "../../../../src/core/json.js";
import { encodeFillValue, keepBigFillValues, toFloat16Bits } from "../../../../src/format/zarr/fill-value.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("fill values as little-endian bytes", () => {
  // Right column: numpy's `np.array(value, dtype).astype("<…").tobytes().hex()`.
  test.each([
    [true, "bool", "01"],
    [0, "bool", "00"],
    [-1, "int8", "ff"],
    [-9999, "int16", "f1d8"],
    [258, "uint16", "0201"],
    ["-9223372036854775808", "int64", "0000000000000080"],
    ["18446744073709551615", "uint64", "ffffffffffffffff"],
    ["NaN", "float16", "007e"],
    ["-Infinity", "float16", "00fc"],
    [0.1, "float32", "cdcccc3d"],
    [-0, "float32", "00000080"],
    [0.1, "float64", "9a9999999999b93f"],
    ["Infinity", "float64", "000000000000f07f"],
    ["0x7fc00001", "float32", "0100c07f"],
    ["0xfff8000000000001", "float64", "010000000000f8ff"],
    ["0x3c00", "float16", "003c"],
    [[1.5, "-Infinity"], "complex64", "0000c03f000080ff"],
    [["NaN", 2], "complex128", "000000000000f87f0000000000000040"],
    [3, "complex64", "0000404000000000"],
  ] as const)("%j as %s", (value, dtype, expected) => {
    expect(hex(encodeFillValue(value, dtype, "/zarr.json"))).toBe(expected);
  });

  test.each([
    [300, "uint8"],
    [-1, "uint16"],
    [1.5, "int32"],
    [2 ** 63, "int64"],
    ["nan", "float32"],
    ["0x7fc0", "float32"],
    ["abc", "float64"],
    [null, "int16"],
    [undefined, "int16"],
    [[1, 2, 3], "complex64"],
    [2, "bool"],
    [{}, "float64"],
  ] as const)("%j is no %s", (value, dtype) => {
    expect(() => encodeFillValue(value, dtype, "/zarr.json")).toThrow(
      /invalid-metadata: \/zarr.json: the fill_value/,
    );
  });

  test("every half-precision pattern survives widening and narrowing", () => {
    const patterns = Uint16Array.from({ length: 0x10000 }, (_, index) => index);
    widenFloat16(patterns).forEach((value, pattern) => {
      if (Number.isNaN(value)) expect(toFloat16Bits(value)).toBe(0x7e00);
      else if (toFloat16Bits(value) !== pattern) expect(toFloat16Bits(value)).toBe(pattern);
    });
  });

  test("halves round to nearest, ties to even", () => {
    expect(toFloat16Bits(1 + 1 / 2048)).toBe(0x3c00);
    expect(toFloat16Bits(1 + 3 / 2048)).toBe(0x3c02);
    expect(toFloat16Bits(65519)).toBe(0x7bff);
    expect(toFloat16Bits(65520)).toBe(0x7c00);
    expect(toFloat16Bits(2 ** -25)).toBe(0);
    expect(toFloat16Bits(2047.5)).toBe(0x6800);
  });

  test("digits beyond 2^53 are kept, in consolidated documents too; nothing else is touched", () => {
    const text =
      '{"a":{"fill_value": 18446744073709551615 ,"shape":[9007199254740993]},' +
      '"b":{"fill_value":-9223372036854775808},"c":{"note":"\\"fill_value\\": 18446744073709551615,"}}';
    const kept = parseJsonObject(keepBigFillValues(new TextEncoder().encode(text)), "x");
    expect(kept).toEqual({
      a: { fill_value: "18446744073709551615", shape: [9007199254740992] },
      b: { fill_value: "-9223372036854775808" },
      c: { note: '"fill_value": 18446744073709551615,' },
    });
  });
});
