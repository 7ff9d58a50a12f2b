/** Small files as TileDB wrote them, byte by byte, and versions that are refused in words. */
import { afterAll, describe, expect, it } from "vitest";
import { tiledbType } from "../../../../src/codec/tiledb/datatypes.js";
import type { AbsolutePath } from "../../../../src/core/plan.js";
import { createEngine } from "../../../../src/engine/engine.js";
import { parseMetadata } from "../../../../src/format/tiledb/array-metadata.js";
import { readDelete } from "../../../../src/format/tiledb/deletes.js";
import { parseCommits } from "../../../../src/format/tiledb/directory.js";
import { readFooterHead } from "../../../../src/format/tiledb/footer.js";
import { parseGroup } from "../../../../src/format/tiledb/group.js";
import { parseName } from "../../../../src/format/tiledb/names.js";
import type { ArraySchema } from "../../../../src/format/tiledb/schema.js";
import { isReaderError, open } from "../../../../src/index.js";
import { MemoryStore } from "../../../../src/store/memory.js";
import { createPool } from "../../../../src/worker/pool.js";
import { filesOf, loadFixture } from "../../../support/fixtures.js";
import { genericTile, u32 } from "../../../support/generic-tile.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

/** Hexadecimal bytes, and text in quotes. */
function bytesOf(notation: string): Uint8Array {
  const parts = notation.match(/"[^"]*"|[0-9a-f]{2}/g) ?? [];
  return Buffer.concat(
    parts.map((part) => (part.startsWith('"') ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, "hex"))),
  );
}

const name = "__1795171879405_1795171879405_1904cebad931e4b9ef58715508accf9a_22";

describe("small files", () => {
  it("array metadata", () => {
    const stored = bytesOf('03 00 00 00 "crs" 00 0c 0a 00 00 00 "EPSG:25830"');
    expect([...parseMetadata(stored, "x")]).toEqual([["crs", "EPSG:25830"]]);
  });

  it("a delete condition, stored as the condition to stay", async () => {
    const stored = bytesOf(
      '00 01 02 00 00 00 00 00 00 00 01 00 01 00 00 00 "a" 04 00 00 00 00 00 00 00 64 00 00 00' +
        '01 03 01 00 00 00 "a" 04 00 00 00 00 00 00 00 0a 28 00 00',
    );
    const int32 = tiledbType(0);
    const attribute = { name: "a", typeId: 0, type: int32, valuesPerCell: 1, filters: [], isNullable: false };
    const schema = { dimensions: [], attributes: [{ ...attribute, fillIsValid: false }] } as unknown;
    const engine = createEngine({ store: new MemoryStore(new Map()), pool });
    const file = { ...parseName(name)!, relativeName: `__commits/${name}.del`, bytes: genericTile(stored) };
    const { keeps, fields } = await readDelete(file, schema as ArraySchema, engine);
    expect([...fields]).toEqual(["a"]);
    expect(keeps).toEqual({
      kind: "any",
      tests: [
        { kind: "compare", field: "a", operator: "<", value: 100 },
        { kind: "compare", field: "a", operator: ">=", value: 10_250 },
      ],
    });
  });

  it("a group", () => {
    const stored = bytesOf(
      '02 00 00 00 01 00 00 00 00 00 00 00 02 00 00 00 02 01 0a 00 00 00 00 00 00 00 "../dense_0"' +
        '01 02 00 00 00 00 00 00 00 "d0" 00',
    );
    expect(parseGroup(stored, "x")).toEqual({
      version: 2,
      entries: [{ member: { uri: "../dense_0", isRelative: true, name: "d0" }, isDeleted: false }],
    });
  });

  it("consolidated commits, with the bytes of a condition among them", () => {
    const written = Buffer.from(`__commits/${name}.wrt\n`);
    const condition = Buffer.concat([
      Buffer.from(`__commits/${name}.del\n`),
      bytesOf("03 00 00 00 00 00 00 00 0a 0a 00"),
    ]);
    expect(parseCommits(Buffer.concat([written, condition, written]), "x")).toEqual([
      { line: `__commits/${name}.wrt` },
      { line: `__commits/${name}.del`, content: Buffer.of(10, 10, 0) },
      { line: `__commits/${name}.wrt` },
    ]);
  });

  it("a schema of alsdb", async () => {
    const { info, kind } = await open(loadFixture("tiledb", "als-raw").path, { kind: "points", pool });
    expect(kind).toBe("points");
    expect(info.dimensions).toEqual(["X", "Y"]);
    expect(info.fields).toHaveLength(19);
    expect(info.fields?.find((field) => field.name === "Intensity")).toMatchObject({
      dtype: "uint16",
      width: 1,
    });
  });
});

describe("versions", () => {
  /** An array whose schema says another version. */
  function storeOf(version: number): MemoryStore {
    const files = filesOf(loadFixture("tiledb", "als-raw").path);
    for (const [key, bytes] of files) {
      if (key.startsWith("/__schema/")) new DataView(bytes.buffer).setUint32(0, version, true);
    }
    return new MemoryStore(files);
  }

  it.each([
    [24, /written in format 24; TileDB formats 1 to 23 are known/],
    [0xffffffff, /an experimental format/],
    [0, /format 0;/],
  ])("a schema of format %i is refused", async (version, message) => {
    const thrown = await open(storeOf(version), { pool, format: "tiledb" }).catch((error: unknown) => error);
    expect(isReaderError(thrown, "unsupported")).toBe(true);
    expect((thrown as Error).message).toMatch(message);
  });

  it("fragments of formats 1 and 2, which their names tell, are refused", async () => {
    const files = filesOf(loadFixture("tiledb", "format-03-sparse").path);
    const store = new MemoryStore(
      new Map(
        [...files].map(([key, bytes]) => [
          key.replace(/^\/__(\d+)_\d+_([0-9a-f]{32})\//, "/__$2_$1/") as AbsolutePath,
          bytes,
        ]),
      ),
    );
    const points = await open(store, { pool, format: "tiledb", kind: "points" });
    const thrown = await points.query().catch((error: unknown) => error);
    expect(isReaderError(thrown, "unsupported")).toBe(true);
    expect((thrown as Error).message).toMatch("format 2; TileDB fragments of format 3 and later");
  });

  it.each([1, 2])("a footer of format %i is refused", (version) => {
    expect(() => readFooterHead(u32(version), "x")).toThrow(/TileDB fragments of format 3 and later/);
  });
});
