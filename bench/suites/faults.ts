/**
 * A grid of 64 chunks read whole from a server that fails, beside zarrita, which does not ask twice.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";

/** What goes wrong, by name; rules of the embedded server. */
const troubles: Readonly<Record<string, readonly object[]>> = {
  "no fault": [],
  "503 for 5 %": [{ fault: { kind: "status", status: 503, code: "SlowDown" }, path: "/c/", chance: 0.05 }],
  "bodies cut for 2 %": [{ fault: { kind: "cut", afterBytes: 1000 }, path: "/c/", chance: 0.02 }],
  both: [
    { fault: { kind: "status", status: 503, code: "SlowDown" }, path: "/c/", chance: 0.05 },
    { fault: { kind: "cut", afterBytes: 1000 }, path: "/c/", chance: 0.02 },
  ],
};

export async function runFaults(host: Host): Promise<SuiteResult> {
  const { base, window } = host.setup as unknown as { readonly base: string; readonly window: Window };
  const { quick, only } = host.options;
  const pool = createPool();
  const rows: Row[] = [];
  for (const [name, faults] of Object.entries(troubles)) {
    if (only !== undefined && !name.includes(only)) continue;
    const readers: Record<string, Reader> = {
      [ours]: async (copy) => {
        const grid = await open(`${base}/${copy}/chunks`, { kind: "grid", pool });
        return (await grid.query()).data as Float32Array;
      },
      zarrita: async (copy) => {
        const store = new zarrita.FetchStore(`${base}/${copy}/chunks`);
        const { data } = await zarrita.get(await zarrita.open.v3(store, { kind: "array" }));
        return data as Float32Array;
      },
    };
    const task = { name, readers, rounds: quick ? 2 : 15, expected: window.sha256, latencyMs: 30 };
    rows.push(await contest(host, { ...task, faults, mayFail: true }));
  }
  pool.dispose();
  return { rows, warnings: [], facts: { "default workers": pool.size } };
}
