/**
 * Text and byte strings from a chunk to a result, through workers and without.
 */
import { afterEach, describe, expect, test } from "vitest";
import { slice } from "../../../../src/core/slice.js";
import { createEngine } from "../../../../src/engine/engine.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { createPool, type DecodePool } from "../../../../src/worker/pool.js";
import { loopbackWorkers } from "../../../support/loopback-worker.js";
import { arrayV3, TestStore } from "./support.js";

const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

function vlen(texts: readonly string[]): Uint8Array {
  const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  const parts = texts.map((text) => new TextEncoder().encode(text));
  return new Uint8Array(
    Buffer.concat([u32(texts.length), ...parts.flatMap((part) => [u32(part.length), part])]),
  );
}

/** 3 × 5 words in chunks of 2 × 3, one chunk missing. */
const words = Array.from({ length: 15 }, (_, index) => `${"x".repeat(index % 4)}ü${index}`);
const isStored = (row: number, column: number): boolean => row < 2 || column < 3;

function store(type: string, codec: string): TestStore {
  const array = arrayV3([3, 5], [2, 3], {
    data_type: type,
    fill_value: type === "string" ? "none" : [110, 111],
    codecs: [{ name: "transpose", configuration: { order: [1, 0] } }, { name: codec }],
  });
  const made = new TestStore().put("/zarr.json", array);
  for (const y of [0, 1]) {
    for (const x of [0, 1]) {
      if (!isStored(2 * y, 3 * x)) continue;
      const chunk: string[] = [];
      for (let column = 3 * x; column < 3 * x + 3; column++) {
        for (let row = 2 * y; row < 2 * y + 2; row++) {
          chunk.push(row < 3 && column < 5 ? words[5 * row + column]! : "padding");
        }
      }
      made.put(`/c/${y}/${x}`, vlen(chunk));
    }
  }
  return made;
}

function open(made: TestStore, workers: number): ReturnType<typeof openZarr> {
  const pool = createPool({ workers, inlineBytes: 0, createWorker: loopbackWorkers().createWorker });
  pools.push(pool);
  return openZarr({ engine: createEngine({ store: made, pool }), url: "https://host/words.zarr" });
}

const expected = words.map((word, index) => (isStored(Math.floor(index / 5), index % 5) ? word : "none"));

describe.each([0, 2])("with %i workers", (workers) => {
  test("strings are read whole and by selection, holes hold the fill value", async () => {
    const grid = (await open(store("string", "vlen-utf8"), workers)).grid();
    expect(grid.info.dtype).toBe("string");
    const whole = await grid.query();
    expect(whole.data).toEqual(expected);
    expect(whole.shape).toEqual([3, 5]);
    const picked = await grid.read([slice(undefined, undefined, -2), 4]);
    expect(picked.data).toEqual([expected[14], expected[4]]);
    const blocks: string[][] = [];
    for await (const block of grid.stream()) blocks.push(block.data as string[]);
    expect(blocks.flat().sort()).toEqual(expected.filter((word) => word !== "none").sort());
  });

  test("byte strings are views of bytes", async () => {
    const { data } = await (await open(store("bytes", "vlen-bytes"), workers)).grid().query();
    const texts = (data as Uint8Array[]).map((item) => new TextDecoder().decode(item));
    expect(texts).toEqual(expected.map((word) => (word === "none" ? "no" : word)));
  });
});

test("text that is no UTF-8 is corrupt by its place", async () => {
  const made = store("string", "vlen-utf8");
  const chunk = vlen(Array.from({ length: 6 }, () => "ab"));
  chunk[chunk.length - 1] = 0xff;
  const grid = (await open(made.put("/c/0/0", chunk), 0)).grid();
  await expect(grid.query()).rejects.toThrow(/corrupt: The block at \[0, 0\].*item 5 is no UTF-8/);
});
