import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { isReaderError, type ReaderError } from "../../../src/core/error.js";
import { compileKernels } from "../../../src/kernel/compile.js";
import { type KernelCodec, type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";
import { loadCases, makeInput, Random } from "./codec-cases.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const input = makeInput("walk", 50_000, 4, 3);

function failure(run: () => unknown): ReaderError {
  try {
    run();
  } catch (thrown) {
    if (isReaderError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("decode", () => {
  const packers: Partial<Record<KernelCodec, (bytes: Uint8Array) => Uint8Array>> = {
    gzip: gzipSync,
    zlib: deflateSync,
    deflate: deflateRawSync,
  };

  it.each(Object.entries(packers) as [KernelCodec, (bytes: Uint8Array) => Uint8Array][])(
    "%s gives a buffer of its own, of the decoded length",
    (codec, pack) => {
      const decoded = kernels.decode(codec, pack(input), input.length + 999);
      expect(Buffer.compare(decoded, input)).toBe(0);
      expect(decoded.buffer.byteLength).toBe(input.length);
      // What was returned before must not change when the memory is used again.
      const other = kernels.decode(codec, pack(input.map((byte) => byte ^ 1)), input.length);
      expect(other[0]).toBe(input[0]! ^ 1);
      expect(Buffer.compare(decoded, input)).toBe(0);
    },
  );

  it.each([
    ["blosc", "blosc"],
    ["snappy", "snappy"],
  ] as const)("%s decodes recorded data", (codec, folder) => {
    for (const row of loadCases(folder)
      .filter(({ size }) => size < 100_000)
      .slice(-40)) {
      const expected = makeInput(row.kind, row.size, row.typesize, row.seed);
      expect(Buffer.compare(kernels.decode(codec, row.encoded, row.size), expected)).toBe(0);
      expect(Buffer.compare(kernels.decodeUnsized(codec, row.encoded, 2 ** 23), expected)).toBe(0);
      if (codec === "blosc") expect(kernels.decodedSize(codec, row.encoded)).toBe(row.size);
    }
  });

  it("grows for a large chunk and still decodes small ones", () => {
    const large = new Uint8Array(30_000_000).fill(7, 1_000_000);
    expect(Buffer.compare(kernels.decode("gzip", gzipSync(large, { level: 1 }), large.length), large)).toBe(
      0,
    );
    expect(Buffer.compare(kernels.decode("gzip", gzipSync(input), input.length), input)).toBe(0);
  });

  it("grows an output of unknown length up to its limit", () => {
    const zeros = new Uint8Array(1_000_000);
    expect(Buffer.compare(kernels.decodeUnsized("gzip", gzipSync(zeros), 1_000_000), zeros)).toBe(0);
    expect(failure(() => kernels.decodeUnsized("gzip", gzipSync(zeros), 999_999)).code).toBe(
      "limit-exceeded",
    );
    const promising = loadCases("blosc").find((row) => row.size > 5000)!;
    expect(failure(() => kernels.decodeUnsized("blosc", promising.encoded, 5000)).code).toBe(
      "limit-exceeded",
    );
  });

  it("names codec and reason", () => {
    const packed = gzipSync(input);
    const cut = failure(() => kernels.decode("gzip", packed.subarray(0, 99), input.length));
    expect(cut.code).toBe("codec-failed");
    expect(cut.message).toContain("gzip: the input is truncated (99 bytes of input)");
    expect(cut.detail.codec).toBe("gzip");
    expect(failure(() => kernels.decode("gzip", packed, input.length - 1)).message).toContain(
      "more bytes than",
    );
    packed[packed.length - 1]! ^= 1;
    expect(failure(() => kernels.decode("gzip", packed, input.length)).code).toBe("corrupt");
    const blosc2 = Uint8Array.of(5, 1, 0, 4, ...new Uint8Array(40));
    expect(failure(() => kernels.decode("blosc", blosc2, 100)).message).toContain("This is blosc2 data");
    expect(failure(() => kernels.decode("zstd", Uint8Array.of(1, 2, 3, 4, 5), 100)).code).toBe(
      "codec-failed",
    );
    expect(failure(() => kernels.decode("gzip", packed, 2 ** 40)).code).toBe("limit-exceeded");
  });
});

describe("the twins of small kernels", () => {
  it("equal the kernels", () => {
    const random = new Random(4);
    for (let round = 0; round < 60; round++) {
      const bytes = makeInput("noise", random.below(round < 30 ? 80 : 9000), 1, random.bits(20));
      const seed = random.bits(32);
      expect(kernels.crc32(bytes, seed)).toBe(twinKernels.crc32(bytes, seed));
      expect(kernels.crc32c(bytes)).toBe(twinKernels.crc32c(bytes));
      expect(kernels.adler32(bytes)).toBe(twinKernels.adler32(bytes));
      const itemBytes = 1 + random.below(20);
      expect(kernels.unshuffle(bytes, itemBytes)).toEqual(twinKernels.unshuffle(bytes, itemBytes));
    }
  });

  it("refuse compressed data by name", () => {
    expect(failure(() => twinKernels.decode("zstd", input, 1)).message).toContain(
      "zstd data cannot be decoded without",
    );
  });
});

describe("loadKernels", () => {
  it("takes a module compiled elsewhere", async () => {
    const module = await compileKernels();
    const [one, two] = await Promise.all([loadKernels(module), loadKernels(structuredClone(module))]);
    expect(one.crc32(input)).toBe(two.crc32(input));
  });
});
