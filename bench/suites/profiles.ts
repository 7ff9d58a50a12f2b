/**
 * One variable of a thousand profiles over HTTP: ours from an ATLAS store, zarrita from Zarr groups, all of them asked at once;
 * its metadata one by one, and, which is its best, all together.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { uncached } from "../lib/zarr-readers.js";

const BEST = "zarrita";
const GROUPS = "zarrita, group by group";
const LATENCY_MS = 30;

interface ProfilesSetup {
  readonly base: string;
  readonly profiles: number;
  /** SHA-256 of the numbers, profile after profile. */
  readonly sha256: string;
}

export async function runProfiles(host: Host): Promise<SuiteResult> {
  const { base, profiles, sha256: expected } = host.setup as unknown as ProfilesSetup;
  const pool = createPool();
  const names = Array.from({ length: profiles }, (_, i) => `cast_${String(i).padStart(4, "0")}`);
  const readers: Record<string, Reader> = {
    [ours]: async (copy) => {
      const dataset = await open(`${base}/${copy}/profiles.atlas`, { pool, format: "atlas" });
      const { data } = await dataset.acrossDatasets("temperature", { stacked: true });
      return data as Float32Array;
    },
    [BEST]: async (copy) => {
      const store = await consolidated(`${base}/${copy}/profiles.zarr`);
      const root = await zarrita.open.v3(store, { kind: "group" });
      return readAll(
        names.map((name) => () => zarrita.open.v3(root.resolve(`${name}/temperature`), { kind: "array" })),
      );
    },
    [GROUPS]: async (copy) =>
      readAll(
        names.map((name) => async () => {
          const store = await consolidated(`${base}/${copy}/profiles.zarr/${name}`);
          const group = await zarrita.open.v3(store, { kind: "group" });
          return zarrita.open.v3(group.resolve("temperature"), { kind: "array" });
        }),
      ),
  };
  const rounds = host.options.quick ? 1 : 5;
  const task = { name: "a thousand profiles", readers, rounds, expected, latencyMs: LATENCY_MS };
  const row = await contest(host, task);
  pool.dispose();
  return {
    rows: [row, requestsRow(row.requests!)],
    warnings: [],
    facts: { "latency ms": LATENCY_MS, profiles },
  };
}

/** Requests as a row of their own, which a goal holds. */
function requestsRow(requests: Readonly<Record<string, number>>): Row {
  return {
    name: "requests",
    unit: "requests",
    rates: Object.fromEntries(
      Object.entries(requests).map(([name, count]) => [name, { median: count, best: count }]),
    ),
    ratios: Object.fromEntries([BEST, GROUPS].map((name) => [name, requests[name]! / requests[ours]!])),
  };
}

async function consolidated(url: string) {
  return zarrita.withConsolidatedMetadata(new zarrita.FetchStore(url, { fetch: uncached }), { format: "v3" });
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
