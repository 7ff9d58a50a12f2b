import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadCases, makeInput, runMutated } from "./codec-cases.js";

const TRUNCATED = -1;
const CORRUPT = -2;
const OVERFLOW = -3;

const cases = loadCases("snappy");
let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

const decode = (block: number[], capacity: number): { code: number; output: number[] } => {
  const { code, output } = raw.run("snappy_decode", Uint8Array.from(block), capacity);
  return { code, output: [...output] };
};

const decodedSize = (block: Uint8Array): number => {
  raw.reserve(raw.base + block.length + 64).set(block, raw.base);
  const size = raw.exports.snappy_decoded_size as (pointer: number, length: number) => number;
  return size(raw.base, block.length);
};

describe("snappy blocks", () => {
  it("decodes every recorded block to its input", () => {
    expect(cases.length).toBeGreaterThan(70);
    for (const one of cases) {
      expect(decodedSize(one.encoded), one.name).toBe(one.size);
      const { code, output } = raw.run("snappy_decode", one.encoded, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, makeInput(one.kind, one.size, one.typesize, one.seed)), one.name).toBe(0);
    }
  });

  it("reads each kind of element", () => {
    // Literals; copies with one, two and four bytes of distance; literals with four bytes of length.
    expect(decode([7, 0x08, 1, 2, 3, 0x01, 3], 7).output).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(decode([6, 0x08, 1, 2, 3, 0x0a, 2, 0], 6).output).toEqual([1, 2, 3, 2, 3, 2]);
    expect(decode([6, 0x08, 1, 2, 3, 0x0b, 1, 0, 0, 0], 6).output).toEqual([1, 2, 3, 3, 3, 3]);
    expect(decode([2, 0xfc, 1, 0, 0, 0, 8, 9], 2).output).toEqual([8, 9]);
    expect(decode([0], 0)).toEqual({ code: 0, output: [] });
  });

  it("refuses what breaks the format", () => {
    expect(decode([], 9).code).toBe(TRUNCATED);
    expect(decode([0x80], 9).code).toBe(TRUNCATED);
    expect(decode([0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 9).code).toBe(CORRUPT); // a length of six bytes
    expect(decode([0xff, 0xff, 0xff, 0xff, 0x7f], 9).code).toBe(CORRUPT); // more than 32 bits
    expect(decode([3, 0x08, 1, 2, 3], 2).code).toBe(OVERFLOW);
    expect(decode([4, 0x08, 1, 2, 3], 9).code).toBe(TRUNCATED); // shorter than promised
    expect(decode([2, 0x08, 1, 2, 3], 9).code).toBe(CORRUPT); // longer than promised
    expect(decode([7, 0x08, 1, 2, 3, 0x01, 4], 9).code).toBe(CORRUPT); // before the first byte
    expect(decode([7, 0x08, 1, 2, 3, 0x01, 0], 9).code).toBe(CORRUPT); // distance 0
    expect(decode([7, 0x08, 1, 2, 3, 0x01], 9).code).toBe(TRUNCATED);
    expect(decode([2, 0xfc, 255, 255, 255, 255, 8, 9], 2).code).toBe(CORRUPT);
  });

  it("survives blocks cut anywhere and damaged anywhere", () => {
    for (const one of cases.filter((each) => each.encoded.length > 20 && each.size < 2000)) {
      const lengths = Array.from({ length: one.encoded.length }, (_, length) => length);
      // The block states its decoded length, so every cut is found.
      expect(
        runMutated(raw, "snappy_decode", one.encoded, one.size, { lengths, rounds: 0, seed: 0 }),
        one.name,
      ).toEqual({ errors: one.encoded.length, results: 0 });
      runMutated(raw, "snappy_decode", one.encoded, one.size, { lengths: [], rounds: 200, seed: one.seed });
    }
  });
});
