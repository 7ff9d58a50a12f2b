import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadCases, makeInput, runMutated } from "./codec-cases.js";

const TRUNCATED = -1;
const CORRUPT = -2;
const OVERFLOW = -3;
/** Where the only stream of a chunk of one block begins: header, block start, stream length. */
const STREAM_AT = 24;

const PLAIN_COPY = 2;
const NOT_SPLIT = 0x10;

// Chunks of one block in one stream, unshuffled: their stream can be decoded alone.
const cases = loadCases("blosc")
  .filter((one) => one.cname === "blosclz" && one.size > 0 && (one.shuffle === 0 || one.typesize === 1))
  .filter(({ encoded, size, shuffle, typesize }) => {
    const flags = encoded[2]!;
    const blockBytes = new DataView(encoded.buffer).getUint32(8, true);
    const oneStream = blockBytes === size && ((flags & NOT_SPLIT) !== 0 || typesize === 1);
    return oneStream && (flags & PLAIN_COPY) === 0 && shuffle !== 2;
  })
  .map((one) => ({ ...one, stream: one.encoded.slice(STREAM_AT) }));
let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

const decode = (stream: number[], capacity: number): { code: number; output: number[] } => {
  const { code, output } = raw.run("blosclz_decode", Uint8Array.from(stream), capacity);
  return { code, output: [...output] };
};

describe("blosclz streams", () => {
  it("decodes every recorded stream to its input", () => {
    expect(cases.length).toBeGreaterThan(3);
    for (const one of cases) {
      const { code, output } = raw.run("blosclz_decode", one.stream, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, makeInput(one.kind, one.size, one.typesize, one.seed)), one.name).toBe(0);
    }
  });

  it("reads literals, short and long matches", () => {
    expect(decode([2, 7, 8, 9], 3)).toEqual({ code: 3, output: [7, 8, 9] });
    // The upper three bits of the first control say nothing.
    expect(decode([0xe2, 7, 8, 9], 3).output).toEqual([7, 8, 9]);
    // Length 3 from two bytes back, then one literal.
    expect(decode([1, 7, 8, 0x20, 1, 0, 5], 6).output).toEqual([7, 8, 7, 8, 7, 5]);
    // Length 9 + 255 + 2 from one byte back.
    const run = decode([0, 7, 0xe0, 255, 2, 0, 0, 5], 300);
    expect(run).toEqual({ code: 268, output: [...new Array(267).fill(7), 5] });
  });

  it("reads the far distance behind its escape", () => {
    const literals = Array.from({ length: 8400 }, (_, i) => (i * i + (i >> 5)) & 255);
    const stream: number[] = [];
    for (let at = 0; at < literals.length; at += 32) {
      const part = literals.slice(at, at + 32);
      stream.push(part.length - 1, ...part);
    }
    for (const [distance, match] of [
      [8191, [0x3f, 254]],
      [8192, [0x3f, 255, 0, 0]],
      [8193, [0x3f, 255, 0, 1]],
      [8192 + 200, [0x3f, 255, 0, 200]],
    ] as const) {
      const from = literals.length - distance;
      const { code, output } = decode([...stream, ...match, 0, 5], 9000);
      expect(code, `distance ${distance}`).toBe(8404);
      expect(output.slice(8400)).toEqual([...literals.slice(from, from + 3), 5]);
    }
  });

  it("refuses what breaks the format", () => {
    expect(decode([], 9).code).toBe(TRUNCATED);
    expect(decode([2, 7, 8], 9).code).toBe(TRUNCATED);
    expect(decode([2, 7, 8, 9], 2).code).toBe(OVERFLOW);
    expect(decode([1, 7, 8, 0x20, 2, 0, 5], 9).code).toBe(CORRUPT); // before the first byte
    expect(decode([1, 7, 8, 0x20, 1, 0, 5], 4).code).toBe(OVERFLOW);
    expect(decode([1, 7, 8, 0x20], 9).code).toBe(TRUNCATED);
    expect(decode([1, 7, 8, 0x20, 1], 9).code).toBe(TRUNCATED); // a stream ends with literals
    expect(decode([1, 7, 8, 0xe0, 255], 999).code).toBe(TRUNCATED);
  });

  it("survives streams cut anywhere and damaged anywhere", () => {
    for (const one of cases.filter((each) => each.stream.length < 4000)) {
      const lengths = Array.from({ length: one.stream.length }, (_, length) => length);
      runMutated(raw, "blosclz_decode", one.stream, one.size, { lengths, rounds: 300, seed: one.seed });
    }
  });
});
