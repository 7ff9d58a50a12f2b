/**
 * Every type with every codec in every layout, as zarr-python and numcodecs wrote it, through the public door: one archive a version,
 * `test/generate/zarr-types.py`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slice } from "../../src/core/slice.js";
import { type Dataset, open } from "../../src/index.js";

interface Answers {
  readonly name: string;
  readonly formatVersion: string;
  readonly arrays: Readonly<
    Record<
      string,
      {
        readonly dtype: string;
        readonly shape: readonly number[];
        readonly values: number;
        readonly unit?: string;
      }
    >
  >;
  readonly answers: readonly {
    readonly text?: readonly string[];
    readonly items?: readonly string[];
    readonly bytes?: string;
  }[];
}

const folder = new URL("../fixtures/zarr-types/", import.meta.url);
const documents = readdirSync(folder).filter((name) => name.endsWith(".expected.json"));

/** What a result holds, in the form of the answers. */
function formOf(data: unknown): Answers["answers"][number] {
  if (ArrayBuffer.isView(data)) {
    return { bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
  }
  const items = data as readonly (string | Uint8Array)[];
  return items[0] instanceof Uint8Array
    ? { items: items.map((item) => Buffer.from(item as Uint8Array).toString("base64")) }
    : { text: items as readonly string[] };
}

describe.each(documents)("%s", (file) => {
  const expected = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Answers;
  let dataset: Dataset;
  beforeAll(async () => {
    const archive = readFileSync(new URL(file.replace(".expected.json", ".zip"), folder));
    dataset = await open(new Blob([archive]), { pool: 0 });
  });
  afterAll(() => dataset.close());

  it("holds the arrays it should, and no other", () => {
    expect(dataset.formatVersion).toBe(expected.formatVersion);
    expect([...dataset.sources.keys()].sort()).toEqual(Object.keys(expected.arrays).sort());
  });

  it.each(Object.entries(expected.arrays))("%s", async (path, { dtype, shape, values, unit }) => {
    const grid = dataset.grid(path);
    const whole = await grid.read();
    expect(whole.dtype).toBe(dtype);
    expect(whole.shape).toEqual(shape);
    expect(whole.unit).toBe(unit);
    expect(formOf(whole.data)).toEqual(expected.answers[values]);
    // A part that crosses chunks, backwards: cut in the worker, placed here.
    const [, columns = 1] = shape;
    const part = await grid.read(shape.map((_, axis) => (axis === 0 ? slice(3, 1, -1) : 4)));
    const lanes = whole.data.length / (shape[0]! * columns);
    const cells = [3, 2].flatMap((row) => {
      const at = (row * columns + (shape.length === 1 ? 0 : 4)) * lanes;
      return Array.from({ length: lanes }, (_, lane) => whole.data[at + lane]);
    });
    expect(Array.from(part.data as ArrayLike<unknown>)).toEqual(cells);
  });
});
