import { deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";

type Checksum = (pointer: number, length: number, seed: number) => number;

let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

function sum(name: string, bytes: Uint8Array, seed: number): number {
  raw.reserve(raw.base + bytes.length + 64).set(bytes, raw.base);
  return (raw.exports[name] as Checksum)(raw.base, bytes.length, seed) >>> 0;
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** Lengths around the steps of 8 and 16 bytes, and around Adler-32's reduction block. */
const lengths = [
  0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 95, 96, 97, 103, 255, 5535, 5536, 5537, 5552, 11072, 100_003,
];

describe("checksums", () => {
  it("know the published check values", () => {
    expect(sum("crc32", text("123456789"), 0)).toBe(0xcbf43926);
    expect(sum("crc32c", text("123456789"), 0)).toBe(0xe3069283);
    // RFC 3720 B.4
    expect(sum("crc32c", new Uint8Array(32), 0)).toBe(0x8a9136aa);
    expect(sum("crc32c", new Uint8Array(32).fill(0xff), 0)).toBe(0x62a8ab43);
    expect(sum("adler32", text("Wikipedia"), 1)).toBe(0x11e60398);
  });

  it.each(lengths)("equal zlib's on %i bytes, also of the largest values", (length) => {
    for (const bytes of [pseudoRandom(length), new Uint8Array(length).fill(255)]) {
      const zipped = gzipSync(bytes);
      expect(sum("crc32", bytes, 0)).toBe(zipped.readUInt32LE(zipped.length - 8));
      const deflated = deflateSync(bytes);
      expect(sum("adler32", bytes, 1)).toBe(deflated.readUInt32BE(deflated.length - 4));
    }
  });

  it.each(["crc32", "crc32c", "adler32"])("%s continues from a seed", (name) => {
    const bytes = pseudoRandom(20_011);
    const start = name === "adler32" ? 1 : 0;
    const whole = sum(name, bytes, start);
    for (const cut of [0, 1, 4999, 16_384, 20_011]) {
      expect(sum(name, bytes.subarray(cut), sum(name, bytes.subarray(0, cut), start))).toBe(whole);
    }
  });
});

function pseudoRandom(length: number): Uint8Array {
  let state = length + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
