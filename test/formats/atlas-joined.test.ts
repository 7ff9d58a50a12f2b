/**
 * Chunks of one block: those that lie side by side are read as one, and what they give is the same.
 */
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import type { BlockPart } from "../../src/core/plan.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const openFixture = (name: string) =>
  open(fileURLToPath(new URL(`../fixtures/atlas/${name}.atlas`, import.meta.url)), { pool });

async function partsOf(name: string, source: string): Promise<BlockPart[]> {
  const parts: BlockPart[] = [];
  for await (const part of await (await openFixture(name)).grid(source).plan()) parts.push(part as BlockPart);
  return parts;
}

it("a block is decoded once where its chunks follow one another", async () => {
  // Five values in chunks of two.
  const parts = await partsOf("atlas14-zstd-json-lz4", "only/v");
  expect(parts.map(({ crop }) => crop)).toEqual([[{ start: 0, count: 5, step: 1 }]]);
});

it("strides and boxes of joined chunks give what single ones do", async () => {
  const grid = (await openFixture("atlas14-zstd-json-lz4")).grid("only/v");
  const whole = [...(await grid.query()).data];
  for (const start of [0, 1, 2, 3]) {
    for (const stop of [start + 1, 4, 5]) {
      for (const step of [1, 2, 3]) {
        const { data } = await grid.read([slice(start, stop, step)]);
        expect([...data]).toEqual(whole.slice(start, stop).filter((_, index) => index % step === 0));
      }
    }
  }
});

/** Blocks of the parts, each as often as it is decoded. */
const blocksOf = (parts: readonly BlockPart[]) =>
  parts.map(({ column }) => `${column.read!.key} ${column.read!.range!.offset}`);

it.each([
  // Five by seven values in chunks of two by three.
  ["atlas14-zstd-msgpack", "whole/int8", "tiles"],
  ["atlas14-lz4-json-zstd", "whole/int8", "tiles"],
  ["atlas10-zstd-json", "whole/cube", "tiles"],
  ["atlas14-zstd-msgpack", "whole/station", "text-sections"],
])("%s, %s: a block is decoded once, however the array is tiled", async (name, source, codec) => {
  const parts = await partsOf(name, source);
  expect(parts.flatMap(({ column }) => column.codecs.map(({ name }) => name))).toContain(codec);
  expect(new Set(blocksOf(parts)).size).toBe(parts.length);
});

it("strides and boxes of tiles give what single chunks do", async () => {
  const grid = (await openFixture("atlas14-zstd-msgpack")).grid("whole/int8");
  const whole = await grid.query();
  const [rows, columns] = whole.shape as [number, number];
  const cuts = (length: number) =>
    [0, 1, 2, 3].flatMap((start) =>
      [start + 1, length - 1, length].flatMap((stop) =>
        [1, 2, 3, -1].map((step) =>
          step > 0 ? slice(start, stop, step) : slice(stop - 1, start === 0 ? null : start - 1, step),
        ),
      ),
    );
  const indices = ({ start, stop, step }: ReturnType<typeof slice>, length: number): number[] => {
    const found: number[] = [];
    const by = step ?? 1;
    const end = stop ?? (by > 0 ? length : -1);
    for (let at = start ?? 0; by > 0 ? at < end : at > end; at += by) found.push(at);
    return found;
  };
  for (const y of cuts(rows)) {
    for (const x of cuts(columns)) {
      const { data } = await grid.read([y, x]);
      const expected = indices(y, rows).flatMap((row) =>
        indices(x, columns).map((column) => whole.data[row * columns + column]),
      );
      expect([...data], JSON.stringify([y, x])).toEqual(expected);
    }
  }
});
