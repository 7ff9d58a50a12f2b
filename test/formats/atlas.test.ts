/**
 * Every ATLAS fixture against what the package that wrote it answered: every array of every dataset, whole and in boxes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../src/core/error.js";
import type { GridTable } from "../../src/core/table.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import {
  type AtlasAnswers,
  type ExpectedAtlasValues,
  type Fixture,
  listFixtures,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const fixtures = listFixtures("atlas");
const layered = fixtures.find(({ name }) => name === "atlas14-layers")!;

function expectValues(fixture: Fixture, expected: ExpectedAtlasValues, table: GridTable): void {
  expect(table.shape).toEqual(expected.shape);
  if ("strings" in expected) expect(table.data).toEqual(expected.strings);
  else expect(fixture.difference(expected, table.data as Int32Array)).toBeUndefined();
}

/**
 * The packages find chunks of a deleted dataset again once another one takes its name; here it begins empty
 * (docs/formats/atlas.md, "Faults").
 */
function isResurrected({ name }: Fixture, dataset: string): boolean {
  return name.endsWith("-layers") && dataset === "again";
}

describe.each(fixtures)("atlas/$name", (fixture) => {
  const { datasets, listed } = fixture.answers as AtlasAnswers;

  it("lists the datasets and their arrays in order", async () => {
    const { sources, format, formatVersion } = await open(fixture.path, { pool });
    expect(format).toBe("atlas");
    if (fixture.answers.formatVersion !== undefined)
      expect(formatVersion).toBe(fixture.answers.formatVersion);
    const arrays = listed.flatMap((name) =>
      Object.keys(datasets[name]!.arrays).map((array) => `${name}/${array}`),
    );
    expect([...sources.keys()]).toEqual(arrays);
  });

  it.each(listed)("reads every array of %s", async (dataset) => {
    const opened = await open(fixture.path, { pool });
    for (const [array, expected] of Object.entries(datasets[dataset]!.arrays)) {
      const source = opened.grid(`${dataset}/${array}`);
      await source.axes();
      const { info } = source;
      expect(info.shape).toEqual(expected.shape);
      expect(info.chunkShape).toEqual(expected.chunks);
      expect(info.dimensions).toEqual(expected.dimensions);
      expect(info.dtype).toBe(expected.dtype.replace("timestamp_nanoseconds", "int64"));
      if (isResurrected(fixture, dataset)) continue;
      expectValues(fixture, expected.data, await source.query());
      for (const { start, shape, data } of expected.windows) {
        const box = start.map((first, axis) => slice(first, first + shape[axis]!));
        expectValues(fixture, data, await source.read(box));
      }
    }
  });
});

describe("what the packages get wrong", () => {
  it.each(fixtures.filter(({ name }) => name.endsWith("-layers")))(
    "$name: a name made again begins empty",
    async ({ path }) => {
      const { data } = await (await open(path, { pool })).grid("again/v").query();
      const own = [0, 1, 5, 6];
      expect(Array.from(data as Float32Array)).toEqual(
        Array.from({ length: 20 }, (_, cell) => (own.includes(cell) ? 5 : Number.NaN)),
      );
    },
  );
});

describe("stores that are damaged", () => {
  const file = "/v/data.1.af";
  const objects = new Map<string, Uint8Array>(
    readdirSync(layered.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [
        `/${relative(layered.path, path).replaceAll("\\", "/")}`,
        new Uint8Array(readFileSync(path)),
      ]),
  );
  const readWith = (key: string, bytes: Uint8Array | undefined): Promise<GridTable | unknown> => {
    const store = { get: (asked: string) => (asked === key ? bytes : objects.get(asked)) };
    return open(store, { pool, format: "atlas" })
      .then((dataset) => dataset.grid("gone/v").query())
      .catch((thrown: unknown) => thrown);
  };

  it("refuses a file that is cut short, wherever", async () => {
    const bytes = objects.get(file)!;
    for (let size = 0; size < bytes.length; size += 31) {
      expect(isReaderError(await readWith(file, bytes.subarray(0, size)), "corrupt")).toBe(true);
    }
  });

  it("refuses a store without the files of an array", async () => {
    expect(isReaderError(await readWith(file, undefined), "corrupt")).toBe(true);
  });

  it("answers or refuses whatever byte of a file is changed, and never goes astray", async () => {
    const bytes = objects.get(file)!;
    for (let at = bytes.length - 1; at > 0; at -= 5) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 0x41;
      const answer = await readWith(file, changed);
      if (answer instanceof Error) expect(isReaderError(answer), `byte ${at}: ${answer.stack}`).toBe(true);
      else expect((answer as GridTable).shape).toEqual([4, 5]);
    }
  });

  it.each([
    ["another version", '"version": 3', '"version": 9', "unsupported"],
    ["a name that leads elsewhere", '"gone":', '"../gone":', "invalid-metadata"],
    ["a schema that is not there", '"gone": 1', '"gone": 7', "invalid-metadata"],
    ["what is no JSON", '"gone": 1', '"gone": 1,', "invalid-metadata"],
  ])("refuses %s", async (_, from, to, code) => {
    const text = new TextDecoder().decode(objects.get("/atlas.json"));
    expect(text).toContain(from);
    const answer = await readWith("/atlas.json", new TextEncoder().encode(text.replace(from, to)));
    expect(isReaderError(answer) && answer.code).toBe(code);
  });
});

describe("what there is not", () => {
  it("refuses levels", async () => {
    const grid = (await open(layered.path, { pool })).grid("gone/v");
    await expect(grid.query({ level: 1 })).rejects.toThrow("level 1");
  });
});
