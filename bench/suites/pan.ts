/**
 * A viewer that is dragged: ten windows overlap by half, each of the first nine is given up after 40 ms. A row "the tenth alone" tells what the
 * last window costs by itself; what is above it in the row "the tenth of ten" was wasted, or was of use to the tenth.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { closed } from "../lib/closed.js";
import { contest, ours, type Reader, type Timed } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";
import { openTiff } from "../lib/tiff-reader.js";
import { mergingStore } from "../lib/zarr-readers.js";

const GIVEN_UP_AFTER_MS = 40;
const LATENCY_MS = 30;
/** Reads windows of what was opened. */
type ReadWindow = (window: Window, signal: AbortSignal) => Promise<ArrayBufferView>;

export async function runPan(host: Host): Promise<SuiteResult> {
  const { base, windows } = host.setup as unknown as {
    readonly base: string;
    readonly windows: readonly Window[];
  };
  const { quick, only } = host.options;
  const tiffPool = new (await import("geotiff")).Pool();
  const pool = createPool();
  const openers = (path: string): Record<string, (copy: string) => Promise<ReadWindow>> => ({
    [ours]: async (copy) => {
      const grid = await open(`${base}/${copy}/${path}`, { kind: "grid", pool });
      return async ({ y, x }, signal) => {
        const { data } = await grid.query({ ranges: { y: closed(y), x: closed(x) } }, { signal });
        return data as Float32Array;
      };
    },
    zarrita: async (copy) => {
      const array = await zarrita.open.v3(mergingStore(`${base}/${copy}/${path}`), { kind: "array" });
      return async ({ y, x }, signal) => {
        const { data } = await zarrita.get(array, [zarrita.slice(...y), zarrita.slice(...x)], { signal });
        return data as Float32Array;
      };
    },
    "geotiff.js": (copy) => openTiff(`${base}/${copy}/raster.tif`, tiffPool),
  });
  const last = windows.at(-1)!;
  const rows: Row[] = [];
  for (const path of ["shards", "chunks"]) {
    for (const [what, dragged] of [
      ["the tenth alone", []],
      ["the tenth of ten", windows.slice(0, -1)],
    ] as const) {
      const name = `${path}, ${what}`;
      if (only !== undefined && !name.includes(only)) continue;
      const readers = Object.fromEntries(
        Object.entries(openers(path)).map(([reader, opener]): [string, Reader] => [
          reader,
          async (copy) => pan(await opener(copy), dragged, last),
        ]),
      );
      const task = { name, readers, rounds: quick ? 1 : 9, expected: last.sha256, latencyMs: LATENCY_MS };
      rows.push(await contest(host, { ...task, mayLeaveRequests: true }));
    }
  }
  pool.dispose();
  tiffPool.destroy();
  return { rows, warnings: [], facts: { "default workers": pool.size } };
}

/** Asks for each window, gives it up, and times the last. */
async function pan(read: ReadWindow, dragged: readonly Window[], last: Window): Promise<Timed> {
  for (const window of dragged) {
    const controller = new AbortController();
    const given = read(window, controller.signal).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, GIVEN_UP_AFTER_MS));
    controller.abort();
    // Not awaited: a viewer does not wait for what it gave up.
    void given;
  }
  const startedAt = performance.now();
  const result = await read(last, new AbortController().signal);
  return { result, ms: performance.now() - startedAt };
}
