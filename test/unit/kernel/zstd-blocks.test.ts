import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import {
  type Bytes,
  block,
  COMPRESSED_BLOCK,
  CORRUPT,
  join,
  OVERFLOW,
  RAW_BLOCK,
  smallFrame,
} from "./zstd-frames.js";

let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

function decode(parts: Bytes, capacity: number) {
  return raw.run("zstd_decode", join(parts), capacity);
}

describe("compressed blocks made by hand", () => {
  // Modes: offsets and match lengths and literals lengths each one code, without bits of state.
  const ONE_CODE = 0x54;
  const sequences = (count: number[], codes: number[], bits: number[]) => [
    ...count,
    ONE_CODE,
    ...codes,
    ...bits,
  ];

  it("repeats from a distance given by a recent offset", () => {
    // Two literals; literals length 2, offset value 1 (code 0), match length 3 + 7: the recent offset is 1.
    const body = [2 << 3, 5, 6, ...sequences([1], [2, 0, 7], [1])];
    expect(decode([smallFrame(block(COMPRESSED_BLOCK, body.length, body))], 12).output).toEqual(
      Uint8Array.from([5, ...new Uint8Array(11).fill(6)]),
    );
  });

  it("refuses trees whose weights do not add up", () => {
    // No symbols of a tree given by weights of four bits: only the tree can be wrong.
    const run = (count: number, weights: number[]) => {
      const size = 2 + weights.length;
      const header = [COMPRESSED_BLOCK, (size & 3) << 6, size >> 2];
      const body = [...header, 127 + count, ...weights, 1, 0];
      return decode([smallFrame(block(COMPRESSED_BLOCK, body.length, body))], 9).code;
    };
    expect(run(1, [0x10])).toBe(0); // 1 and, implied, 1
    expect(run(2, [0x21])).toBe(0); // 2, 1, 1
    expect(run(3, [0x01, 0x20])).toBe(0);
    expect(run(1, [0])).toBe(CORRUPT); // nothing
    expect(run(3, [0x31, 0x10])).toBe(0); // 4, 1, 1, 2
    expect(run(3, [0x41, 0x10])).toBe(CORRUPT); // 8 + 1 + 1 lack 6, which is no weight
    expect(run(1, [0x20])).toBe(CORRUPT); // 2 and 2: no code is as long as the tree is deep
    expect(run(2, [0xc1])).toBe(CORRUPT); // 12 bits
    expect(run(2, [0xb0])).toBe(CORRUPT); // 11 and 11: 11 bits, but none that long
  });

  it("refuses four streams for too few literals, and writes none of them elsewhere", () => {
    const stream = [...new Uint8Array(199), 1];
    const body = [0x80, 0x10, ...[200, 0, 200, 0, 200, 0], ...stream, ...stream, ...stream, ...stream];
    for (const length of [1, 2, 5]) {
      const sizes = COMPRESSED_BLOCK | (1 << 2) | (length << 4) | (body.length << 14);
      const bytes = [sizes & 255, (sizes >> 8) & 255, sizes >> 16, ...body, 0];
      expect(decode([smallFrame(block(COMPRESSED_BLOCK, bytes.length, bytes))], length).code).toBe(CORRUPT);
    }
  });

  it("counts sequences in one, two or three bytes", () => {
    for (const [count, bytes] of [
      [1, [1]],
      [127, [127]],
      [128, [128, 128]],
      [0x7eff, [0xfe, 0xff]],
      [0x7f00, [0xff, 0, 0]],
      [0x7f05, [0xff, 5, 0]],
      [0x8013, [0xff, 0x13, 1]],
    ] as const) {
      // No literals, the second recent offset, length 3; no bits at all.
      const body = [0, ...sequences([...bytes], [0, 0, 0], [1])];
      const stored = block(RAW_BLOCK, 9, new Uint8Array(9), false);
      const frame = smallFrame(stored, block(COMPRESSED_BLOCK, body.length, body));
      expect(decode([frame], 200_000).code, `${count} sequences`).toBe(9 + 3 * count);
    }
  });

  it("refuses a match from before the frame, an offset of nothing, and more literals than there are", () => {
    const stored = block(RAW_BLOCK, 3, [1, 2, 3], false);
    const body = (literals: number, offsetCode: number, bits: number) => [
      ...[1 << 3, 5],
      ...sequences([1], [literals, offsetCode, 0], [bits]),
    ];
    const run = (bytes: number[]) =>
      decode([smallFrame(stored, block(COMPRESSED_BLOCK, bytes.length, bytes))], 99);
    expect(run(body(1, 2, 0b111)).code).toBe(7); // offset 7 - 3 = 4: the first byte
    expect(run(body(1, 3, 0b1000)).code).toBe(CORRUPT); // offset 8 - 3 = 5
    expect(run(body(0, 1, 0b11)).code).toBe(CORRUPT); // no literals, value 3: recent offset 1 less one
    expect(run(body(2, 0, 1)).code).toBe(CORRUPT); // two literals of one
  });

  it("refuses bits that are left over or missing, and bytes after no sequences", () => {
    const run = (...bytes: number[]) =>
      decode([smallFrame(block(COMPRESSED_BLOCK, bytes.length, bytes))], 99).code;
    expect(run(2 << 3, 5, 6, ...sequences([1], [2, 0, 7], [2]))).toBe(CORRUPT);
    expect(run(2 << 3, 5, 6, ...sequences([1], [2, 1, 7], [1]))).toBe(CORRUPT);
    expect(run(2 << 3, 5, 6, ...sequences([1], [2, 0, 7], [0]))).toBe(CORRUPT);
    expect(run(2 << 3, 5, 6, 0, 0)).toBe(CORRUPT);
    expect(run(2 << 3, 5, 6, ...[1, ONE_CODE | 1, 2, 0, 7, 1])).toBe(CORRUPT); // reserved bits
    expect(run(2 << 3, 5, 6, ...sequences([1], [36, 0, 7], [1]))).toBe(CORRUPT); // codes that do not exist
    expect(run(2 << 3, 5, 6, ...sequences([1], [2, 32, 7], [1]))).toBe(CORRUPT);
    expect(run(2 << 3, 5, 6, ...sequences([1], [2, 0, 53], [1]))).toBe(CORRUPT);
  });

  it("refuses a block that grows beyond 128 KiB, however much room there is", () => {
    // Literals length 1, recent offset 1, match length 65539 + 16 bits.
    const body = [1 << 3, 5, ...sequences([3], [0, 0, 52], [255, 255, 255, 255, 255, 255, 1])];
    const stored = block(RAW_BLOCK, 9, new Uint8Array(9), false);
    const frame = smallFrame(stored, block(COMPRESSED_BLOCK, body.length, body));
    expect(decode([frame], 1 << 20).code).toBe(CORRUPT);
    expect(decode([frame], 1000).code).toBe(OVERFLOW);
  });
});
