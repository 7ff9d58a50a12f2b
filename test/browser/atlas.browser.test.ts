/**
 * What ATLAS stores cost a page of another origin, as the server counts it, preflights and looks for files that are not there
 * included; where no header but the safelisted ones may be read (`bare`), and where the recommended ones are exposed (`public`).
 */
import { expect, inject, it } from "vitest";
import { open } from "../../src/index.js";
import { readCold } from "../support/atlas-cost.js";
import {
  datasetCounts,
  datasetToRead,
  longStores,
  type ManyStore,
  manyStores,
  valuesOf,
} from "../support/atlas-many.js";
import type { AskedEntry } from "../support/request-log.js";

const { endpoint } = inject("contractServer");
const logUrl = inject("requestLogUrl");
let runs = 0;

/** A query that no other request has. */
const nextRun = (): string => `run=${performance.timeOrigin}-${Math.random()}-${runs++}`;

async function askedWith(run: string): Promise<readonly string[]> {
  return (await fetch(`${logUrl}?${run}`)).json();
}

async function expectCost(bucket: Bucket, kind: string, store: ManyStore, count: number): Promise<void> {
  const { file, browser, bare = browser } = store;
  const number = datasetToRead(store, count);
  const run = nextRun();
  const { data, blockRuns } = await readCold(
    `${endpoint}/${bucket}/atlas/${kind}/${count}/${file}?${run}`,
    number,
  );
  expect(data).toEqual(valuesOf(store, number));
  const asked = await askedWith(run);
  expect({ requests: asked.length, blockRuns }, asked.join(", ")).toEqual(bucket === "bare" ? bare : browser);
}

/** What the server was asked below a place so far, listings of it included. */
async function askedBelow(place: string): Promise<readonly AskedEntry[]> {
  return (await fetch(`${logUrl}below?${place}`)).json();
}

const buckets = ["bare", "public"] as const;
type Bucket = (typeof buckets)[number];

for (const bucket of buckets) {
  it.each(Object.keys(manyStores).flatMap((kind) => datasetCounts.map((count) => [kind, count] as const)))(
    `${bucket}: %s, %d datasets: one array costs three requests at most, its block among them`,
    async (kind, count) => {
      await expectCost(bucket, kind, manyStores[kind]!, count);
    },
  );

  it.each(Object.keys(longStores))(
    `${bucket}: %s: three requests and its block, or one more`,
    async (kind) => {
      await expectCost(bucket, kind, longStores[kind]!, 10);
    },
  );

  it.each([0, 2])(
    `${bucket}: all of 16 MB of compressed blocks come with one body, %d workers`,
    async (pool) => {
      const run = nextRun();
      const address = `${endpoint}/${bucket}/atlas/compressed blocks, the first/10/atlas.json?${run}`;
      const dataset = await open(address, { format: "atlas", pool });
      const { data, datasets } = await dataset.acrossDatasets("temperature", { stacked: true });
      dataset.close();
      const cells = data.length / datasets.length;
      expect(datasets).toHaveLength(10);
      for (const number of datasets.keys()) {
        const own = (data as Float32Array).subarray(number * cells, (number + 1) * cells);
        expect(own.every((value) => value === number)).toBe(true);
      }
      expect(await askedWith(run)).toHaveLength(4);
    },
  );
}

it.each(Object.keys(longStores).flatMap((kind) => [[kind, "public"] as const, [kind, "listless"] as const]))(
  "%s in the bucket %s: asked for a listing where that is worth it",
  async (kind, bucket) => {
    const store = longStores[kind]!;
    const { file, browser, listed = browser, refused = browser } = store;
    const number = datasetToRead(store, 10);
    const place = `atlas/${kind}/10/`;
    const before = await askedBelow(place);
    const { data, blockRuns } = await readCold(`s3+${endpoint}/${bucket}/${place}${file}`, number);
    expect(data).toEqual(valuesOf(store, number));
    const asked = (await askedBelow(place)).slice(before.length);
    const shown = asked.map(({ method, key }) => `${method} ${key}`).join(", ");
    expect({ requests: asked.length, blockRuns }, shown).toEqual(bucket === "public" ? listed : refused);
  },
);
