// @ts-check
/**
 * @module
 * What a box of a hundredth of a million vertices costs in Zarr-Vectors, in requests and bytes: the reference package's `read_*` and ours, on
 * the same stores, over the same server that counts. In Node. The data are written once into `.cache/bench/vector-requests`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { buildLibrary } from "../scripts/lib/build.mjs";
import { ROOT } from "../scripts/lib/run.mjs";
import { openSources } from "../scripts/lib/sources.mjs";
import { askPython, runPython } from "./lib/python.mjs";
import { machine, printRows, writeResult } from "./lib/report.mjs";

const SCRIPT = "vector-requests.py";
const PACKAGES = ["zarr-vectors==0.9.2", "zarr==3.1.6", "obstore==0.12.1"];
const folder = join(ROOT, ".cache", "bench", "vector-requests");
const answers = join(folder, "answers.json");
const box = [400, 400, 400, 615.4, 615.4, 615.4];

/** Stores, what the reference is asked of them, and the queries of ours beside it; numpy's answer to some. */
const cases = [
  { store: "points", asked: "points", queries: [{ query: {}, answer: "points" }] },
  { store: "points", asked: "positions", queries: [{ query: { fields: [] }, answer: "positions" }] },
  { store: "points-sharded", asked: "points", queries: [{ query: {}, answer: "points" }] },
  { store: "points-sharded", asked: "positions", queries: [{ query: { fields: [] }, answer: "positions" }] },
  {
    store: "polylines",
    asked: "polylines",
    queries: [
      { query: { lines: "chunks" }, answer: undefined },
      { query: { lines: "whole" }, answer: "whole" },
      { query: { lines: "clip" }, answer: "clip" },
    ],
  },
];

/** Serves the folder with ranges, and counts. */
async function serve() {
  const counts = { requests: 0, found: 0, bytes: 0 };
  const server = createServer(async (request, response) => {
    counts.requests++;
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    let body;
    try {
      body = await readFile(join(folder, path));
    } catch {
      response.writeHead(404).end();
      return;
    }
    counts.found++;
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
    const [start, end] =
      range === null
        ? [0, body.length]
        : range[1] === ""
          ? [Math.max(0, body.length - Number(range[2])), body.length]
          : [Number(range[1]), range[2] === "" ? body.length : Math.min(body.length, Number(range[2]) + 1)];
    const part = body.subarray(start, end);
    const headers = { "content-length": part.length, "accept-ranges": "bytes", etag: `"${body.length}"` };
    response.writeHead(range === null ? 200 : 206, {
      ...headers,
      ...(range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${body.length}` }),
    });
    if (request.method === "HEAD") response.end();
    else {
      counts.bytes += part.length;
      response.end(part);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${address.port}`, counts, close: () => server.close() };
}

if (!existsSync(answers)) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log("  writing a million points and 20,000 lines of 50 vertices");
  runPython(SCRIPT, PACKAGES, ["write", folder, ...box.map(String)]);
}
const wanted = JSON.parse(readFileSync(answers, "utf8"));
await buildLibrary();
const { open } = await import(new URL("../dist/index.js", import.meta.url).href);
const sources = await openSources();
const { rowsChecksum } = await sources.load("bench/lib/checksum.ts");
const server = await serve();

/** @param {any} table @returns {string} of its vertices, with their field where they have one */
function checksumOf({ positions, fields }) {
  const value = fields?.value;
  const columns = value === undefined ? 3 : 4;
  const [words, values] = [positions, value].map(
    (numbers) => numbers && new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length),
  );
  return rowsChecksum(positions.length / 3, columns, (/** @type {number} */ row, /** @type {number} */ at) =>
    at < 3 ? words[3 * row + at] : values[row],
  );
}

/** @param {() => Promise<any>} read */
async function counted(read) {
  Object.assign(server.counts, { requests: 0, found: 0, bytes: 0 });
  const startedAt = performance.now();
  const result = await read();
  return { result, ms: performance.now() - startedAt, ...server.counts };
}

/** @type {import("./lib/host.js").Row[]} */
const rows = [];
try {
  for (const { store, asked, queries } of cases) {
    const url = `${server.url}/${store}.zarrvectors`;
    const theirs = await counted(() => askPython(SCRIPT, PACKAGES, ["read", url, asked, ...box.map(String)]));
    for (const { query, answer } of queries) {
      const own = await counted(async () => {
        const dataset = await open(url, { pool: 0 });
        const source = asked === "polylines" ? dataset.polylines() : dataset.points();
        return source.query({ bbox: box, ...query });
      });
      const name = `${store}, ${asked} ${JSON.stringify(query)}`;
      const sameQuestion = answer !== "whole" && answer !== "clip";
      if (sameQuestion && String(own.result.length) !== theirs.result)
        throw new Error(`${name}: ${own.result.length} found, and ${theirs.result} by the reference`);
      const checksum = checksumOf(own.result);
      if (answer !== undefined && checksum !== wanted[answer])
        throw new Error(`${name}: ${checksum}, and ${wanted[answer]} by numpy`);
      const both = { cloudcrop: own, ...(sameQuestion && { reference: theirs }) };
      const list = Object.values(both);
      rows.push({
        name,
        unit: "requests",
        rates: Object.fromEntries(
          Object.entries(both).map(([who, { requests }]) => [who, { median: requests, best: requests }]),
        ),
        ratios: {},
        requests: Object.fromEntries(Object.entries(both).map(([who, { requests }]) => [who, requests])),
        bytes: Object.fromEntries(Object.entries(both).map(([who, { bytes }]) => [who, bytes])),
        notes: {
          rows: own.result.length,
          found: list.map(({ found }) => found).join(" / "),
          kB: list.map(({ bytes }) => Math.round(bytes / 1000)).join(" / "),
          ms: list.map(({ ms }) => Math.round(ms)).join(" / "),
        },
      });
    }
  }
} finally {
  server.close();
  await sources.close();
}
printRows({ rows, warnings: [], facts: {} });
const run = { suite: "vector-requests", place: "node", date: new Date().toISOString(), machine: machine() };
console.log(`  written to ${writeResult("vector-requests-node", { ...run, rows })}`);
