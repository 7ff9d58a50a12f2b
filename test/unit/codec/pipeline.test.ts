import { deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { numbersOf } from "../../../src/bytes/ragged.js";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import {
  type CodecDefinition,
  checkCodecs,
  createCodecRegistry,
  encodedLength,
} from "../../../src/codec/registry.js";
import type { ArrayMeta } from "../../../src/codec/types.js";
import type { TypedArray } from "../../../src/core/dtype.js";
import { isReaderError, type ReaderError } from "../../../src/core/error.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { crc32c } from "../../../src/kernel/twin/checksum.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";
import { allCodecs } from "../../support/all-codecs.js";

const little: CodecSpec = { name: "bytes", configuration: { endian: "little" } };
const gzip: CodecSpec = { name: "gzip", configuration: { level: 5 } };

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function decode(bytes: Uint8Array, codecs: readonly CodecSpec[], meta: ArrayMeta): TypedArray {
  return numbersOf(
    decodeChunk(bytes, codecs, meta, { kernels, label: "/c/0/3", registry: allCodecs }).values,
  );
}

function failure(run: () => unknown): ReaderError {
  try {
    run();
  } catch (thrown) {
    if (isReaderError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

const bytesOf = (values: TypedArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();

describe("decodeChunk", () => {
  it("decodes numbers from compressed bytes into a buffer of their own", () => {
    const values = Float64Array.from({ length: 12 }, (_, i) => i * 1.5 - 3);
    const decoded = decode(gzipSync(bytesOf(values)), [little, gzip], { dtype: "float64", shape: [3, 4] });
    expect(decoded).toEqual(values);
    expect(decoded.byteOffset).toBe(0);
    expect(decoded.buffer.byteLength).toBe(values.byteLength);
  });

  it("leaves uncompressed input alone: aligned copy, never a view of it", () => {
    const values = Uint32Array.of(1, 2, 0xffffffff);
    const stored = new Uint8Array(13);
    stored.set(bytesOf(values), 1);
    const view = stored.subarray(1);
    const before = stored.slice();
    for (const codecs of [
      [little],
      [little, { name: "shuffle", configuration: { elementsize: 1 } }],
      [little, { name: "shuffle", configuration: { elementsize: 0 } }],
    ]) {
      const decoded = decode(view, codecs, { dtype: "uint32", shape: [3] });
      expect(decoded).toEqual(values);
      expect(decoded.buffer).not.toBe(stored.buffer);
    }
    const whole = bytesOf(values);
    const swapped = decode(whole, [{ name: "bytes", configuration: { endian: "big" } }], { dtype: "uint32" });
    expect(swapped).toEqual(Uint32Array.of(0x01000000, 0x02000000, 0xffffffff));
    expect(whole).toEqual(bytesOf(values));
    expect(stored).toEqual(before);
    const bools = Uint8Array.of(0, 7, 1);
    for (const used of [kernels, twinKernels]) {
      const options = { kernels: used, label: "/c/0/3" };
      const big: CodecSpec = { name: "bytes", configuration: { endian: "big" } };
      decodeChunk(whole, [big], { dtype: "uint32" }, options);
      expect(whole).toEqual(bytesOf(values));
      decodeChunk(bools, [{ name: "bytes" }], { dtype: "bool" }, options);
      expect([...bools]).toEqual([0, 7, 1]);
    }
  });

  it("takes bits that are packed before they are compressed for what they are", () => {
    const packed = Uint8Array.of(0b1010_0101, 0b1);
    const bits = [1, 0, 1, 0, 0, 1, 0, 1, 1];
    const chain: CodecSpec[] = [{ name: "packbits" }, gzip];
    expect([...decode(gzipSync(packed), chain, { dtype: "bool", shape: [9] })]).toEqual(bits);
  });

  it("swaps big-endian numbers of every size", () => {
    const big: CodecSpec = { name: "bytes", configuration: { endian: "big" } };
    const stored = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(decode(stored, [big], { dtype: "uint8" })).toEqual(stored);
    expect(decode(stored, [big], { dtype: "uint16" })).toEqual(
      Uint16Array.of(0x0102, 0x0304, 0x0506, 0x0708),
    );
    expect(decode(stored, [big], { dtype: "int32" })).toEqual(Int32Array.of(0x01020304, 0x05060708));
    expect(decode(stored, [big], { dtype: "uint64" })).toEqual(BigUint64Array.of(0x0102030405060708n));
    const pair = Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);
    expect(decode(pair, [big], { dtype: "complex64" })).toEqual(Float32Array.of(1, -2));
  });

  it("widens float16 exactly and reads booleans", () => {
    const halves = Uint16Array.of(
      0,
      0x8000,
      1,
      0x03ff,
      0x0400,
      0x3c00,
      0xc000,
      0x7bff,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const expected = [
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
      Number.NaN,
    ];
    expect(decode(bytesOf(halves), [little], { dtype: "float16" })).toEqual(Float32Array.from(expected));
    expect(decode(Uint8Array.of(0, 1, 255), [{ name: "bytes" }], { dtype: "bool" })).toEqual(
      Uint8Array.of(0, 1, 1),
    );
  });

  it("undoes transposes and deltas in front of the bytes", () => {
    // [[0 1 2] [3 4 5]] stored column by column
    const stored = Int16Array.of(0, 3, 1, 4, 2, 5);
    for (const order of [[1, 0], "F"]) {
      const chain: CodecSpec[] = [{ name: "transpose", configuration: { order } }, little, gzip];
      expect(decode(gzipSync(bytesOf(stored)), chain, { dtype: "int16", shape: [2, 3] })).toEqual(
        Int16Array.of(0, 1, 2, 3, 4, 5),
      );
    }
    // Type strings as v2 writes them, and names as zarr-python writes them into v3, mean the same.
    for (const [dtype, astype] of [
      ["<i4", "<i1"],
      ["int32", "int8"],
    ] as const) {
      const named: CodecSpec = { name: "numcodecs.delta", configuration: { dtype, astype } };
      const encoded = Uint8Array.of(100, 100, 0x9c, 1);
      const { values } = decodeChunk(
        encoded,
        [named, { name: "bytes" }],
        { dtype: "int32", shape: [4] },
        { kernels, label: "c", registry: allCodecs },
      );
      expect([...numbersOf(values)]).toEqual([100, 200, 100, 101]);
    }
    const delta: CodecSpec = { name: "delta", configuration: { dtype: "<i4", astype: "<i1" } };
    expect(
      decode(Uint8Array.of(100, 100, 0x9c, 1), [delta, { name: "bytes" }], { dtype: "int32", shape: [4] }),
    ).toEqual(Int32Array.of(100, 200, 100, 101));
  });

  it.each([
    ["<i2", "<i2", "int16"],
    ["<u8", "<u8", "uint64"],
    ["<f4", "<f4", "float32"],
    ["<i4", "<i1", "int32"],
    ["<i4", "<i4", "int32"],
    ["<i4", "<u4", "int32"],
    ["<i8", "<i2", "int64"],
    ["<u8", "<u4", "uint64"],
    ["<u4", "<u1", "uint32"],
    ["<i2", "<i4", "int16"],
  ] as const)(
    "undoes deltas of %s stored as %s alike in the kernels' memory and outside",
    (dtype, astype, type) => {
      const delta: CodecSpec = { name: "delta", configuration: { dtype, astype } };
      const stored = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & (type === "float32" ? 0x7f : 0xff));
      const expected = decodeChunk(
        stored,
        [delta, little],
        { dtype: type },
        { kernels: twinKernels, label: "x", registry: allCodecs },
      );
      expect(expected.values.length).toBe(64 / Number(astype[2]));
      expect(decode(stored, [delta, little], { dtype: type })).toEqual(expected.values);
      expect(decode(gzipSync(stored), [delta, little, gzip], { dtype: type })).toEqual(expected.values);
    },
  );

  it("transposes three axes, and numbers of two lanes", () => {
    const shape = [2, 3, 4];
    const order = [2, 0, 1];
    const stored = new Float32Array(24);
    // numpy: stored = decoded.transpose(order), element (i, j, k) of decoded being 100i + 10j + k
    for (let k = 0; k < 4; k++)
      for (let i = 0; i < 2; i++)
        for (let j = 0; j < 3; j++) stored[(k * 2 + i) * 3 + j] = 100 * i + 10 * j + k;
    const chain: CodecSpec[] = [{ name: "transpose", configuration: { order } }, little];
    const decoded = decode(bytesOf(stored), chain, { dtype: "float32", shape });
    expect(decoded[(1 * 3 + 2) * 4 + 3]).toBe(123);
    expect([...decoded].slice(0, 5)).toEqual([0, 1, 2, 3, 10]);
    const pairs = decode(
      bytesOf(Float32Array.of(1, -1, 3, -3, 2, -2, 4, -4)),
      [{ name: "transpose", configuration: { order: [1, 0] } }, little],
      { dtype: "complex64", shape: [2, 2] },
    );
    expect(pairs).toEqual(Float32Array.of(1, -1, 2, -2, 3, -3, 4, -4));
  });

  it("decodes ragged rows, whose number the data tells", () => {
    const values = Int16Array.from({ length: 30_000 }, (_, i) => i % 7);
    for (const codecs of [
      [little, gzip],
      [little, { name: "numcodecs.zlib" }],
    ]) {
      const packed = codecs[1] === gzip ? gzipSync(bytesOf(values)) : deflateSync(bytesOf(values));
      expect(decode(packed, codecs, { dtype: "int16" })).toEqual(values);
    }
  });

  it("takes the one item out of a vlen-bytes chunk", () => {
    const chain: CodecSpec[] = [little, { name: "vlen-item" }];
    const chunk = (count: number, length: number, payload: readonly number[]): Uint8Array =>
      Uint8Array.of(...bytesOf(Uint32Array.of(count, length)), ...payload);
    expect(decode(chunk(1, 4, [1, 0, 2, 0]), chain, { dtype: "uint16" })).toEqual(Uint16Array.of(1, 2));
    expect(decode(chunk(1, 0, []), chain, { dtype: "uint16" })).toEqual(new Uint16Array(0));
    for (const bad of [
      chunk(2, 4, [1, 0, 2, 0]),
      chunk(1, 5, [1, 0, 2, 0]),
      chunk(1, 3, [1, 0, 2, 0]),
      new Uint8Array(7),
    ]) {
      expect(failure(() => decode(bad, chain, { dtype: "uint16" })).code).toBe("corrupt");
    }
  });
});

describe("a chunk that is not what it should be", () => {
  const values = Int32Array.from({ length: 1000 }, (_, i) => i * i);
  const meta: ArrayMeta = { dtype: "int32", shape: [1000] };

  it("is refused by codec and place when truncated", () => {
    const packed = gzipSync(bytesOf(values));
    const error = failure(() => decode(packed.subarray(0, 100), [little, gzip], meta));
    expect(error.message).toBe("codec-failed: gzip at /c/0/3: the input is truncated (100 bytes of input).");
    expect(error.detail).toMatchObject({ codec: "gzip", part: "/c/0/3" });
  });

  it("is refused when a bit of checksummed data flipped", () => {
    const packed = gzipSync(bytesOf(values));
    packed[packed.length - 6]! ^= 4;
    expect(failure(() => decode(packed, [little, gzip], meta)).code).toBe("corrupt");

    const stored = new Uint8Array(4004);
    stored.set(bytesOf(values));
    new DataView(stored.buffer).setUint32(4000, crc32c(bytesOf(values)), true);
    const chain = [little, { name: "crc32c" }];
    expect(decode(stored, chain, meta)).toEqual(values);
    stored[77]! ^= 1;
    const error = failure(() => decode(stored, chain, meta));
    expect(error.code).toBe("corrupt");
    expect(error.message).toMatch(
      /^corrupt: crc32c at \/c\/0\/3: stored checksum 0x[0-9a-f]{8}, computed 0x/,
    );
  });

  it("is refused when it decodes to more or fewer bytes than the array has", () => {
    const packed = gzipSync(bytesOf(values));
    expect(failure(() => decode(packed, [little, gzip], { dtype: "int32", shape: [999] })).message).toContain(
      "codec-failed: gzip at /c/0/3: the input decodes to more bytes than the array holds",
    );
    expect(failure(() => decode(packed, [little, gzip], { dtype: "int32", shape: [1001] })).message).toBe(
      "corrupt: gzip at /c/0/3: decoded to 4000 bytes where the array has 4004.",
    );
    expect(failure(() => decode(bytesOf(values), [little], { dtype: "int32", shape: [999] })).code).toBe(
      "corrupt",
    );
    expect(failure(() => decode(Uint8Array.of(1, 2, 3), [little], { dtype: "int16" })).code).toBe("corrupt");
    const short = Uint8Array.of(9, 0, 0, 0, 0x10, 7);
    expect(failure(() => decode(short, [{ name: "bytes" }, { name: "lz4" }], { dtype: "uint8" })).code).toBe(
      "corrupt",
    );
  });
});

describe("checkCodecs", () => {
  const meta: ArrayMeta = { dtype: "int32", shape: [2, 3] };
  const check = (...codecs: CodecSpec[]): ReaderError => failure(() => checkCodecs(codecs, meta, allCodecs));

  it("names what it does not know", () => {
    const error = check(little, { name: "lzma" });
    expect(error.code).toBe("unknown-codec");
    expect(error.message).toContain('no codec named "lzma"');
    expect(error.detail.codec).toBe("lzma");
    expect(failure(() => decode(new Uint8Array(24), [little, { name: "lzma" }], meta)).message).toContain(
      "/c/0/3",
    );
  });

  it("names the option that is wrong", () => {
    expect(check({ name: "bytes", configuration: { endian: "middle" } }).message).toMatch(
      /^invalid-metadata: codec bytes: configuration.endian/,
    );
    expect(check({ name: "bytes" }).message).toContain("configuration.endian is absent, but int32");
    expect(check({ name: "transpose", configuration: { order: [0, 0] } }, little).message).toContain("order");
    expect(check({ name: "transpose", configuration: { order: [0, 1, 2] } }, little).message).toContain(
      "3 axes",
    );
    expect(check({ name: "delta", configuration: { dtype: "|b1" } }, little).code).toBe("unsupported");
    expect(check({ name: "delta", configuration: { dtype: "<i2" } }, little).message).toContain(
      "configuration.dtype",
    );
    expect(check(little, { name: "shuffle", configuration: { elementsize: 256 } }).message).toContain(
      "elementsize",
    );
    expect(check(little, { name: "numcodecs.crc32", configuration: { location: "middle" } }).code).toBe(
      "invalid-metadata",
    );
  });

  it("wants one codec that makes bytes, and the others on their side of it", () => {
    expect(check(gzip).code).toBe("invalid-metadata");
    expect(check().code).toBe("invalid-metadata");
    expect(check(gzip, little).message).toContain("gzip (bytes-to-bytes) is out of place at 0");
    expect(check(little, { name: "transpose", configuration: { order: [1, 0] } }).code).toBe(
      "invalid-metadata",
    );
    expect(check(little, little).code).toBe("invalid-metadata");
  });
});

describe("the registry", () => {
  it("knows the encoded length of chains that do not depend on data", () => {
    expect(encodedLength([little, { name: "crc32c" }], 160)).toBe(164);
    expect(encodedLength([little, gzip], 160)).toBeUndefined();
  });

  it("takes further codecs", () => {
    const invert: CodecDefinition = {
      kind: "bytes-to-bytes",
      check: (_: unknown, meta: ArrayMeta) => meta,
      create: () => ({
        kind: "bytes-to-bytes",
        decode: (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255),
      }),
    };
    const registry = createCodecRegistry([["invert", invert]]);
    const meta: ArrayMeta = { dtype: "uint8", shape: [2] };
    const options = { kernels: twinKernels, label: "x", registry };
    const { values } = decodeChunk(
      Uint8Array.of(1, 2),
      [{ name: "bytes" }, { name: "invert" }],
      meta,
      options,
    );
    expect(values).toEqual(Uint8Array.of(254, 253));
  });

  it("decodes with the twins what needs no decompression", () => {
    const index = BigUint64Array.of(16n, 99n);
    const stored = Uint8Array.of(...bytesOf(index), ...bytesOf(Uint32Array.of(crc32c(bytesOf(index)))));
    const meta: ArrayMeta = { dtype: "uint64", shape: [1, 2] };
    const options = { kernels: twinKernels, label: "shard index" };
    expect(decodeChunk(stored, [little, { name: "crc32c" }], meta, options).values).toEqual(index);
    const error = failure(() => decodeChunk(stored, [little, gzip], meta, options));
    expect(error.code).toBe("unsupported");
  });
});
