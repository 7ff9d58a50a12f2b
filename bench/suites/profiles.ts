/**
 * One variable of a thousand profiles over HTTP: ours from an ATLAS store, zarrita from Zarr groups, all of them asked at once;
 * its metadata one by one, and, which is its best, all together.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { median, type Samples, speedup } from "../lib/measure.js";

const OURS = "cloudcrop";
const BEST = "zarrita";
const GROUPS = "zarrita, group by group";

type Fetch = typeof fetch;
type Read = (get: Fetch | undefined) => Promise<Float32Array>;

export async function runProfiles(host: Host): Promise<SuiteResult> {
  const { base, latencyMs } = host.setup as unknown as { readonly base: string; readonly latencyMs: number };
  const source = new Float32Array(await (await fetch(`${base}/source.f32`)).arrayBuffer());
  const pool = createPool();
  const levels = 100;
  const names = Array.from(
    { length: source.length / levels },
    (_, i) => `cast_${String(i).padStart(4, "0")}`,
  );
  const readers: Readonly<Record<string, Read>> = {
    [OURS]: async (get) => {
      const options = { pool, format: "atlas", ...(get && { fetch: get }) } as const;
      const dataset = await open(`${base}/profiles.atlas`, options);
      const { data } = await dataset.acrossDatasets("temperature", { stacked: true });
      return data as Float32Array;
    },
    [BEST]: async (get) => {
      const store = await consolidated(`${base}/profiles.zarr`, get);
      const root = await zarrita.open.v3(store, { kind: "group" });
      return readAll(
        names.map((name) => () => zarrita.open.v3(root.resolve(`${name}/temperature`), { kind: "array" })),
      );
    },
    [GROUPS]: async (get) =>
      readAll(
        names.map((name) => async () => {
          const store = await consolidated(`${base}/profiles.zarr/${name}`, get);
          const group = await zarrita.open.v3(store, { kind: "group" });
          return zarrita.open.v3(group.resolve("temperature"), { kind: "array" });
        }),
      ),
  };
  const requests: Record<string, number> = {};
  for (const [name, read] of Object.entries(readers)) {
    host.say(`${name}: checked and counted`);
    requests[name] = 0;
    const counting: Fetch = (input, init) => {
      requests[name]!++;
      return fetch(input, init);
    };
    check(await read(counting), source, name);
  }
  const samples: Samples = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
  for (let round = 0; round < (host.options.quick ? 1 : 5); round++) {
    for (const [name, read] of Object.entries(readers)) {
      host.say(`${name}: round ${round + 1}`);
      const start = performance.now();
      const data = await read(undefined);
      samples[name]!.push(performance.now() - start);
      check(data, source, name);
    }
  }
  pool.dispose();
  const others = [BEST, GROUPS];
  const rows: Row[] = [
    {
      name: "a thousand profiles",
      unit: "ms",
      rates: Object.fromEntries(
        Object.entries(samples).map(([name, list]) => [
          name,
          { median: median(list), best: Math.min(...list) },
        ]),
      ),
      ratios: Object.fromEntries(others.map((name) => [name, speedup(samples, OURS, name)!])),
    },
    {
      name: "requests",
      unit: "requests",
      rates: Object.fromEntries(
        Object.entries(requests).map(([name, count]) => [name, { median: count, best: count }]),
      ),
      ratios: Object.fromEntries(others.map((name) => [name, requests[name]! / requests[OURS]!])),
    },
  ];
  return { rows, warnings: [], facts: { "latency ms": latencyMs, profiles: names.length, levels } };
}

async function consolidated(url: string, get: Fetch = fetch) {
  const bare = new zarrita.FetchStore(url, { fetch: (request) => get(request, { cache: "no-store" }) });
  return zarrita.withConsolidatedMetadata(bare, { format: "v3" });
}

/** Every array is asked for at once: the browser sends as many requests as it can. */
async function readAll(
  arrays: readonly (() => Promise<zarrita.Array<zarrita.DataType, zarrita.Readable>>)[],
): Promise<Float32Array> {
  const parts = await Promise.all(
    arrays.map(async (openArray) => (await zarrita.get(await openArray())).data as Float32Array),
  );
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function check(got: Float32Array, wanted: Float32Array, name: string): void {
  if (got.length !== wanted.length) throw new Error(`${name} read ${got.length} numbers`);
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== wanted[i]) throw new Error(`${name} is wrong at number ${i}`);
  }
}
