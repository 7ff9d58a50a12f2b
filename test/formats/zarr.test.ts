import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TypedArray } from "../../src/core/dtype.js";
import { isReaderError } from "../../src/core/error.js";
import type { AbsolutePath, RangeQuery } from "../../src/core/plan.js";
import type { GridSelection } from "../../src/core/source.js";
import type { GridTable } from "../../src/core/table.js";
import { createEngine } from "../../src/engine/engine.js";
import { toFloat16Bits } from "../../src/format/zarr/fill-value.js";
import { openZarr } from "../../src/format/zarr/open.js";
import type { ListableStore } from "../../src/store/types.js";
import { createPool } from "../../src/worker/pool.js";
import { type Fixture, listFixtures, loadFixture, type ZarrAnswers } from "../support/fixtures.js";

/** The files of a fixture as a store that notes what it was asked for. */
class FolderStore implements ListableStore {
  readonly asked: string[] = [];
  readonly #files = new Map<string, string>();

  constructor(path: string) {
    for (const entry of readdirSync(path, { recursive: true }) as string[]) {
      const file = join(path, entry);
      if (statSync(file).isFile()) this.#files.set(`/${entry}`, file);
    }
  }

  async get(key: AbsolutePath): Promise<Uint8Array | undefined> {
    this.asked.push(key);
    return this.#read(key);
  }

  async getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined> {
    this.asked.push(`${key} ${JSON.stringify(range)}`);
    const bytes = this.#read(key);
    if ("suffixLength" in range) return bytes?.slice(-range.suffixLength);
    return bytes?.slice(range.offset, range.offset + range.length);
  }

  async size(key: AbsolutePath): Promise<number | undefined> {
    this.asked.push(`${key} size`);
    return this.#read(key)?.length;
  }

  async *list(prefix: AbsolutePath): AsyncIterable<{ key: AbsolutePath }> {
    for (const key of this.#files.keys()) if (key.startsWith(prefix)) yield { key: key as AbsolutePath };
  }

  #read(key: string): Uint8Array | undefined {
    const file = this.#files.get(key);
    return file === undefined ? undefined : new Uint8Array(readFileSync(file));
  }
}

const pool = createPool({ workers: 0 });

function prepare(fixture: Fixture): {
  store: FolderStore;
  reports: string[];
  open: () => ReturnType<typeof openZarr>;
} {
  const store = new FolderStore(fixture.path);
  const reports: string[] = [];
  const engine = createEngine({
    store,
    pool,
    onDiagnostic: ({ code, message }) => reports.push(`${code}: ${message}`),
  });
  return { store, reports, open: () => openZarr({ engine, url: fixture.url }) };
}

/** float16 is widened in results; the fixture keeps it as it is stored. */
function asStored(dtype: string, data: GridTable["data"]): ArrayBufferView {
  return dtype === "float16" ? Uint16Array.from(data as Float32Array, toFloat16Bits) : (data as TypedArray);
}

/** Where the reference looks one level deep only and names larger chunks than those that are fetched. */
const fetchedChunks: Readonly<Record<string, readonly number[]>> = {
  "outer-transpose": [6, 4],
  "sharding-in-sharding": [3, 4],
};

const fixtures = [...listFixtures("zarr"), ...(demoFixtures() as Fixture<ZarrAnswers>[])];

function demoFixtures(): Fixture[] {
  return ["jacksboro-v3", "topobathy-v2"].map((name) => loadFixture("demo", name));
}

describe.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
  const { answers } = fixture;
  const nameOf = (path: string): string => (path === "" ? answers.store : path);

  test("opens as what it is", async () => {
    const { store, open } = prepare(fixture);
    const dataset = await open();
    expect(dataset.format).toBe("zarr");
    expect(dataset.formatVersion).toBe(answers.formatVersion);
    expect([...dataset.sources.keys()].sort()).toEqual(Object.keys(answers.arrays).map(nameOf).sort());
    if (answers.consolidated) {
      expect(store.asked).toEqual(
        answers.formatVersion === "3" ? ["/zarr.json"] : ["/zarr.json", "/.zmetadata"],
      );
    }
  });

  for (const [path, expected] of Object.entries(answers.arrays)) {
    test(`${nameOf(path)}: whole and by selection`, async () => {
      const dataset = await prepare(fixture).open();
      const source = dataset.grid(nameOf(path));
      expect(source.info.dtype).toBe(expected.dtype);
      expect(source.info.shape).toEqual(expected.shape);
      expect(source.info.chunkShape).toEqual(fetchedChunks[path] ?? expected.chunks);
      const whole = await source.query();
      expect(whole.shape).toEqual(expected.shape);
      expect(fixture.difference(expected.data, asStored(expected.dtype, whole.data))).toBeUndefined();
      for (const { selection, data } of expected.selections) {
        const table = await source.read(selection as unknown as GridSelection);
        expect(table.shape, JSON.stringify(selection)).toEqual(data.shape);
        const difference = fixture.difference(data, asStored(expected.dtype, table.data));
        expect(difference, JSON.stringify(selection)).toBeUndefined();
      }
    });
  }

  for (const query of answers.queries ?? []) {
    test(`query: ${query.name} on ${query.array}`, async () => {
      const { store, open } = prepare(fixture);
      const source = (await open()).grid(query.array);
      await source.axes();
      store.asked.length = 0;
      const table = await source.query(query.query);
      expect(table.shape).toEqual(query.data.shape);
      expect(fixture.difference(query.data, asStored(query.data.dtype, table.data))).toBeUndefined();
      for (const [axis, expected] of query.axes.entries()) {
        expect(table.axes[axis]!.name).toBe(expected.name);
        expect(table.axes[axis]!.labelled).toBe(true);
        expect(fixture.difference(expected.values, table.axes[axis]!.values), expected.name).toBeUndefined();
      }
      if (query.data.length === 0) expect(store.asked).toEqual([]);
    });
  }

  for (const [name, refusal] of Object.entries(answers.refuses ?? {})) {
    test(`refuses ${name} by name`, async () => {
      const { open, reports } = prepare(fixture);
      const dataset = await open();
      expect(dataset.sources.has(name)).toBe(false);
      expect(reports.join()).toContain(name);
      const error = (() => {
        try {
          dataset.source(name);
        } catch (thrown) {
          return thrown;
        }
        return undefined;
      })();
      expect(isReaderError(error) && error.code).toBe(refusal.code);
      expect((error as Error).message).toContain(refusal.mentions);
    });
  }
});
