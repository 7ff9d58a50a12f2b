import lz4js from "lz4js";
import LZ4 from "numcodecs/lz4";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadCases, makeInput, runMutated } from "./codec-cases.js";

const TRUNCATED = -1;
const CORRUPT = -2;
const OVERFLOW = -3;

/** numcodecs writes the decoded length in front of the block. */
const LENGTH_BYTES = 4;

const cases = loadCases("lz4").map((one) => ({ ...one, block: one.encoded.slice(LENGTH_BYTES) }));
let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

const decode = (block: number[], capacity: number): { code: number; output: number[] } => {
  const { code, output } = raw.run("lz4_decode", Uint8Array.from(block), capacity);
  return { code, output: [...output] };
};

describe("lz4 blocks", () => {
  it("decodes every recorded block to its input", () => {
    expect(cases.length).toBeGreaterThan(60);
    for (const one of cases) {
      const { code, output } = raw.run("lz4_decode", one.block, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, makeInput(one.kind, one.size, one.typesize, one.seed)), one.name).toBe(0);
    }
  });

  it("decodes what lz4js and numcodecs encode here", async () => {
    const numcodecs = LZ4.fromConfig({ id: "lz4", acceleration: 1 });
    for (const kind of ["walk", "runs", "periods", "plateaus"] as const) {
      const input = makeInput(kind, 70_001, 4, 5);
      const theirs = new Uint8Array(lz4js.compressBound(input.length));
      const table = new Uint32Array(1 << 16);
      const length = lz4js.compressBlock(input, theirs, 0, input.length, table);
      for (const block of [
        theirs.slice(0, length),
        ((await numcodecs.encode(input)) as Uint8Array).slice(LENGTH_BYTES),
      ]) {
        const { code, output } = raw.run("lz4_decode", block, input.length);
        expect(code, kind).toBe(input.length);
        expect(Buffer.compare(output, input), kind).toBe(0);
      }
    }
  });

  it("takes a larger buffer and says how much it wrote", () => {
    expect(decode([0x30, 1, 2, 3], 100)).toEqual({ code: 3, output: [1, 2, 3] });
    expect(decode([0x00], 0)).toEqual({ code: 0, output: [] });
  });

  it("repeats a pattern at every distance that overlaps itself", () => {
    for (let distance = 1; distance <= 40; distance++) {
      for (const length of [4, 15, 18, 19, 33, 300]) {
        const literals = Array.from({ length: distance }, (_, i) => (i * 37 + 11) & 255);
        const block = [
          (Math.min(distance, 15) << 4) | Math.min(length - 4, 15),
          ...(distance >= 15 ? [distance - 15] : []),
          ...literals,
          distance,
          0,
          ...(length >= 19 ? more(length - 19) : []),
          0x10,
          99,
        ];
        const expected = [...literals];
        for (let i = 0; i < length; i++) expected.push(expected[expected.length - distance] as number);
        expected.push(99);
        expect(decode(block, expected.length), `distance ${distance}, length ${length}`).toEqual({
          code: expected.length,
          output: expected,
        });
      }
    }
  });

  it("refuses what breaks the format", () => {
    expect(decode([], 10).code).toBe(TRUNCATED);
    expect(decode([0x10], 10).code).toBe(TRUNCATED);
    expect(decode([0xf0, 255], 1000).code).toBe(TRUNCATED);
    expect(decode([0x10, 7, 0, 0, 0x00], 10).code).toBe(CORRUPT); // distance 0
    expect(decode([0x10, 7, 2, 0, 0x00], 10).code).toBe(CORRUPT); // before the first byte
    expect(decode([0x30, 1, 2, 3], 2).code).toBe(OVERFLOW);
    expect(decode([0x1f, 7, 1, 0, 255, 255, 255, 0, 0x00], 500).code).toBe(OVERFLOW);
    // A sequence may not stop behind its match: the last one ends with literals.
    expect(decode([0x14, 7, 1, 0], 100).code).toBe(TRUNCATED);
  });

  it("survives blocks cut anywhere and damaged anywhere", () => {
    let errors = 0;
    for (const one of cases.filter((each) => each.block.length > 20 && each.size < 2000)) {
      const lengths = Array.from({ length: one.block.length }, (_, length) => length);
      errors += runMutated(raw, "lz4_decode", one.block, one.size, {
        lengths,
        rounds: 150,
        seed: one.seed,
      }).errors;
    }
    expect(errors).toBeGreaterThan(1000);
  });
});

/** The bytes that extend a length by `rest`. */
function more(rest: number): number[] {
  return rest < 255 ? [rest] : [255, ...more(rest - 255)];
}
