import Zstd from "numcodecs/zstd";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ZSTDDecoder } from "zstddec";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadDictionary, loadZstdCases, makeContent, type ZstdCase } from "./zstd-cases.js";
import {
  BAD_MAGIC,
  type Bytes,
  block,
  CHECKSUM,
  COMPRESSED_BLOCK,
  CORRUPT,
  DICTIONARY,
  join,
  MAGIC,
  OVERFLOW,
  RAW_BLOCK,
  RLE_BLOCK,
  smallFrame,
  TRUNCATED,
  UNSUPPORTED,
} from "./zstd-frames.js";

/** Beyond whatever `run` lays out. */
const DICTIONARY_AT = 24 << 20;

const cases = loadZstdCases();
const plain = cases.filter((one) => one.dictionary === undefined);
let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});
beforeEach(() => setDictionary(new Uint8Array(0)));

function contentOf(one: ZstdCase): Uint8Array {
  return makeContent(one.kind, one.size, one.seed);
}

function setDictionary(dictionary: Uint8Array): number {
  raw.reserve(DICTIONARY_AT + dictionary.length + 64).set(dictionary, DICTIONARY_AT);
  return (raw.exports.zstd_set_dictionary as Kernel)(DICTIONARY_AT, dictionary.length);
}

function contentSize(input: Uint8Array): bigint {
  raw.reserve(raw.base + input.length + 64).set(input, raw.base);
  return (raw.exports.zstd_frame_content_size as (ptr: number, len: number) => bigint)(
    raw.base,
    input.length,
  );
}

type Kernel = (...parameters: number[]) => number;

function decode(parts: Bytes, capacity: number) {
  return raw.run("zstd_decode", join(parts), capacity);
}

describe("frames by the reference encoder", () => {
  for (const dictionary of [undefined, "trained", "raw"] as const) {
    it(`decodes every one made with ${dictionary ?? "no"} dictionary`, () => {
      const mine = cases.filter((one) => one.dictionary === dictionary);
      expect(mine.length).toBeGreaterThan(8);
      if (dictionary) expect(setDictionary(loadDictionary(dictionary))).toBe(0);
      for (const one of mine) {
        const { code, output } = raw.run("zstd_decode", one.frame, one.size);
        expect(code, one.name).toBe(one.size);
        expect(Buffer.compare(output, contentOf(one)), one.name).toBe(0);
      }
    });
  }

  it("tells the decoded size where the frame does, and fits it exactly", () => {
    for (const one of plain) {
      // The encoder omits the size of nothing when it was asked to.
      expect(contentSize(one.frame), one.name).toBe(one.contentSize ? BigInt(one.size) : -1n);
      if (one.size === 0) continue;
      expect(raw.run("zstd_decode", one.frame, one.size - 1).code, one.name).toBe(OVERFLOW);
      expect(raw.run("zstd_decode", one.frame, one.size + 1000).code, one.name).toBe(one.size);
    }
  });

  it("decodes as numcodecs and zstddec do", async () => {
    const zstddec = new ZSTDDecoder();
    await zstddec.init();
    const numcodecs = new Zstd();
    for (const one of plain.filter((each) => each.size > 0 && each.size < 400_000)) {
      const { output } = raw.run("zstd_decode", one.frame, one.size);
      expect(Buffer.compare(output, zstddec.decode(one.frame, one.size)), one.name).toBe(0);
      if (!one.contentSize) continue;
      expect(Buffer.compare(output, await numcodecs.decode(one.frame)), one.name).toBe(0);
    }
  });
});

describe("the frame format", () => {
  const some = plain.find((one) => one.kind === "words" && one.size === 1000)!;

  it("joins frames and passes over skippable ones", () => {
    const skippable = (low: number, length: number) => [
      0x50 + low,
      0x2a,
      0x4d,
      0x18,
      ...[length, 0, 0, 0],
      ...new Uint8Array(length).fill(9),
    ];
    const input = [
      skippable(0, 0),
      some.frame,
      skippable(15, 7),
      smallFrame(block(RLE_BLOCK, 5, [66])),
      some.frame,
    ];
    const { code, output } = decode([...input, skippable(3, 1)], 2005);
    expect(code).toBe(2005);
    const content = contentOf(some);
    expect(output).toEqual(join([content, new Uint8Array(5).fill(66), content]));
    expect(decode(input, 2004).code).toBe(OVERFLOW);
    expect(decode([...input, skippable(3, 9).slice(0, -1)], 2005).code).toBe(TRUNCATED);
    expect(decode([skippable(1, 3)], 0).code).toBe(0);
    expect(contentSize(join(input))).toBe(-1n);
    expect(contentSize(join([some.frame, skippable(1, 3), some.frame]))).toBe(some.contentSize ? 2000n : -1n);
  });

  it("forgets tables, trees and offsets from one frame to the next", () => {
    const stored = block(RAW_BLOCK, 3, [1, 2, 3], false);
    // One literal, one sequence; its three codes given, then "repeat".
    const described = block(COMPRESSED_BLOCK, 8, [1 << 3, 5, 1, 0x54, 1, 2, 0, 0b111], false);
    const repeated = block(COMPRESSED_BLOCK, 5, [1 << 3, 6, 1, 0xfc, 0b111]);
    expect(decode([smallFrame(stored, described, repeated)], 50).output).toEqual(
      Uint8Array.from([1, 2, 3, 5, 1, 2, 3, 6, 1, 2, 3]),
    );
    const begun = smallFrame(stored, described, block(RAW_BLOCK, 0, []));
    expect(decode([begun, smallFrame(stored, repeated)], 50).code).toBe(CORRUPT);
    // The same with a recent offset: 4 is further back than the second frame goes.
    const recent = block(COMPRESSED_BLOCK, 8, [1 << 3, 5, 1, 0x54, 1, 1, 0, 0b10]);
    expect(decode([smallFrame(stored, block(RAW_BLOCK, 1, [4], false), recent)], 50).code).toBe(8);
    expect(decode([begun, smallFrame(recent)], 50).code).toBe(CORRUPT);
    // Literals with a tree of their own, then treeless ones.
    const tree = block(COMPRESSED_BLOCK, 8, [0x42, 0xc0, 0, 0x80, 0x10, 0x1f, 0, 0], false).slice(0, -1);
    tree[0] = (7 << 3) | (COMPRESSED_BLOCK << 1);
    const treeless = block(COMPRESSED_BLOCK, 5, [0x43, 0x40, 0, 0x1f, 0]);
    expect(decode([smallFrame(tree, treeless)], 50).output).toEqual(
      Uint8Array.from([1, 1, 1, 1, 1, 1, 1, 1]),
    );
    expect(decode([smallFrame(tree, block(RAW_BLOCK, 0, [])), smallFrame(treeless)], 50).code).toBe(CORRUPT);
  });

  it("decodes blocks of every type, also empty ones", () => {
    const stored = Uint8Array.from({ length: 300 }, (_, i) => i * 7);
    const { code, output } = decode(
      [
        smallFrame(
          block(RAW_BLOCK, 0, [], false),
          block(RAW_BLOCK, 300, stored, false),
          block(RLE_BLOCK, 40, [3], false),
          block(RLE_BLOCK, 0, [3], false),
          // Three stored literals and no sequences; then five times one literal and no sequences.
          block(COMPRESSED_BLOCK, 5, [3 << 3, 7, 8, 9, 0], false),
          block(COMPRESSED_BLOCK, 3, [(5 << 3) | 1, 4, 0], false),
          block(RAW_BLOCK, 0, []),
        ),
      ],
      348,
    );
    expect(code).toBe(348);
    expect(output).toEqual(join([stored, new Uint8Array(40).fill(3), [7, 8, 9, 4, 4, 4, 4, 4]]));
  });

  it("reads every width of content size and dictionary id, and any window", () => {
    for (const [flag, sizeBytes] of [
      [0x20, [44]],
      [0x40, [0x2c, 0]],
      [0x80, [44, 0, 0, 0]],
      [0xc0, [44, 0, 0, 0, 0, 0, 0, 0]],
    ] as const) {
      const size = flag === 0x40 ? 300 : 44;
      for (const [id, idBytes] of [0, 1, 2, 4].entries()) {
        for (const window of [0, 0x57, 0xff]) {
          const input = join([
            [...MAGIC, flag | id],
            flag === 0x20 ? [] : [window],
            new Uint8Array(idBytes),
            sizeBytes,
            block(RLE_BLOCK, size, [1]),
          ]);
          expect(raw.run("zstd_decode", input, size).code, `${flag} ${id} ${window}`).toBe(size);
          expect(contentSize(input)).toBe(BigInt(size));
        }
      }
    }
  });

  it("refuses what it does not know, in the right words", () => {
    const content = block(RAW_BLOCK, 1, [1]);
    expect(decode([], 10).code).toBe(TRUNCATED);
    expect(contentSize(new Uint8Array(0))).toBe(-2n);
    const huge = join([MAGIC, [0xe0, 0, 0, 0, 0, 0, 0, 0x20, 0], block(RAW_BLOCK, 0, [])]);
    expect(contentSize(huge)).toBe(2n ** 53n);
    expect(contentSize(join([huge, huge]))).toBe(-2n);
    expect(decode([[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]], 10).code).toBe(BAD_MAGIC);
    expect(decode([smallFrame(content), [0, 0, 0, 0]], 10).code).toBe(BAD_MAGIC);
    expect(decode([smallFrame(content), [0x28]], 10).code).toBe(TRUNCATED);
    expect(decode([[0x27, ...MAGIC.slice(1), 0, 0], content], 10).code).toBe(UNSUPPORTED); // zstd 0.7
    expect(decode([MAGIC, [8, 0], content], 10).code).toBe(UNSUPPORTED); // reserved bit
    expect(decode([MAGIC, [0x10, 0], content], 10).code).toBe(1); // unused bit
    expect(decode([MAGIC, [1, 0, 9], content], 10).code).toBe(DICTIONARY);
    expect(decode([smallFrame(block(3, 1, [1]))], 10).code).toBe(CORRUPT);
    expect(decode([smallFrame(block(RLE_BLOCK, 131_073, [1]))], 200_000).code).toBe(CORRUPT);
    expect(decode([smallFrame(block(RLE_BLOCK, 131_072, [1]))], 200_000).code).toBe(131_072);
    expect(decode([MAGIC, [0x20, 2], content], 10).code).toBe(CORRUPT); // one byte of two
    expect(decode([MAGIC, [0x20, 0], content], 10).code).toBe(CORRUPT); // one byte of none
    expect(decode([MAGIC, [0xe0, 0, 0, 0, 0, 1, 0, 0, 0], content], 10).code).toBe(OVERFLOW);
  });

  it("verifies the checksum", () => {
    for (const one of plain.filter((each) => each.checksum && each.size < 5000)) {
      for (let bit = 0; bit < 32; bit += 5) {
        const frame = one.frame.slice();
        frame[frame.length - 4 + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(raw.run("zstd_decode", frame, one.size).code, one.name).toBe(CHECKSUM);
      }
    }
  });
});

describe("dictionaries", () => {
  const trained = loadDictionary("trained");
  const named = cases.find((one) => one.dictionary === "trained" && one.size === 300 && one.frame[4]! & 3)!;
  const run = () => raw.run("zstd_decode", named.frame, named.size);

  it("are asked for by name", () => {
    expect(run().code).toBe(DICTIONARY);
    setDictionary(loadDictionary("raw"));
    expect(run().code).toBe(DICTIONARY);
    const renamed = trained.slice();
    renamed[4]! ^= 1;
    setDictionary(renamed);
    expect(run().code).toBe(DICTIONARY);
    setDictionary(trained);
    expect(run().code).toBe(named.size);
    setDictionary(new Uint8Array(0));
    expect(run().code).toBe(DICTIONARY);
  });

  it("change nothing for frames made without", () => {
    setDictionary(trained);
    for (const one of plain.filter((each) => each.size < 3000)) {
      const { code, output } = raw.run("zstd_decode", one.frame, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, contentOf(one)), one.name).toBe(0);
    }
  });

  it("are refused when broken, and then there is none", () => {
    let refused = 0;
    for (let length = 8; length < trained.length; length += length < 300 ? 1 : 97) {
      if (setDictionary(trained.slice(0, length)) === CORRUPT) {
        refused++;
        expect(run().code).toBe(DICTIONARY);
      } else {
        run(); // its content is shorter: an error or other bytes, but nothing outside
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it("give recent offsets that reach into them", () => {
    const at = Buffer.from(trained).indexOf(Buffer.from([1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0]));
    expect(at).toBeGreaterThan(8);
    const content = trained.subarray(at + 12);
    const changed = trained.slice();
    changed.set([2, 0, 0, 0, 40, 0, 0, 0, 13, 0, 0, 0], at);
    // One literal, then seven bytes from the first, second or third of them: offset values 1, 2 and 3.
    for (const [offset, code, bits] of [
      [2, 0, 1],
      [40, 1, 0b10],
      [13, 1, 0b11],
    ] as const) {
      expect(setDictionary(changed)).toBe(0);
      const frame = smallFrame(block(COMPRESSED_BLOCK, 8, [1 << 3, 5, 1, 0x54, 1, code, 4, bits]));
      const expected = [...content.slice(1 - offset || content.length), 5];
      for (let i = 0; i < 7; i++) expected.push(expected[expected.length - offset]!);
      expect(decode([frame], 8).output, `${offset}`).toEqual(Uint8Array.from(expected.slice(-8)));
    }
    for (const wrong of [0, content.length + 1]) {
      for (let i = 0; i < 12; i += 4) {
        const broken = changed.slice();
        new DataView(broken.buffer).setUint32(at + i, wrong, true);
        expect(setDictionary(broken)).toBe(CORRUPT);
      }
    }
  });
});
