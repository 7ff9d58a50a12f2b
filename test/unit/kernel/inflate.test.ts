import { constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { inflateSync as inflateWithFflate } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadCases, makeInput, Random, runMutated } from "./codec-cases.js";

const TRUNCATED = -1;
const CORRUPT = -2;
const OVERFLOW = -3;
const CHECKSUM = -4;
const UNSUPPORTED = -5;
const DICTIONARY = -6;
const BAD_MAGIC = -7;

const kernelOf: Record<string, string> = {
  gzip: "inflate_gzip",
  zlib: "inflate_zlib",
  deflate: "inflate_raw",
};

let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

interface InflateCase {
  readonly codec: string;
}

const recorded = loadCases("inflate").map((row) => ({
  ...row,
  codec: (row as unknown as InflateCase).codec,
}));

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

describe("inflate, on what numcodecs and zlib wrote", () => {
  it.each(recorded.map((row) => [row.name, row] as const))("%s", (_, row) => {
    const expected = makeInput(row.kind, row.size, row.typesize, row.seed);
    const { code, output } = raw.run(kernelOf[row.codec]!, row.encoded, row.size);
    expect(code).toBe(row.size);
    expect(Buffer.compare(output, expected)).toBe(0);
    expect(raw.run(kernelOf[row.codec]!, row.encoded, row.size + 1000).code).toBe(row.size);
    if (row.size > 0) expect(raw.run(kernelOf[row.codec]!, row.encoded, row.size - 1).code).toBe(OVERFLOW);
  });
});

describe("inflate, on zlib's output of every level and strategy", () => {
  const strategies = [
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ];
  it("equals the input, and fflate", () => {
    const random = new Random(5);
    for (const kind of ["noise", "walk", "runs", "periods", "plateaus", "echo"] as const) {
      for (const strategy of strategies) {
        const input = makeInput(kind, random.below(70_000), 1 + random.below(8), random.bits(20));
        const options = {
          level: random.below(10),
          strategy,
          memLevel: 1 + random.below(9),
          windowBits: 9 + random.below(7),
        };
        const packed = deflateRawSync(input, options);
        const { output } = raw.run("inflate_raw", packed, input.length);
        expect(Buffer.compare(output, input)).toBe(0);
        expect(Buffer.compare(inflateWithFflate(packed), input)).toBe(0);
      }
    }
  });

  it("decodes codes of the full 15 bits", () => {
    // Byte k appears about 2^k times, which gives Huffman codes of very different lengths.
    const parts: Uint8Array[] = [];
    for (let k = 0; k < 17; k++)
      parts.push(new Uint8Array(2 ** k).map((_, i) => (i % 7 === 0 ? k + 100 : k)));
    const sorted = join(...parts);
    const random = new Random(9);
    for (let i = sorted.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [sorted[i], sorted[j]] = [sorted[j]!, sorted[i]!];
    }
    const packed = deflateRawSync(sorted, { strategy: constants.Z_HUFFMAN_ONLY, memLevel: 9 });
    expect(Buffer.compare(raw.run("inflate_raw", packed, sorted.length).output, sorted)).toBe(0);
  });
});

describe("gzip", () => {
  const text = makeInput("periods", 3000, 1, 8);

  it("joins members and ignores zero padding", () => {
    const other = makeInput("walk", 500, 4, 9);
    const members = join(gzipSync(text), gzipSync(new Uint8Array(0)), gzipSync(other), new Uint8Array(9));
    const { output } = raw.run("inflate_gzip", members, text.length + other.length);
    expect(Buffer.compare(output, join(text, other))).toBe(0);
    expect(raw.run("inflate_gzip", members, text.length + other.length - 1).code).toBe(OVERFLOW);
    expect(raw.run("inflate_gzip", join(gzipSync(text), Uint8Array.of(0, 7)), 9000).code).toBe(BAD_MAGIC);
  });

  it("does not let a member reach back into the one before", () => {
    // A fixed block whose first symbol is a match: length 3, distance 1.
    const reaching = join(
      gzipSync(text),
      Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0),
    );
    expect(raw.run("inflate_gzip", reaching, 9000).code).toBe(CORRUPT);
  });

  it("skips extra field, name, comment and verifies the header's checksum", () => {
    const packed = gzipSync(text);
    const head = [31, 139, 8, 4 + 8 + 16, 0, 0, 0, 0, 0, 255, 3, 0, 1, 2, 3, 110, 0, 99, 99, 0];
    const { output } = raw.run("inflate_gzip", join(Uint8Array.from(head), packed.subarray(10)), 9000);
    expect(Buffer.compare(output, text)).toBe(0);

    const checked = [31, 139, 8, 2, 0, 0, 0, 0, 0, 255];
    raw.reserve(raw.base + 64).set(checked, raw.base);
    const sum = (raw.exports.crc32 as (at: number, length: number, seed: number) => number)(raw.base, 10, 0);
    const good = join(Uint8Array.of(...checked, sum & 255, (sum >>> 8) & 255), packed.subarray(10));
    expect(Buffer.compare(raw.run("inflate_gzip", good, 9000).output, text)).toBe(0);
    good[9] = 3;
    expect(raw.run("inflate_gzip", good, 9000).code).toBe(CHECKSUM);
  });

  it("says what is wrong", () => {
    const packed = gzipSync(text);
    const change = (at: number, value: number): number => {
      const changed = Uint8Array.from(packed);
      changed[at < 0 ? changed.length + at : at]! = value;
      return raw.run("inflate_gzip", changed, 9000).code;
    };
    expect(raw.run("inflate_gzip", new Uint8Array(0), 10).code).toBe(TRUNCATED);
    expect(change(0, 30)).toBe(BAD_MAGIC);
    expect(change(2, 7)).toBe(UNSUPPORTED);
    expect(change(3, 0x20)).toBe(CORRUPT);
    expect(change(-1, 9)).toBe(CHECKSUM);
    expect(change(-5, packed.at(-5)! ^ 1)).toBe(CHECKSUM);
  });
});

describe("zlib", () => {
  it("says what is wrong", () => {
    const text = makeInput("periods", 3000, 1, 8);
    const packed = Uint8Array.from(deflateSync(text));
    expect(raw.run("inflate_zlib", packed.with(0, 0x79), 9000).code).toBe(BAD_MAGIC);
    expect(raw.run("inflate_zlib", packed.with(packed.length - 1, packed.at(-1)! ^ 1), 9000).code).toBe(
      CHECKSUM,
    );
    const dictionary = Buffer.from("a dictionary of words");
    const needing = deflateSync("words of a dictionary", { dictionary });
    expect(raw.run("inflate_zlib", Uint8Array.from(needing), 100).code).toBe(DICTIONARY);
  });
});

describe("raw inflate", () => {
  const run = (...bytes: number[]): number => raw.run("inflate_raw", Uint8Array.from(bytes), 100).code;

  it("refuses what zlib refuses", () => {
    expect(run()).toBe(TRUNCATED);
    expect(run(0b111)).toBe(CORRUPT); // block type 3
    expect(run(1, 5, 0, 0xfa, 0xff, 1, 2)).toBe(TRUNCATED);
    expect(run(1, 5, 0, 0xfb, 0xff, 1, 2, 3, 4, 5)).toBe(CORRUPT); // LEN against NLEN
    expect(run(1, 2, 0, 0xfd, 0xff, 7, 8)).toBe(2);
    expect(run(0x03, 0x02, 0)).toBe(CORRUPT); // a match before any output
    expect(run(0xfd, 0xff, 0xff)).toBe(CORRUPT); // 288 literal codes
  });
});

describe("hostile input", () => {
  it.each(["gzip", "zlib"])("%s: every truncation and every flipped bit is refused", (format) => {
    const input = makeInput("walk", 700, 4, 12);
    const packed = Uint8Array.from(format === "gzip" ? gzipSync(input) : deflateSync(input));
    const kernel = kernelOf[format]!;
    for (let length = 0; length < packed.length; length++) {
      expect(raw.run(kernel, packed.slice(0, length), 700).code).toBe(TRUNCATED);
    }
    // Bytes 4 to 9 of a gzip header (time, flags of the packer, system) mean nothing to the data.
    for (let bit = 0; bit < packed.length * 8; bit++) {
      if (format === "gzip" && bit >= 32 && bit < 80) continue;
      const flipped = packed.slice();
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
      const { code, output } = raw.run(kernel, flipped, 5000);
      // Header flags may claim fields that the data happens to hold; the checksums decide.
      if (code >= 0) expect(Buffer.compare(output, input)).toBe(0);
    }
  });

  it("mutations end in a result or a clean error, inside the output", () => {
    let errors = 0;
    for (const [index, row] of recorded.entries()) {
      if (row.encoded.length > 20_000) continue;
      const lengths = Array.from({ length: 20 }, (_, i) => Math.floor((row.encoded.length * i) / 20));
      errors += runMutated(raw, kernelOf[row.codec]!, row.encoded, row.size, {
        lengths,
        rounds: 60,
        seed: index,
      }).errors;
    }
    expect(errors).toBeGreaterThan(1000);
  });
});
