/**
 * In which turns a place is asked what it holds: requests of one turn are under way together.
 */
import { describe, expect, it } from "vitest";
import type { AbsolutePath } from "../../src/core/plan.js";
import { detectFormat } from "../../src/detect.js";
import type { ReadableStore } from "../../src/store/types.js";

const zarr3 = '{"zarr_format": 3, "node_type": "group"}';
const zarr2 = '{"zarr_format": 2}';
const vectors = '{"zarr_format": 3, "attributes": {"zarr_vectors": {}}}';
const atlas = '{"version": 3, "datasets": []}';
const others = ["/.zarray", "/.zgroup", "/.zmetadata", "/__array_schema.tdb", "/atlas.json", "/data.atlas"];
const ofZarr2 = ["/.zarray", "/.zgroup", "/.zmetadata"];
const ofTileDB = ["/__array_schema.tdb", "list /__schema/"];
const ofAtlas = ["/atlas.json", "/data.atlas"];

/** A store that answers when all that is asked for together has been. */
class TurnStore implements ReadableStore {
  readonly turns: string[][] = [];
  readonly #objects: Readonly<Record<string, string>>;
  #turn: Promise<void> | undefined;

  constructor(objects: Readonly<Record<string, string>>) {
    this.#objects = objects;
  }

  async get(key: AbsolutePath): Promise<Uint8Array | undefined> {
    await this.#ask(key);
    const text = this.#objects[key];
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  async *list(prefix: AbsolutePath): AsyncGenerator<{ key: AbsolutePath; size: number }> {
    await this.#ask(`list ${prefix}`);
    for (const [key, { length: size }] of Object.entries(this.#objects)) {
      if (key.startsWith(prefix)) yield { key: key as AbsolutePath, size };
    }
  }

  #ask(what: string): Promise<void> {
    if (this.#turn === undefined) {
      this.turns.push([]);
      this.#turn = new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
        this.#turn = undefined;
      });
    }
    this.turns.at(-1)!.push(what);
    return this.#turn;
  }
}

describe("detectFormat", () => {
  it.each([
    ["any/place", "zarr", { "/zarr.json": zarr3 }, [["/zarr.json"]]],
    ["any/place", "zarr", { "/.zgroup": zarr2 }, [["/zarr.json"], others]],
    ["any/place", "atlas", { "/atlas.json": atlas }, [["/zarr.json"], others]],
    ["air.zarr", "zarr", { "/zarr.json": zarr3 }, [["/zarr.json"]]],
    ["air.zarr", "zarr", { "/.zmetadata": zarr2 }, [["/zarr.json"], ofZarr2]],
    ["air.zarr/", "zarr-vectors", { "/zarr.json": vectors }, [["/zarr.json"]]],
    ["a.zarrvectors", "zarr-vectors", { "/zarr.json": vectors }, [["/zarr.json"]]],
    ["floats.atlas?sig=1", "atlas", { "/atlas.json": atlas }, [ofAtlas]],
    ["forest.tdb", "tiledb", { "/__schema/__1_1_a": "" }, [ofTileDB]],
    ["old.tiledb", "tiledb", { "/__array_schema.tdb": "" }, [ofTileDB, ["list /__group/"]]],
  ] as const)("%s, where %s lies", async (path, format, objects, turns) => {
    const store = new TurnStore(objects);
    const { entry } = await detectFormat(store, `https://host/${path}`);
    expect(entry.id).toBe(format);
    expect(store.turns.map((turn) => turn.sort())).toEqual(turns);
  });

  it("takes a name for a hint only: what lies there decides, and nothing is asked for twice", async () => {
    const zarr = new TurnStore({ "/.zgroup": zarr2 });
    expect((await detectFormat(zarr, "https://host/forest.tdb")).entry.id).toBe("zarr");
    const array = new TurnStore({ "/__schema/__1_1_a": "" });
    expect((await detectFormat(array, "https://host/air.zarr")).entry.id).toBe("tiledb");
    for (const { turns } of [zarr, array]) expect(new Set(turns.flat()).size).toBe(turns.flat().length);
  });
});
