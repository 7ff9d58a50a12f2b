/**
 * Shards that are decoded whole, in a real browser's worker: what decodes them is loaded there when it is needed.
 */
import { expect, inject, it } from "vitest";
import { open } from "../../src/open.js";
import { createPool } from "../../src/worker/pool.js";

it.each(["int16/after-zstd", "float32/before-delta-fill-6", "int16/nested-outer-part"])(
  "%s",
  async (path) => {
    const place = `${inject("fixturesUrl")}zarr-types/v3-shards`;
    const { arrays, answers } = await (await fetch(`${place}.expected.json`)).json();
    const pool = createPool({ workers: 1, inlineBytes: 0 });
    const dataset = await open(`${place}.zip`, { pool });
    const { data } = await dataset.grid(path).read();
    const { buffer, byteOffset, byteLength } = data as Int16Array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    expect(btoa(String.fromCharCode(...bytes))).toBe(answers[arrays[path].values].bytes);
    dataset.close();
    pool.dispose();
  },
);
