import Blosc from "numcodecs/blosc";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { type CodecCase, loadCases, makeInput, runMutated } from "./codec-cases.js";

const CORRUPT = -2;
const OVERFLOW = -3;
const UNSUPPORTED = -5;
const BAD_MAGIC = -7;
const HEADER_BYTES = 16;
const PLAIN_COPY = 2;

const cases = loadCases("blosc");
const cnames = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"];
let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

function inputOf(one: CodecCase): Uint8Array {
  return makeInput(one.kind, one.size, one.typesize, one.seed);
}

function decodedSize(chunk: Uint8Array): number {
  const bytes = raw.reserve(raw.base + chunk.length + 64);
  bytes.set(chunk, raw.base);
  return (raw.exports.blosc_decoded_size as (pointer: number, length: number) => number)(
    raw.base,
    chunk.length,
  );
}

function findCase(wanted: Partial<CodecCase>): CodecCase {
  const found = cases.find((one) =>
    Object.entries(wanted).every(([key, value]) => one[key as keyof CodecCase] === value),
  );
  if (!found) throw new Error(`no recorded case with ${JSON.stringify(wanted)}`);
  return found;
}

describe("blosc chunks by c-blosc 1", () => {
  it.each(cnames)("decodes every recorded %s chunk to its input", (cname) => {
    const mine = cases.filter((one) => one.cname === cname);
    expect(mine.length).toBeGreaterThan(50);
    for (const one of mine) {
      const input = inputOf(one);
      expect(decodedSize(one.encoded), one.name).toBe(one.size);
      const { code, output } = raw.run("blosc_decode", one.encoded, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, input), one.name).toBe(0);
    }
  });

  it("covers what the container can hold", () => {
    const flags = cases.map((one) => one.encoded[2] as number);
    const typesizes = new Set(cases.map((one) => one.encoded[3]));
    expect(flags.some((flag) => flag & PLAIN_COPY)).toBe(true); // plain copies
    expect(flags.some((flag) => !(flag & 0x12))).toBe(true); // split blocks
    expect(flags.some((flag) => flag & 0x10)).toBe(true); // blocks in one stream
    expect([...typesizes].sort((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 7, 8, 12, 16, 17, 32]);
    expect(new Set(flags.map((flag) => flag >> 5))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it("agrees with numcodecs' own decoder on chunks of several blocks", async () => {
    const codec = Blosc.fromConfig({ id: "blosc", cname: "lz4", clevel: 5, shuffle: 1 });
    for (const one of cases.filter((each) => each.cname !== "snappy" && each.size > 100_000)) {
      const { output } = raw.run("blosc_decode", one.encoded, one.size);
      expect(Buffer.compare(output, (await codec.decode(one.encoded)) as Uint8Array), one.name).toBe(0);
    }
  });

  it("decodes what numcodecs encodes here, each compressor and shuffle", async () => {
    const input = makeInput("walk", 40_000, 4, 77);
    for (const cname of ["blosclz", "lz4", "lz4hc", "zlib", "zstd"] as const) {
      for (const shuffle of [0, 1, 2] as const) {
        const codec = Blosc.fromConfig({ id: "blosc", cname, clevel: 5, shuffle, blocksize: 4096 });
        const chunk = await codec.encode(input);
        const { code, output } = raw.run("blosc_decode", chunk, input.length);
        expect(code, `${cname} ${shuffle}`).toBe(input.length);
        expect(Buffer.compare(output, input), `${cname} ${shuffle}`).toBe(0);
      }
    }
  });

  it("ignores bytes behind the chunk", () => {
    const one = findCase({ cname: "lz4", shuffle: 1, kind: "walk" });
    const longer = new Uint8Array(one.encoded.length + 9).fill(0xee);
    longer.set(one.encoded);
    expect(raw.run("blosc_decode", longer, one.size).code).toBe(one.size);
  });
});

describe("what blosc_decode refuses", () => {
  const chunk = (): Uint8Array =>
    findCase({ cname: "lz4", shuffle: 1, typesize: 4, clevel: 5 }).encoded.slice();
  const decode = (bytes: Uint8Array, capacity = 1 << 20): number =>
    raw.run("blosc_decode", bytes, capacity).code;

  it.each([3, 4, 5])("a blosc2 chunk of version %i", (version) => {
    const bytes = chunk();
    bytes[0] = version;
    expect(decode(bytes)).toBe(UNSUPPORTED);
    expect(decodedSize(bytes)).toBe(UNSUPPORTED);
  });

  it("a blosc2 frame", () => {
    const frame = new Uint8Array(64);
    frame.set([0x9e, 0xa8, ...Buffer.from("b2frame\0")]);
    expect(decode(frame)).toBe(UNSUPPORTED);
  });

  it("a container it does not know, a compressor and a stream version from the future", () => {
    expect(chunk()[2]! & PLAIN_COPY).toBe(0);
    const magic = chunk();
    magic[0] = 0x78;
    expect(decode(magic)).toBe(BAD_MAGIC);
    const compressor = chunk();
    compressor[2] = (compressor[2]! & 31) | (5 << 5);
    expect(decode(compressor)).toBe(UNSUPPORTED);
    const stream = chunk();
    stream[1] = 2;
    expect(decode(stream)).toBe(UNSUPPORTED);
    const reserved = chunk();
    reserved[2] = reserved[2]! | 8;
    expect(decode(reserved)).toBe(UNSUPPORTED);
  });

  it("a typesize of nothing and blocks of nothing", () => {
    const typesize = chunk();
    typesize[3] = 0;
    expect(decode(typesize)).toBe(CORRUPT);
    const blocks = chunk();
    blocks.fill(0, 8, 12);
    expect(decode(blocks)).toBe(CORRUPT);
  });

  it("output that does not fit, also of a plain copy", () => {
    for (const one of cases.filter((each) => each.size > 0 && each.size < 5000)) {
      expect(decode(one.encoded, one.size - 1), one.name).toBe(OVERFLOW);
    }
  });

  it("blocks that share a stream, whatever they would decode to", () => {
    // lz4, blocks not split, typesize 1: two blocks of four stored bytes.
    const bytes = new Uint8Array(40).fill(7);
    const view = new DataView(bytes.buffer);
    bytes.set([2, 1, 0x30, 1]);
    [8, 4, 40, 24, 32, 4].forEach((value, index) => {
      view.setUint32(4 + 4 * index, value, true);
    });
    view.setUint32(32, 4, true);
    expect(decode(bytes, 8)).toBe(8);
    view.setUint32(20, 24, true);
    expect(decode(bytes, 8)).toBe(8); // still within the chunk's length
    view.setUint32(12, 32, true);
    expect(decode(bytes, 8)).toBe(CORRUPT);
  });

  it("a block that decodes to another length", () => {
    const one = findCase({ cname: "zlib", shuffle: 0, kind: "walk", clevel: 5 });
    const bytes = one.encoded.slice();
    const view = new DataView(bytes.buffer);
    // One byte more for the single block.
    view.setUint32(4, one.size + 1, true);
    view.setUint32(8, one.size + 1, true);
    expect(decode(bytes)).toBeLessThan(0);
  });
});

describe("blosc_decode on hostile input", () => {
  const small = cases.filter((one) => one.size >= 500 && one.size < 3500 && one.encoded.length < 2600);

  it.each(cnames)("survives %s chunks cut anywhere and damaged anywhere", (cname) => {
    const mine = small.filter((one) => one.cname === cname).filter((_, index) => index % 6 === 0);
    expect(mine.length).toBeGreaterThan(3);
    let errors = 0;
    for (const one of mine) {
      const lengths = Array.from({ length: one.encoded.length }, (_, length) => length);
      const cut = runMutated(raw, "blosc_decode", one.encoded, one.size, { lengths, rounds: 0, seed: 0 });
      // The chunk states its own length, so every cut is found.
      expect(cut, one.name).toEqual({ errors: one.encoded.length, results: 0 });
      errors += runMutated(raw, "blosc_decode", one.encoded, one.size, {
        lengths: [],
        rounds: 300,
        seed: one.seed,
      }).errors;
    }
    expect(errors).toBeGreaterThan(100);
  });

  it("needs at least a header", () => {
    for (let length = 0; length < HEADER_BYTES; length++) {
      expect(raw.run("blosc_decode", small[0]!.encoded.slice(0, length), 4096).code).toBeLessThan(0);
    }
  });
});
