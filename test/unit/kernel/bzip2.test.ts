import { beforeAll, describe, expect, it } from "vitest";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadCases, makeInput } from "./codec-cases.js";

const TRUNCATED = -1;
const CORRUPT = -2;
const OVERFLOW = -3;
const CHECKSUM = -4;
const UNSUPPORTED = -5;
const BAD_MAGIC = -7;

const cases = loadCases("bzip2");
/** Where the kernel works, far behind every input and output. */
const workOffset = 8 << 20;

let raw: RawModule;
let kernels: Kernels;
beforeAll(async () => {
  raw = await loadRaw();
  kernels = await loadKernels();
});

const decode = (input: Uint8Array, capacity: number): { code: number; output: Uint8Array } => {
  const workBytes = (raw.exports.bzip2_work_bytes as () => number)();
  raw.reserve(raw.base + workOffset + workBytes + 64);
  return raw.run("bzip2_decode", input, capacity, raw.base + workOffset);
};

function changed(input: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = input.slice();
  copy[at] = byte;
  return copy;
}

describe("bzip2", () => {
  it("decodes every recorded stream to its input", () => {
    expect(cases.length).toBeGreaterThan(40);
    for (const one of cases) {
      const { code, output } = decode(one.encoded, one.size);
      expect(code, one.name).toBe(one.size);
      expect(Buffer.compare(output, makeInput(one.kind, one.size, one.typesize, one.seed)), one.name).toBe(0);
    }
  });

  it("finds the length by itself", () => {
    for (const one of cases.slice(-3)) {
      expect(kernels.decodeUnsized("bzip2", one.encoded, 2 ** 24).length, one.name).toBe(one.size);
    }
  });

  it("refuses what breaks the format", () => {
    const { encoded, size } = cases.find((one) => one.size === 1000)!;
    expect(decode(new Uint8Array(0), 9).code).toBe(TRUNCATED);
    expect(decode(changed(encoded, 0, 0x43), size).code).toBe(BAD_MAGIC);
    expect(decode(changed(encoded, 3, 0x30), size).code).toBe(CORRUPT);
    expect(decode(changed(encoded, 4, 0x30), size).code).toBe(CORRUPT); // no block, no end
    expect(decode(changed(encoded, 10, encoded[10]! ^ 1), size).code).toBe(CHECKSUM);
    expect(decode(changed(encoded, 14, encoded[14]! | 0x80), size).code).toBe(UNSUPPORTED); // randomised
    expect(decode(encoded, size - 1).code).toBe(OVERFLOW);
    const last = encoded.length - 2;
    expect(decode(changed(encoded, last, encoded[last]! ^ 0xff), size).code).toBe(CHECKSUM);
    expect(decode(Uint8Array.from([...encoded, 0, 0, 0, 0]), size).code).toBe(BAD_MAGIC);
  });

  it("notices every cut", () => {
    for (const { name, encoded, size } of cases.filter((one) => one.encoded.length < 900)) {
      for (let length = 0; length < encoded.length; length++) {
        expect(decode(encoded.slice(0, length), size).code, `${name} at ${length}`).toBe(TRUNCATED);
      }
    }
  });
});
