/**
 * Grids from a server that fails, beside zarrita, which does not ask twice, and takes a 403 for absent where its user says so.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { createPool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";
import { readOurs, readZarrita, uncached } from "../lib/zarr-readers.js";

interface FaultsSetup {
  readonly base: string;
  readonly whole: Window;
  readonly window: Window;
  readonly sparse: Window;
}

interface Trouble {
  readonly name: string;
  readonly path: "chunks" | "shards" | "sparse";
  /** What of it is read. */
  readonly read: "whole" | "window" | "sparse";
  /** Rules of the embedded server. */
  readonly faults: readonly object[];
  readonly isUnlisted?: boolean;
}

const slowDown = { fault: { kind: "status", status: 503, code: "SlowDown" }, path: "/c/", chance: 0.05 };
const cut = { fault: { kind: "cut", afterBytes: 1000 }, path: "/c/", chance: 0.02 };

const troubles: readonly Trouble[] = [
  { name: "no fault, chunks", path: "chunks", read: "whole", faults: [] },
  { name: "503 for 5 %", path: "chunks", read: "whole", faults: [slowDown] },
  { name: "bodies cut for 2 %", path: "chunks", read: "whole", faults: [cut] },
  { name: "both", path: "chunks", read: "whole", faults: [slowDown, cut] },
  { name: "no fault, shards", path: "shards", read: "window", faults: [] },
  {
    name: "Range ignored, shards",
    path: "shards",
    read: "window",
    faults: [{ fault: { kind: "ignore-range" }, path: "/c/" }],
  },
  {
    name: "HEAD without length, shards",
    path: "shards",
    read: "window",
    faults: [{ fault: { kind: "no-length" }, path: "/c/", method: "HEAD" }],
  },
  { name: "403 for 56 of 64 chunks", path: "sparse", read: "sparse", faults: [], isUnlisted: true },
];

export async function runFaults(host: Host): Promise<SuiteResult> {
  const setup = host.setup as unknown as FaultsSetup;
  const { quick, only } = host.options;
  const pool = createPool();
  const rows: Row[] = [];
  for (const { name, path, read, ...server } of troubles) {
    if (only !== undefined && !name.includes(only)) continue;
    const window = setup[read];
    const urlOf = (copy: string): string => `${setup.base}/${copy}/${path}`;
    const readers: Record<string, Reader> = {
      [ours]: (copy) => readOurs(urlOf(copy), { pool }, window),
      zarrita: (copy) => readZarrita(new zarrita.FetchStore(urlOf(copy)), window),
      "zarrita, no-store": (copy) =>
        readZarrita(new zarrita.FetchStore(urlOf(copy), { fetch: uncached }), window),
      ...(server.isUnlisted && {
        "zarrita, told that 403 is absent": (copy) =>
          readZarrita(new zarrita.FetchStore(urlOf(copy), { fetch: absentIfForbidden }), window),
      }),
    };
    const task = { name, readers, rounds: quick ? 2 : 9, expected: window.sha256, latencyMs: 30 };
    rows.push(await contest(host, { ...task, ...server, mayFail: true }));
  }
  pool.dispose();
  return { rows, warnings: [], facts: { "default workers": pool.size } };
}

/** As zarrita's documentation advises for buckets that nobody may list. */
async function absentIfForbidden(request: Request): Promise<Response> {
  const response = await uncached(request);
  return response.status === 403 ? new Response(undefined, { status: 404 }) : response;
}
