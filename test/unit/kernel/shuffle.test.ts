import { beforeAll, describe, expect, it } from "vitest";
import { bitUnshuffleTwin } from "../../../src/kernel/twin/bitshuffle.js";
import { unshuffleTwin } from "../../../src/kernel/twin/shuffle.js";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { makeInput } from "./codec-cases.js";

const GUARD = 0xa7;
const SLACK_BYTES = 64;

let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

/** Runs `kernel(in, length, typesize, out)` and checks that no byte around the output changed. */
function run(kernel: "unshuffle" | "bitunshuffle", input: Uint8Array, typesize: number): Uint8Array {
  const from = (raw.base + 63) & ~63;
  const to = (from + input.length + 4096) & ~63;
  const end = to + input.length + 4096;
  const memory = raw.reserve(end);
  memory.fill(GUARD, from, end);
  memory.set(input, from);
  const code = (raw.exports[kernel] as (...parameters: number[]) => number)(from, input.length, typesize, to);
  expect(code).toBe(input.length);
  const guards = [
    memory.subarray(from + input.length, to),
    memory.subarray(to + input.length + SLACK_BYTES, end),
  ];
  expect(guards.every((guard) => guard.every((byte) => byte === GUARD))).toBe(true);
  return memory.slice(to, to + input.length);
}

/** The forward transforms, written from the layout, not from the twins. */
function shuffle(bytes: Uint8Array, typesize: number): Uint8Array {
  const count = Math.floor(bytes.length / typesize);
  return bytes.map((byte, i) =>
    i < count * typesize ? bytes[(i % count) * typesize + Math.floor(i / count)]! : byte,
  );
}
function bitShuffle(bytes: Uint8Array, typesize: number): Uint8Array {
  const count = Math.floor(bytes.length / typesize);
  if (count % 8 !== 0) return bytes.slice();
  const out = bytes.slice().fill(0, 0, count * typesize);
  for (let bit = 0; bit < count * typesize * 8; bit++) {
    const element = Math.floor(bit / (8 * typesize));
    const target = (bit % (8 * typesize)) * count + element;
    out[target >> 3]! |= ((bytes[bit >> 3]! >> (bit & 7)) & 1) << (target & 7);
  }
  return out;
}

const typesizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 64, 255];
const counts = [
  0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 40, 127, 128, 129, 256, 271, 272, 273, 289, 512, 520, 528, 1000, 1032,
];
/** More than a tile of the bit shuffle holds of narrow elements, and a last tile that is moved back. */
const manyCounts = [8 * 1041, 8 * 2049];

describe.each(["unshuffle", "bitunshuffle"] as const)("%s", (kernel) => {
  const twin = kernel === "unshuffle" ? unshuffleTwin : bitUnshuffleTwin;
  const forward = kernel === "unshuffle" ? shuffle : bitShuffle;

  it.each(typesizes)("undoes the transform and equals its twin, typesize %i", (typesize) => {
    for (const count of typesize <= 16 ? [...counts, ...manyCounts] : counts) {
      for (const leftover of [0, 1, typesize - 1]) {
        if (leftover >= typesize) continue;
        const original = makeInput("noise", count * typesize + leftover, 1, count + typesize);
        const shuffled = forward(original, typesize);
        const name = `${count} elements, ${leftover} bytes over`;
        expect(Buffer.compare(twin(shuffled, typesize), original), `twin, ${name}`).toBe(0);
        expect(Buffer.compare(run(kernel, shuffled, typesize), original), name).toBe(0);
      }
    }
  });
});
