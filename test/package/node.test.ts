/**
 * The built package as a Node user meets it: ten lines, worker threads, the answers of the reference.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Timeline } from "../../src/core/timeline.js";
import type { Trace } from "../../src/trace/timeline-to-trace.js";
import { loadFixture, type PointAnswers, type ZarrAnswers } from "../support/fixtures.js";
import { createS3Server } from "../support/s3-server/server.js";
import { checkTimeline, checkTrace } from "../support/timelines.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** Runs a module script in the package's folder, where `cloudcrop` means the built package. */
async function node(script: string): Promise<unknown> {
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

beforeAll(async () => {
  if (!existsSync(new URL("../../dist/index.js", import.meta.url))) {
    await run(process.execPath, ["scripts/build.mjs", "--library"], { cwd: root });
  }
}, 120_000);

describe.each([
  [
    "worker threads",
    "createPool({ workers: 2, inlineBytes: 0, onDiagnostic: (told) => console.error(told.message) })",
  ],
  ["this thread", "createPool({ workers: 0 })"],
])("ten lines of Node, decoding on %s", (_, pool) => {
  it("crop points out of a store", async () => {
    const fixture = loadFixture("demo", "airports");
    const wanted = (fixture.answers as PointAnswers).queries.find(
      ({ query, rows }) => query.bbox !== undefined && rows > 1000 && query.level === undefined,
    )!;
    const found = await node(`
      import { open } from "cloudcrop";
      import { createPool } from "cloudcrop/engine";
      const airports = await open(${JSON.stringify(fixture.path)}, { kind: "points", pool: ${pool} });
      const table = await airports.query({ bbox: ${JSON.stringify(wanted.query.bbox)} });
      let sum = 0;
      for (const row of table.fields.row) sum += row;
      console.log(JSON.stringify({ rows: table.length, sum, type: table.positions.constructor.name }));
    `);
    const { row } = wanted.fields;
    expect(found).toMatchObject({ rows: wanted.rows, type: "Float64Array" });
    const bytes = row !== undefined && "data" in row ? fixture.bytes(row.data) : undefined;
    if (bytes !== undefined) {
      const expected = new Int32Array(bytes.buffer).reduce((sum, value) => sum + value, 0);
      expect(found).toMatchObject({ sum: expected });
    }
  });

  it("crop a grid out of a store, to the bit", async () => {
    const fixture = loadFixture("demo", "topobathy-v2");
    const { arrays } = fixture.answers as ZarrAnswers;
    const [name, array] = Object.entries(arrays).find(([, { shape }]) => shape.length === 2)!;
    const found = await node(`
      import { createHash } from "node:crypto";
      import { open } from "cloudcrop";
      import { createPool } from "cloudcrop/engine";
      const data = await open(${JSON.stringify(fixture.path)}, { pool: ${pool} });
      const grid = await data.grid(${JSON.stringify(name)}).query();
      const sha256 = createHash("sha256").update(new Uint8Array(grid.data.buffer)).digest("hex");
      console.log(JSON.stringify({ shape: grid.shape, dtype: grid.dtype, sha256 }));
      data.close();
    `);
    expect(found).toEqual({ shape: array.shape, dtype: array.dtype, sha256: array.data.sha256 });
  });
});

describe("worker threads that read over a network", () => {
  it("bring what this thread brings, with as many requests, and let the process end", async () => {
    const fixture = loadFixture("demo", "topobathy-v2");
    const server = await createS3Server();
    try {
      server.createBucket("open", { publicRead: true });
      server.mount("open", "", fixture.path);
      const read = (pool: string): Promise<unknown> =>
        node(`
          import { createHash } from "node:crypto";
          import { open } from "cloudcrop";
          import { createPool } from "cloudcrop/engine";
          const fetched = globalThis.fetch;
          let here = 0;
          globalThis.fetch = (url, init) => {
            if (/\\/\\d+[.]\\d+$/.test(String(url))) here++;
            return fetched(url, init);
          };
          const data = await open("${server.url}/open", { pool: ${pool} });
          const hash = createHash("sha256");
          for (const source of data.sources.values()) {
            if (source.kind === "grid") hash.update(new Uint8Array((await source.read()).data.buffer));
          }
          console.log(JSON.stringify({ hash: hash.digest("hex"), here }));
        `);
      const here = (await read("createPool({ workers: 0 })")) as { hash: string; here: number };
      const { GET } = server.counters;
      server.reset();
      const there = (await read("createPool({ workers: 2, inlineBytes: 0 })")) as typeof here;
      expect(there).toEqual({ hash: here.hash, here: 0 });
      expect(here.here).toBeGreaterThan(3);
      expect(server.counters.GET).toBe(GET);
    } finally {
      await server.close();
    }
  });
});

describe("a grid in one of two worker threads", () => {
  it("has the blocks of both, and lets the process end", async () => {
    const found = await node(`
      import { open } from "cloudcrop";
      import { createPool } from "cloudcrop/engine";
      const [side, edge] = [2048, 256];
      const array = {
        zarr_format: 3, node_type: "array", shape: [side, side], data_type: "uint32",
        chunk_grid: { name: "regular", configuration: { chunk_shape: [edge, edge] } },
        chunk_key_encoding: { name: "default" }, fill_value: 0,
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      };
      const get = async (key) => {
        if (key === "/zarr.json") return new TextEncoder().encode(JSON.stringify(array));
        const [row, column] = (/^.c.(\\d+).(\\d+)$/.exec(key)?.slice(1) ?? []).map((at) => at * edge);
        if (row === undefined) return undefined;
        const at = (cell) => (row + Math.floor(cell / edge)) * side + column + (cell % edge);
        return new Uint8Array(Uint32Array.from({ length: edge * edge }, (_, cell) => at(cell)).buffer);
      };
      const pool = createPool({ workers: 2, inlineBytes: 0, memory: "transferable" });
      const grid = await open({ get }, { kind: "grid", pool, cache: 0 });
      const read = async () => (await grid.query()).data;
      const wrong = [];
      for (let turn = 0; turn < 3; turn++) wrong.push((await read()).findIndex((value, at) => value !== at));
      console.log(JSON.stringify(wrong));
    `);
    expect(found).toEqual([-1, -1, -1]);
  });
});

describe("the package beside others", () => {
  const archive = fileURLToPath(new URL("../fixtures/stores/stored-v3.zip", import.meta.url));

  it("opens an archive, decodes for zarrita in workers and by its registry, makes Arrow tables", async () => {
    const found = await node(`
      import { tableFromIPC, tableToIPC } from "apache-arrow";
      import * as zarr from "zarrita";
      import { open } from "cloudcrop";
      import { toArrow } from "cloudcrop/arrow";
      import { codecs } from "cloudcrop/numcodecs";
      import { createStore } from "cloudcrop/store";
      import { workerChunks } from "cloudcrop/zarrita";
      const sum = (values) => values.reduce((total, value) => total + value, 0);
      const { store } = await createStore(${JSON.stringify(archive)});
      const opened = await zarr.open(zarr.root(store).resolve("plain"), { kind: "array" });
      const workers = workerChunks();
      const byWorkers = sum((await zarr.get(await zarr.extendArray(opened, workers))).data);
      workers.dispose();
      for (const [name, codec] of codecs) zarr.registry.set(name, async () => codec);
      const byRegistry = sum((await zarr.get(opened)).data);
      const data = await open(${JSON.stringify(archive)});
      const table = toArrow(await data.grid("plain").query(), { info: { name: "plain" } });
      data.close();
      const column = tableFromIPC(tableToIPC(table)).getChild("plain").toArray();
      console.log(JSON.stringify({ byWorkers, byRegistry, byArrow: sum(column), rows: table.numRows }));
    `);
    const { byArrow } = found as { byArrow: number };
    expect(found).toEqual({ byWorkers: byArrow, byRegistry: byArrow, byArrow, rows: 120 });
    expect(Number.isFinite(byArrow)).toBe(true);
  });
});

it("times what worker threads do, on the clock of this one", async () => {
  const path = fileURLToPath(new URL("../fixtures/demo/topobathy-v2.zarr", import.meta.url));
  const server = await createS3Server();
  server.createBucket("open", { publicRead: true, publicList: true });
  server.mount("open", "topo.zarr/", path);
  const told = (await node(`
    import { open } from "cloudcrop";
    import { createPool } from "cloudcrop/engine";
    import { timelineToTrace } from "cloudcrop/timeline";
    const pool = createPool({ workers: 2, inlineBytes: 0 });
    const place = { endpoint: ${JSON.stringify(server.url)}, region: "us-east-1", credentials: "anonymous" };
    const data = await open("s3://open/topo.zarr", { ...place, pool });
    let timeline;
    await data.grid("topo").query({}, { onTimeline: (told) => { timeline = told; } });
    pool.dispose();
    console.log(JSON.stringify({ timeline, trace: timelineToTrace(timeline) }));
  `)) as { timeline: Timeline; trace: Trace };
  const asked = server.counters.GET;
  await server.close();
  const { timeline, trace } = told;
  checkTimeline(timeline);
  checkTrace(trace, timeline);
  expect(timeline.requests.filter(({ method }) => method === "GET").length).toBeLessThanOrEqual(asked);
  const { lanes, requests, spans } = timeline;
  expect(lanes).toEqual(["page", "worker 1", "worker 2"]);
  expect(new Set(requests.map(({ lane }) => lane))).toEqual(new Set([1, 2]));
  expect(spans.filter(({ kind, lane }) => kind === "decode" && lane > 0)).toHaveLength(requests.length);
  // Node shows when a request was on the wire, and by itself never asks leave.
  expect(spans.some(({ kind }) => kind === "connect")).toBe(true);
  expect(spans.some(({ kind }) => kind === "unknown" || kind === "preflight")).toBe(false);
});
