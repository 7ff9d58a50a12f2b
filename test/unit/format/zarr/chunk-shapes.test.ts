import { describe, expect, test } from "vitest";
import { isReaderError } from "../../../../src/core/error.js";
import type { JsonValue } from "../../../../src/core/json.js";
import { parseChunkGrid, requireEqualChunks } from "../../../../src/format/zarr/chunk-shapes.js";
import { parseNodeV3 } from "../../../../src/format/zarr/metadata-v3.js";
import { layoutOf } from "../../../../src/format/zarr/sharding.js";
import { arrayV3, thrownBy } from "./support.js";

const parse = (shape: readonly number[], chunkShapes: JsonValue, kind = "inline") =>
  parseChunkGrid(
    { name: "rectilinear", configuration: { kind, chunk_shapes: chunkShapes } },
    shape,
    "/zarr.json",
  );

describe("rectilinear chunk grids", () => {
  test("runs stay runs, equal neighbours are joined, what lies beyond the end is left out", () => {
    expect(parse([12, 6], [[1, [2, 2], 2, 5, [9, 3]], 4])).toEqual({
      chunkShape: [5, 4],
      chunkGrid: [
        [
          { chunk: 0, from: 0, length: 1 },
          { chunk: 1, from: 1, length: 2 },
          { chunk: 4, from: 7, length: 5 },
        ],
        4,
      ],
    });
  });

  test("grids of one length are regular: the forms of the specification's example", () => {
    expect(parse([6, 6, 6, 0], [4, [[4, 2]], [4, 4, 4], []])).toEqual({ chunkShape: [4, 4, 4, 1] });
  });

  test("a promise of very many chunks costs nothing", () => {
    expect(parse([2 ** 52], [[1, [2, 2 ** 52]]]).chunkGrid?.[0]).toHaveLength(2);
  });

  test.each([
    ["another kind", [4], "reference", "unsupported", "reference"],
    ["another rank", [4, 4], "inline", "invalid-metadata", "2 axes"],
    ["too few cells", [[4, 5]], "inline", "invalid-metadata", "covers 9 cells"],
    ["a length of zero", [[4, 0, 6]], "inline", "invalid-metadata", "found 0"],
    ["a count of zero", [[[4, 0], 10]], "inline", "invalid-metadata", "[4,0]"],
    ["a broken length", [[2.5, 8]], "inline", "invalid-metadata", "2.5"],
    ["a triple", [[[4, 2, 2]]], "inline", "invalid-metadata", "[4,2,2]"],
    ["text", ["4"], "inline", "invalid-metadata", "neither"],
  ] as const)("refuses %s", async (_, shapes, kind, code, words) => {
    const error = await thrownBy(() => parse([10], shapes as unknown as JsonValue, kind));
    expect(isReaderError(error) && error.code).toBe(code);
    expect(String(error)).toContain(words);
  });

  test("inner chunks have to divide every shard; readers of equal chunks refuse the rest", async () => {
    const codecs = [{ name: "bytes", configuration: { endian: "little" } }];
    const sharding = {
      name: "sharding_indexed",
      configuration: { chunk_shape: [2], codecs, index_codecs: codecs },
    };
    const chunkGrid = { name: "rectilinear", configuration: { kind: "inline", chunk_shapes: [[3, 4, 4]] } };
    const node = parseNodeV3(
      arrayV3([11], [1], { chunk_grid: chunkGrid, codecs: [sharding] }) as never,
      "/zarr.json",
    );
    if (node.kind !== "array") throw new Error("an array was written");
    expect(String(await thrownBy(() => layoutOf(node, "/a")))).toContain("shards of 3 on axis 0");
    expect(String(await thrownBy(() => requireEqualChunks(node, "/a")))).toContain("different lengths");
  });
});
