/**
 * When workers start: at once where a source was asked for, and never for metadata alone.
 */
import { afterEach, expect, inject, it } from "vitest";
import { isReaderError, type OpenOptions, open } from "../../src/index.js";

const fixtures = new URL("demo/", inject("fixturesUrl"));
const grid = new URL("topobathy-v2.zarr", fixtures);
const points = new URL("airports.zarrvectors", fixtures);
const workers: { readonly worker: Worker; ended: boolean }[] = [];

/** Starts the package's own worker, and keeps track of it. */
function counting(onStart = () => {}): Pick<OpenOptions, "createWorker"> {
  return {
    createWorker() {
      onStart();
      const worker = new Worker(new URL("../../src/worker/entry.ts", import.meta.url), { type: "module" });
      const entry = { worker, ended: false };
      workers.push(entry);
      const terminate = worker.terminate.bind(worker);
      worker.terminate = () => {
        entry.ended = true;
        terminate();
      };
      return worker;
    },
  };
}

afterEach(() => {
  for (const { worker } of workers.splice(0)) worker.terminate();
});

it("opening for metadata starts none", async () => {
  const data = await open(grid, counting());
  expect(data.sources.size).toBeGreaterThan(0);
  data.close();
  expect(workers).toEqual([]);
});

it("a source that is asked for starts one before the first query, which the query uses", async () => {
  const source = await open(points, { kind: "points", ...counting() });
  expect(workers).toHaveLength(1);
  expect((await source.query()).length).toBeGreaterThan(0);
  expect(workers[0]?.ended).toBe(false);
});

it("a kind that is not there leaves none running", async () => {
  await expect(open(grid, { kind: "mesh", ...counting() })).rejects.toSatisfy((thrown) =>
    isReaderError(thrown, "not-found"),
  );
  expect(workers.map(({ ended }) => ended)).toEqual([true]);
});

it("a place that does not open leaves none running", async () => {
  await expect(open(new URL("nothing-here", fixtures), { kind: "grid", ...counting() })).rejects.toThrow();
  expect(workers.every(({ ended }) => ended)).toBe(true);
});

it("an opening that is given up leaves none running", async () => {
  const controller = new AbortController();
  const given = new Error("given up");
  const { signal } = controller;
  const opening = open(points, { kind: "points", signal, ...counting(() => controller.abort(given)) });
  await expect(opening).rejects.toBe(given);
  await expect.poll(() => workers.map(({ ended }) => ended)).toEqual([true]);
});
