/**
 * Tiles that TileDB's own library wrote, one per filter: the bytes after the count of chunks (always one), and the cells.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Ragged, toItems } from "../../../../src/bytes/ragged.js";
import type { FilterSpec } from "../../../../src/codec/tiledb/filters.js";
import { md5 } from "../../../../src/codec/tiledb/md5.js";
import { sha256 } from "../../../../src/codec/tiledb/sha256.js";
import { decodeTile, tiledbTile } from "../../../../src/codec/tiledb/tile.js";
import type { ArrayBytesCodec } from "../../../../src/codec/types.js";
import { loadKernels } from "../../../../src/kernel/kernel.js";
import { twinKernels } from "../../../../src/kernel/twin/kernels.js";

const kernels = await loadKernels();
const INT32 = 0;
const INT64 = 1;
const FLOAT32 = 2;
const FLOAT64 = 3;
const UINT8 = 6;
const INT16 = 7;
const UINT16 = 8;
const UINT32 = 9;

const i9 = Int32Array.of(1000, 1003, 1001, 1010, 1010, 1010, 998, 2000, -5);
const u9 = Uint16Array.of(300, 301, 305, 299, 310, 40000, 300, 300, 301);
const r9 = Int32Array.of(7, 7, 7, 7, 9, 9, -1, -1, -1);
const f9 = Float64Array.of(5, 5.25, 6.5, 7.75, 5, 4.75, 100.25, 5.5, 6);
const b9 = Uint8Array.of(2, 2, 3, 6, 6, 6, 1, 0, 255);

type Vector = readonly [
  name: string,
  type: number,
  filters: readonly FilterSpec[],
  cells: ArrayBufferView,
  hex: string,
];

const vectors: readonly Vector[] = [
  [
    "no filter",
    INT32,
    [],
    i9,
    "24 00 00 00 24 00 00 00 00 00 00 00 e8 03 00 00 eb 03 00 00 e9 03 00 00 f2 03 00 00 f2 03 00 00 f2 03 00 00 e6 03 00 00 d0 07 00 00 fb ff ff ff",
  ],
  [
    "gzip",
    INT32,
    [{ id: 1 }],
    i9,
    "24 00 00 00 1f 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 1f 00 00 00 78 9c 7b c1 cc c0 f0 1a 88 5f 02 f1 27 24 fc 0c 88 2f b0 33 30 fc fe ff ff 3f 00 ad 9a 0b 5d",
  ],
  [
    "zstd",
    INT32,
    [{ id: 2 }],
    i9,
    "24 00 00 00 28 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 28 00 00 00 28 b5 2f fd 20 24 fd 00 00 c8 e8 03 00 00 eb 03 00 00 e9 03 00 00 f2 e6 03 00 00 d0 07 00 00 fb ff ff ff 01 00 1b ee 0b",
  ],
  [
    "lz4",
    INT32,
    [{ id: 3 }],
    i9,
    "24 00 00 00 1d 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 1d 00 00 00 d7 e8 03 00 00 eb 03 00 00 e9 03 00 00 f2 04 00 c0 e6 03 00 00 d0 07 00 00 fb ff ff ff",
  ],
  [
    "run lengths",
    INT32,
    [{ id: 4 }],
    r9,
    "24 00 00 00 12 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 12 00 00 00 07 00 00 00 00 04 09 00 00 00 00 02 ff ff ff ff 00 03",
  ],
  [
    "double delta",
    INT32,
    [{ id: 6, reinterpret: 17 }],
    i9,
    "24 00 00 00 21 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 21 00 00 00 0c 09 00 00 00 00 00 00 00 e8 03 00 00 eb 03 00 00 06 08 00 12 e0 02 28 80 00 00 00 00 e0 77 db 0f",
  ],
  [
    "double delta of equal values",
    INT16,
    [{ id: 6 }],
    new Int16Array(9).fill(2021),
    "12 00 00 00 15 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 12 00 00 00 15 00 00 00 01 09 00 00 00 00 00 00 00 e5 07 e5 07 00 00 00 00 00 00 00 00",
  ],
  [
    "double delta of 64-bit integers",
    INT64,
    [{ id: 6 }],
    BigInt64Array.from([0n, 1n, 2n, 3n, 4n, 5n], (k) => 10n ** 12n + 1000n * k * k),
    "30 00 00 00 21 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 30 00 00 00 21 00 00 00 0b 06 00 00 00 00 00 00 00 00 10 a5 d4 e8 00 00 00 e8 13 a5 d4 e8 00 00 00 00 00 d0 07 7d d0 07 7d",
  ],
  [
    "delta",
    INT32,
    [{ id: 19 }],
    i9,
    "24 00 00 00 2c 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 2c 00 00 00 09 00 00 00 00 00 00 00 e8 03 00 00 03 00 00 00 fe ff ff ff 09 00 00 00 00 00 00 00 00 00 00 00 f4 ff ff ff ea 03 00 00 2b f8 ff ff",
  ],
  [
    "bit width",
    UINT16,
    [{ id: 7 }],
    u9,
    "12 00 00 00 12 00 00 00 0f 00 00 00 12 00 00 00 01 00 00 00 2b 01 10 12 00 00 00 2c 01 2d 01 31 01 2b 01 36 01 40 9c 2c 01 2c 01 2d 01",
  ],
  [
    "bit width of signed integers",
    INT32,
    [{ id: 7 }],
    i9,
    "24 00 00 00 12 00 00 00 11 00 00 00 24 00 00 00 01 00 00 00 fb ff ff ff 10 24 00 00 00 ed 03 f0 03 ee 03 f7 03 f7 03 f7 03 eb 03 d5 07 00 00",
  ],
  [
    "bit width in windows of 8 bytes",
    UINT16,
    [{ id: 7 }],
    u9,
    "12 00 00 00 0d 00 00 00 1d 00 00 00 12 00 00 00 03 00 00 00 2b 01 08 08 00 00 00 2c 01 10 08 00 00 00 2d 01 08 02 00 00 00 01 02 06 00 36 01 40 9c 2c 01 2c 01 00",
  ],
  [
    "bit width, then zstd",
    UINT16,
    [{ id: 7 }, { id: 2 }],
    u9,
    "12 00 00 00 33 00 00 00 18 00 00 00 01 00 00 00 01 00 00 00 0f 00 00 00 18 00 00 00 12 00 00 00 1b 00 00 00 28 b5 2f fd 20 0f 79 00 00 12 00 00 00 01 00 00 00 2b 01 10 12 00 00 00 28 b5 2f fd 20 12 91 00 00 2c 01 2d 01 31 01 2b 01 36 01 40 9c 2c 01 2c 01 2d 01",
  ],
  [
    "bit shuffle",
    UINT16,
    [{ id: 8 }],
    u9,
    "12 00 00 00 12 00 00 00 0c 00 00 00 02 00 00 00 10 00 00 00 02 00 00 00 0e 18 d3 cb 14 df 20 00 df 00 20 20 20 00 00 20 2d 01",
  ],
  [
    "byte shuffle",
    INT32,
    [{ id: 9 }],
    i9,
    "24 00 00 00 24 00 00 00 08 00 00 00 01 00 00 00 24 00 00 00 e8 eb e9 f2 f2 f2 e6 d0 fb 03 03 03 03 03 03 03 07 ff 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 ff",
  ],
  [
    "positive delta",
    UINT32,
    [{ id: 10 }],
    Uint32Array.of(10, 10, 12, 15, 15, 40, 41, 41, 300),
    "24 00 00 00 24 00 00 00 0c 00 00 00 01 00 00 00 0a 00 00 00 24 00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 03 00 00 00 00 00 00 00 19 00 00 00 01 00 00 00 00 00 00 00 03 01 00 00",
  ],
  [
    "MD5",
    UINT8,
    [{ id: 12 }],
    b9,
    "09 00 00 00 09 00 00 00 20 00 00 00 00 00 00 00 01 00 00 00 09 00 00 00 00 00 00 00 0a e9 d3 e6 c7 15 d8 9d 58 10 bc b5 0c 11 f3 cc 02 02 03 06 06 06 01 00 ff",
  ],
  [
    "SHA-256",
    UINT8,
    [{ id: 13 }],
    b9,
    "09 00 00 00 09 00 00 00 30 00 00 00 00 00 00 00 01 00 00 00 09 00 00 00 00 00 00 00 29 9f bf 43 26 e3 58 7a ce 1c a4 ef 56 3a c0 e2 94 17 27 4c 4c 67 cd 15 52 30 f3 57 25 b8 f6 49 02 02 03 06 06 06 01 00 ff",
  ],
  [
    "xor",
    FLOAT32,
    [{ id: 16 }],
    Float32Array.of(1.5, 2.5, -3.25, 0, 1.5, 8, 9, 10, 11),
    "24 00 00 00 24 00 00 00 08 00 00 00 01 00 00 00 24 00 00 00 00 00 c0 3f 00 00 e0 7f 00 00 70 80 00 00 50 c0 00 00 c0 3f 00 00 c0 7e 00 00 10 00 00 00 30 00 00 00 10 00",
  ],
  [
    "float scale",
    FLOAT64,
    [{ id: 15, scale: 0.25, offset: 5, width: 4 }],
    f9,
    "48 00 00 00 24 00 00 00 08 00 00 00 01 00 00 00 24 00 00 00 00 00 00 00 01 00 00 00 06 00 00 00 0b 00 00 00 00 00 00 00 ff ff ff ff 7d 01 00 00 02 00 00 00 04 00 00 00",
  ],
  [
    "float scale, delta, bit shuffle",
    FLOAT64,
    [{ id: 15, scale: 0.25, offset: 5, width: 4 }, { id: 19, reinterpret: 0 }, { id: 8 }],
    f9,
    "48 00 00 00 3c 00 00 00 24 00 00 00 02 00 00 00 38 00 00 00 04 00 00 00 01 00 00 00 01 00 00 00 08 00 00 00 10 00 00 00 24 00 00 00 2c 00 00 00 9c 09 00 10 00 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 05 00 00 00 05 00 00 00 f5 ff ff ff ff ff ff ff 7e 01 00 00 85 fe ff ff 02 00 00 00",
  ],
  [
    "the same and zstd",
    FLOAT64,
    [{ id: 15, scale: 0.25, offset: 5, width: 4 }, { id: 19, reinterpret: 0 }, { id: 8 }, { id: 2 }],
    f9,
    "48 00 00 00 5f 00 00 00 20 00 00 00 02 00 00 00 01 00 00 00 0c 00 00 00 15 00 00 00 18 00 00 00 21 00 00 00 3c 00 00 00 29 00 00 00 28 b5 2f fd 20 0c 61 00 00 02 00 00 00 38 00 00 00 04 00 00 00 28 b5 2f fd 20 18 c1 00 00 01 00 00 00 01 00 00 00 08 00 00 00 10 00 00 00 24 00 00 00 2c 00 00 00 28 b5 2f fd 20 3c 05 01 00 b0 9c 09 00 10 00 08 00 05 f5 ff 7e 01 00 00 85 fe ff ff 02 00 00 00 03 00 b8 81 bb 8c 2d 60 0b",
  ],
  [
    "bzip2",
    INT32,
    [{ id: 5 }],
    i9,
    "24 00 00 00 3c 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 24 00 00 00 3c 00 00 00 42 5a 68 31 31 41 59 26 53 59 cd 5b 13 fa 00 00 0d 40 03 c8 80 40 00 01 68 10 08 a0 00 21 29 94 68 f5 34 20 1a 69 a1 55 36 06 e4 eb 24 e1 88 a4 67 c5 dc 91 4e 14 24 33 56 c4 fe 80",
  ],
  [
    "run lengths of nulls",
    UINT8,
    [{ id: 4 }],
    Uint8Array.of(1, 1, 0, 1, 1, 1),
    "06 00 00 00 09 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 06 00 00 00 09 00 00 00 01 00 02 00 00 01 01 00 03",
  ],
  [
    "eastings of alsdb",
    FLOAT64,
    [{ id: 9 }, { id: 2 }],
    Float64Array.of(308500.41, 308502.25, 308502.78, 308503.06, 308505.51, 308505.53, 308508.09),
    "38 00 00 00 4f 00 00 00 18 00 00 00 01 00 00 00 01 00 00 00 08 00 00 00 11 00 00 00 38 00 00 00 3e 00 00 00 28 b5 2f fd 20 08 41 00 00 01 00 00 00 38 00 00 00 28 b5 2f fd 20 38 ad 01 00 c4 02 3d 00 ec d7 a4 ec c3 0a 00 51 a3 70 51 f5 d7 00 b8 70 3d b8 28 a3 00 1e 3d 0a 1e 5c 51 59 5b 5c 66 66 70 d4 12 41 41 41 41 41 41 41 02 00 60 08 0e e0 09",
  ],
  [
    "northings of alsdb",
    FLOAT64,
    [{ id: 9 }, { id: 2 }],
    Float64Array.of(4688502.07, 4688503.16, 4688503.54, 4688502.58, 4688500.71, 4688502.84, 4688508.46),
    "38 00 00 00 4b 00 00 00 18 00 00 00 01 00 00 00 01 00 00 00 08 00 00 00 11 00 00 00 38 00 00 00 3a 00 00 00 28 b5 2f fd 20 08 41 00 00 01 00 00 00 38 00 00 00 28 b5 2f fd 20 38 8d 01 00 74 02 48 a4 29 52 d7 5c d7 e1 70 5c b8 a3 8f a3 7a 3d 8f 1e 70 c2 70 84 ca e2 a5 2d b5 1d 9d 9f e2 51 41 41 41 41 41 41 41 03 10 00 43 0c ee 72 02",
  ],
  [
    "years of alsdb",
    INT16,
    [{ id: 6, reinterpret: 17 }, { id: 2 }],
    new Int16Array(7).fill(2021),
    "0e 00 00 00 31 00 00 00 18 00 00 00 01 00 00 00 01 00 00 00 10 00 00 00 19 00 00 00 15 00 00 00 18 00 00 00 28 b5 2f fd 20 10 81 00 00 00 00 00 00 01 00 00 00 0e 00 00 00 15 00 00 00 28 b5 2f fd 20 15 7d 00 00 38 01 07 00 e5 07 e5 00 02 00 2e 64 0c 60 08",
  ],
  [
    "intensities of alsdb",
    UINT16,
    [{ id: 7 }, { id: 2 }],
    Uint16Array.of(975, 159, 170, 2425, 2667, 2696, 1063),
    "0e 00 00 00 2f 00 00 00 18 00 00 00 01 00 00 00 01 00 00 00 0f 00 00 00 18 00 00 00 0e 00 00 00 17 00 00 00 28 b5 2f fd 20 0f 79 00 00 0e 00 00 00 01 00 00 00 9f 00 10 0e 00 00 00 28 b5 2f fd 20 0e 71 00 00 cf 03 9f 00 aa 00 79 09 6b 0a 88 0a 27 04",
  ],
  [
    "classes of alsdb",
    UINT8,
    [{ id: 7 }, { id: 2 }],
    Uint8Array.of(0, 6, 6, 6, 6, 2, 3),
    "07 00 00 00 10 00 00 00 10 00 00 00 00 00 00 00 01 00 00 00 07 00 00 00 10 00 00 00 28 b5 2f fd 20 07 39 00 00 00 06 06 06 06 02 03",
  ],
];

function bytesOf(hex: string): Uint8Array {
  const body = hex.split(" ").map((byte) => Number.parseInt(byte, 16));
  return Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, ...body);
}

function raw(cells: ArrayBufferView): Uint8Array {
  return new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
}

describe("tiles as TileDB wrote them", () => {
  it.each(vectors)("undoes %s", (_, type, filters, cells, hex) => {
    const options = { version: 23, type, valuesPerCell: 1, filters };
    expect(decodeTile(bytesOf(hex), options, kernels)).toEqual(raw(cells));
  });

  it.each(vectors)("tells a cut or changed tile from a whole one: %s", (_, type, filters, cells, hex) => {
    const options = { version: 23, type, valuesPerCell: 1, filters };
    const whole = bytesOf(hex);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(() => decodeTile(cut, options, kernels, cells.byteLength)).toThrow(/corrupt|codec-failed/);
    }
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at]! ^= 0x55;
      try {
        expect(decodeTile(changed, options, kernels, cells.byteLength)).toHaveLength(cells.byteLength);
      } catch (thrown) {
        expect(thrown).toHaveProperty("code");
      }
    }
  });

  it("decodes a tile without chunks to nothing", () => {
    expect(
      decodeTile(new Uint8Array(8), { version: 22, type: UINT8, valuesPerCell: 1, filters: [] }, kernels),
    ).toHaveLength(0);
  });

  it("names a filter it cannot undo", () => {
    const options = { version: 22, type: UINT8, valuesPerCell: 1, filters: [{ id: 18 }] };
    expect(() => decodeTile(new Uint8Array(8), options, kernels)).toThrow(/WEBP/);
  });
});

describe("text as TileDB wrote it", () => {
  const words = ["ab", "ab", "", "xyz", "xyz", "ab"];
  const textOf = (filters: readonly FilterSpec[], hex: string): string[] => {
    const configuration = { version: 23, type: 11, filters: filters.map((filter) => ({ ...filter })) };
    const codec = tiledbTile.create(configuration, kernels) as ArrayBytesCodec;
    const { values } = codec.decode(bytesOf(hex), { dtype: "string" });
    return toItems(values as Ragged, "string", "x") as string[];
  };

  it.each([
    [
      "run lengths",
      4,
      "0c 00 00 00 0f 00 00 00 16 00 00 00 00 00 00 00 01 00 00 00 0c 00 00 00 0f 00 00 00 30 00 00 00 01 01 02 02 61 62 01 00 02 03 78 79 7a 01 02 61 62",
    ],
    [
      "a dictionary",
      14,
      "0c 00 00 00 06 00 00 00 22 00 00 00 00 00 00 00 01 00 00 00 0c 00 00 00 06 00 00 00 30 00 00 00 01 01 08 00 00 00 02 61 62 00 03 78 79 7a 00 00 01 02 02 00",
    ],
  ] as const)("undoes %s", (_, id, hex) => {
    expect(textOf([{ id }], hex)).toEqual(words);
  });

  it("undoes plain bytes, whose offsets lie in a file of their own", () => {
    const hex = "0c 00 00 00 0c 00 00 00 00 00 00 00 61 62 61 62 78 79 7a 78 79 7a 61 62";
    const options = { version: 23, type: 11, valuesPerCell: 1, filters: [] };
    expect(Buffer.from(decodeTile(bytesOf(hex), options, kernels)).toString()).toBe(words.join(""));
  });
});

describe("bits in blocks", () => {
  /** The bits of a part by the filter's definition: plane after plane in blocks of 8 KiB, values beyond a multiple of eight as they are. */
  function shuffleBits(part: Uint8Array, size: number): Uint8Array {
    const out = part.slice();
    for (let start = 0; start < part.length; start += 8192) {
      const values = Math.floor(Math.min(8192, part.length - start) / size / 8) * 8;
      out.fill(0, start, start + values * size);
      for (let bit = 0; bit < values * size * 8; bit++) {
        const [value, plane] = [Math.floor(bit / (8 * size)), bit % (8 * size)];
        const isSet = (part[start + value * size + (plane >> 3)]! >> (plane & 7)) & 1;
        out[start + plane * (values / 8) + (value >> 3)]! |= isSet << (value & 7);
      }
    }
    return out;
  }

  const uint32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  const types = [
    [8, 2],
    [0, 4],
    [3, 8],
  ] as const;

  it.each(
    types.flatMap(([type, size]) =>
      [8, 8 * size, 8 * size + 8, 8192, 8192 + 40 * size, 3 * 8192 + 8].map((length) => [type, size, length]),
    ),
  )("come back, type %i of %i bytes, %i bytes", (type, size, length) => {
    const part = Uint8Array.from({ length: length! }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
    const metadata = uint32(1, length!);
    const chunk = [uint32(1, 0, length!, length!, metadata.length), metadata, shuffleBits(part, size!)];
    const options = { version: 22, type: type!, valuesPerCell: 1, filters: [{ id: 8 }] };
    for (const each of [kernels, twinKernels]) {
      expect(decodeTile(new Uint8Array(Buffer.concat(chunk)), options, each)).toEqual(part);
    }
  });
});

describe("digests", () => {
  it.each([0, 1, 3, 55, 56, 63, 64, 65, 1000])("equal Node's for %i bytes", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    expect(Buffer.from(md5(bytes)).toString("hex")).toBe(createHash("md5").update(bytes).digest("hex"));
    expect(Buffer.from(sha256(bytes)).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  });
});
