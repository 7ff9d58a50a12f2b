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

it("chunks that do not span the other axes stay apart", async () => {
  // Five by seven values in chunks of two by three.
  expect(await partsOf("atlas14-zstd-msgpack", "whole/int8")).toHaveLength(9);
});
