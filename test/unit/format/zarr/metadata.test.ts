import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/json.js";
import { chunkName } from "../../../../src/format/zarr/chunk-key.js";
import type { ArrayMetadata } from "../../../../src/format/zarr/metadata.js";
import { parseArrayV2 } from "../../../../src/format/zarr/metadata-v2.js";
import { parseNodeV3 } from "../../../../src/format/zarr/metadata-v3.js";
import { layoutOf } from "../../../../src/format/zarr/sharding.js";
import { allCodecs } from "../../../support/all-codecs.js";
import { arrayV3, thrownBy } from "./support.js";

const parseV3 = (other: object): ArrayMetadata =>
  parseNodeV3(arrayV3([7, 9], [4, 6], other) as JsonObject, "/a/zarr.json", allCodecs) as ArrayMetadata;

const parseV2 = (other: object, attributes: object = {}): ArrayMetadata =>
  parseArrayV2(
    {
      zarr_format: 2,
      shape: [7, 9],
      chunks: [4, 6],
      dtype: "<i2",
      fill_value: 0,
      order: "C",
      compressor: null,
      filters: null,
      ...other,
    } as JsonObject,
    attributes as JsonObject,
    "/a/.zarray",
    allCodecs,
  );

const little = { name: "bytes", configuration: { endian: "little" } };

const sharded = (inner: object, others: { before?: object[]; after?: object[] } = {}): object => ({
  codecs: [
    ...(others.before ?? []),
    {
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [2, 3],
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "crc32c" }],
        ...inner,
      },
    },
    ...(others.after ?? []),
  ],
});

describe("v3 metadata", () => {
  test("extensions may be bare names", () => {
    const array = parseV3({
      chunk_key_encoding: "v2",
      codecs: [{ name: "bytes", configuration: { endian: "big" } }, "crc32c"],
    });
    expect(array.chunkKeys).toEqual({ name: "v2", separator: "." });
    expect(array.codecs.map((codec) => codec.name)).toEqual(["bytes", "crc32c"]);
  });

  test("unknown keys that need not be understood are passed over", () => {
    expect(parseV3({ extra: { must_understand: false, name: "x" } }).shape).toEqual([7, 9]);
  });

  test("dimension names, from xarray's attribute where the field is absent", () => {
    expect(parseV3({ dimension_names: ["y", null] }).dimensionNames).toEqual(["y", undefined]);
    expect(parseV3({ attributes: { _ARRAY_DIMENSIONS: ["y", "x"] } }).dimensionNames).toEqual(["y", "x"]);
    expect(parseV3({}).dimensionNames).toEqual([undefined, undefined]);
  });

  test.each([
    ["an unknown key", { hologram: 1 }, "unsupported", "hologram"],
    [
      "an unknown key that must be understood",
      { hologram: { must_understand: true } },
      "unsupported",
      "hologram",
    ],
    ["a storage transformer", { storage_transformers: [{ name: "mirror" }] }, "unsupported", "mirror"],
    ["a data type", { data_type: "float31" }, "unsupported", "float31"],
    [
      "a data type with configuration",
      { data_type: { name: "numpy.datetime64", configuration: { scale_factor: 2 } } },
      "invalid-metadata",
      "unit",
    ],
    ["a chunk grid", { chunk_grid: { name: "hexagonal" } }, "unsupported", "hexagonal"],
    ["a key encoding", { chunk_key_encoding: { name: "hilbert" } }, "unsupported", "hilbert"],
    [
      "a separator",
      { chunk_key_encoding: { name: "default", configuration: { separator: "-" } } },
      "invalid-metadata",
      "-",
    ],
    ["a codec", { codecs: [{ name: "bytes" }, { name: "lzham" }] }, "unknown-codec", "lzham"],
    ["a version", { zarr_format: 4 }, "unsupported", "4"],
    ["a node type", { node_type: "tree" }, "invalid-metadata", "tree"],
    ["no fill value", { fill_value: undefined }, "invalid-metadata", "fill_value"],
    [
      "a chunk of nothing",
      { chunk_grid: { name: "regular", configuration: { chunk_shape: [0, 6] } } },
      "invalid-metadata",
      "axis 0",
    ],
    [
      "chunks of another rank",
      { chunk_grid: { name: "regular", configuration: { chunk_shape: [4] } } },
      "invalid-metadata",
      "1 axes",
    ],
    ["a negative shape", { shape: [-1, 9] }, "invalid-metadata", "shape"],
    ["too few names", { dimension_names: ["y"] }, "invalid-metadata", "dimension_names"],
    ["no bytes codec", { codecs: [{ name: "gzip" }] }, "invalid-metadata", "gzip"],
    [
      "bytes after compression",
      { codecs: [{ name: "gzip" }, { name: "bytes" }] },
      "invalid-metadata",
      "gzip",
    ],
  ])("refuses %s", async (_, other, code, mentions) => {
    const error = await thrownBy(() => parseV3(other));
    expect(error.code).toBe(code);
    expect(error.message).toContain(mentions);
    expect(error.message).toContain("/a/zarr.json");
  });
});

describe("layouts", () => {
  const layout = (other: object): ReturnType<typeof layoutOf> => layoutOf(parseV3(other), "/a");

  test("without shards, a chunk is an object", () => {
    const found = layout({});
    expect(found.levels).toEqual([]);
    expect(found.chunkShape).toEqual([4, 6]);
  });

  test("inner chunks, their index and its size", () => {
    const { levels, chunkShape, codecs } = layout(sharded({}));
    expect(chunkShape).toEqual([2, 3]);
    expect(codecs.map((codec) => codec.name)).toEqual(["bytes"]);
    expect(levels).toHaveLength(1);
    expect(levels[0]).toMatchObject({ grid: [2, 2], indexAtEnd: true, indexBytes: 4 * 16 + 4 });
  });

  test("a transpose around the shard goes to each inner chunk", () => {
    const transpose = { name: "transpose", configuration: { order: [1, 0] } };
    const { levels, chunkShape, codecs } = layout(sharded({ chunk_shape: [2, 1] }, { before: [transpose] }));
    // The shard is stored as 6 × 4, in 3 × 4 inner chunks.
    expect(chunkShape).toEqual([1, 2]);
    expect(levels[0]!.indexShape).toEqual([3, 4, 2]);
    expect(codecs.map((codec) => codec.name)).toEqual(["transpose", "bytes"]);
  });

  test("codecs that work on each item by itself go to each inner chunk", () => {
    const before = [
      { name: "numcodecs.bitround", configuration: { keepbits: 3 } },
      { name: "cast_value", configuration: { data_type: "int32" } },
    ];
    const { levels, chunkShape, codecs } = layout({ data_type: "float32", ...sharded({}, { before }) });
    expect(levels).toHaveLength(1);
    expect(chunkShape).toEqual([2, 3]);
    expect(codecs.map((codec) => codec.name)).toEqual(["numcodecs.bitround", "cast_value", "bytes"]);
  });

  const scaled = { name: "scale_offset", configuration: { scale: 0.1, offset: 0.7 } };
  test.each([
    ["a codec after the shard", {}, { after: [{ name: "crc32c" }] }],
    ["delta before the shard", {}, { before: [{ name: "delta", configuration: { dtype: "<i2" } }] }],
    ["a fill value that does not come back", { data_type: "float32", fill_value: 0.1 }, { before: [scaled] }],
    [
      "a fill value that readers round",
      { data_type: "float32", fill_value: 0.1 },
      { before: [{ name: "bitround", configuration: { keepbits: 2 } }] },
    ],
  ])("shards that cannot be taken apart are whole chunks: %s", (_, other, around) => {
    const { levels, chunkShape } = layout({ ...other, ...sharded({}, around) });
    expect(levels).toEqual([]);
    expect(chunkShape).toEqual([4, 6]);
  });

  test("shards may be larger than what is decoded at once", () => {
    const chunkGrid = { name: "regular", configuration: { chunk_shape: [65536, 65536] } };
    const { chunkShape } = layout({ chunk_grid: chunkGrid, ...sharded({ chunk_shape: [1024, 1024] }) });
    expect(chunkShape).toEqual([1024, 1024]);
  });

  test.each([
    [
      "a chunk beyond memory",
      { chunk_grid: { name: "regular", configuration: { chunk_shape: [65536, 65536] } } },
      "limit-exceeded",
      "65536",
    ],
    [
      "inner chunks that do not divide a whole shard",
      sharded({ chunk_shape: [3, 3] }, { after: [{ name: "crc32c" }] }),
      "invalid-metadata",
      "[3, 3]",
    ],
    [
      "an option of a codec before a shard",
      sharded({}, { before: [{ name: "cast_value", configuration: { data_type: "rational" } }] }),
      "unsupported",
      "/a: codec cast_value",
    ],
    [
      "a whole shard with a compressed index",
      sharded({ index_codecs: [little, { name: "zstd" }] }, { after: [{ name: "crc32c" }] }),
      "unsupported",
      "index",
    ],
    [
      "an unknown codec in a whole shard",
      sharded({ codecs: [little, { name: "lzham" }] }, { after: [{ name: "crc32c" }] }),
      "unknown-codec",
      "lzham",
    ],
    ["inner chunks that do not divide", sharded({ chunk_shape: [3, 3] }), "invalid-metadata", "3, 3"],
    ["inner chunks of another rank", sharded({ chunk_shape: [2] }), "invalid-metadata", "[2]"],
    [
      "a compressed index",
      sharded({ index_codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "zstd" }] }),
      "unsupported",
      "zstd",
    ],
    [
      "an unknown inner codec",
      sharded({ codecs: [{ name: "bytes" }, { name: "lzham" }] }),
      "unknown-codec",
      "lzham",
    ],
    ["an index in the middle", sharded({ index_location: "middle" }), "invalid-metadata", "middle"],
    ["bytes without endian", { codecs: [{ name: "bytes" }] }, "invalid-metadata", "endian"],
  ])("refuses %s", async (_, other, code, mentions) => {
    const error = await thrownBy(() => layout(other));
    expect(error.code).toBe(code);
    expect(error.message).toContain(mentions);
  });
});

describe("v2 metadata", () => {
  test("order F becomes a transpose, big-endian types a bytes codec", () => {
    const array = parseV2({ order: "F", dtype: ">f8", compressor: { id: "zlib", level: 1 } });
    expect(array.dtype).toBe("float64");
    expect(array.codecs).toEqual([
      { name: "transpose", configuration: { order: [1, 0] } },
      { name: "bytes", configuration: { endian: "big" } },
      { name: "zlib", configuration: { level: 1 } },
    ]);
  });

  test("filters stand where v3 wants them; delta decides the stored byte order", () => {
    const array = parseV2({
      filters: [
        { id: "delta", dtype: "<i2", astype: ">i2" },
        { id: "shuffle", elementsize: 2 },
      ],
      compressor: { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 },
    });
    expect(array.codecs.map((codec) => codec.name)).toEqual(["delta", "bytes", "shuffle", "blosc"]);
    expect(array.codecs[1]!.configuration).toEqual({ endian: "big" });
    expect(array.codecs[3]!.configuration).toMatchObject({ cname: "lz4", shuffle: "shuffle", typesize: 2 });
  });

  test("null fills with zeros", () => {
    expect([...parseV2({ fill_value: null }).fill]).toEqual([0, 0]);
    expect([...parseV2({ fill_value: null, dtype: "|b1" }).fill]).toEqual([0]);
  });

  test.each([
    [[3, 0], "default", "/", "c/3/0"],
    [[3, 0], "default", ".", "c.3.0"],
    [[3, 0], "v2", ".", "3.0"],
    [[], "default", "/", "c"],
    [[], "v2", ".", "0"],
  ] as const)("chunk %j, %s with %s, is %s", (coordinates, name, separator, key) => {
    expect(chunkName({ name, separator }, coordinates)).toBe(key);
  });

  test.each([
    ["an object array", { dtype: "|O" }, "unsupported", "|O"],
    ["times of no unit", { dtype: "<M8[blink]" }, "unsupported", "blink"],
    ["text of no length", { dtype: "<U0" }, "unsupported", "<U0"],
    ["arrays in records", { dtype: [["x", "<f4", [2]]] }, "unsupported", '"x"'],
    ["objects in records", { dtype: [["x", "|O"]] }, "unsupported", '"x"'],
    [
      "two fields of one name",
      {
        dtype: [
          ["x", "<f4"],
          ["x", "<i2"],
        ],
      },
      "invalid-metadata",
      "names",
    ],
    ["pickled objects", { dtype: "|O", filters: [{ id: "pickle" }] }, "unknown-codec", "pickle"],
    ["long doubles", { dtype: "<f16" }, "unsupported", "<f16"],
    ["a type without byte order", { dtype: "|i4" }, "unsupported", "|i4"],
    ["a compressor", { compressor: { id: "lzma" } }, "unknown-codec", "lzma"],
    ["a filter", { filters: [{ id: "zfpy" }] }, "unknown-codec", "zfpy"],
    ["a v3 codec", { compressor: { id: "transpose" } }, "unknown-codec", "transpose"],
    [
      "delta after shuffle",
      { filters: [{ id: "shuffle" }, { id: "delta", dtype: "<i2" }] },
      "unsupported",
      "delta",
    ],
    ["an order", { order: "K" }, "invalid-metadata", "K"],
    ["a separator", { dimension_separator: "_" }, "invalid-metadata", "_"],
    ["version 1", { zarr_format: 1 }, "unsupported", "1"],
    ["a nameless compressor", { compressor: { level: 3 } }, "invalid-metadata", "id"],
  ])("refuses %s", async (_, other, code, mentions) => {
    const error = await thrownBy(() => parseV2(other));
    expect(error.code).toBe(code);
    expect(error.message).toContain(mentions);
    expect(error.message).toContain("/a/.zarray");
  });
});
