// @ts-check
/**
 * @module
 * `node bench/zarr-vectors-requests.mjs`: what a box of a hundredth of a million vertices costs, in requests and bytes: the reference
 * package's `read_*` and this library, on the same stores, over the same server that counts. Needs a Python with
 * `zarr-vectors[obstore]==0.9.2` (`PYTHON` names it) and a built library. Results are kept in docs/formats/zarr-vectors.md.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const python = process.env.PYTHON ?? "python3";
const script = fileURLToPath(new URL("zarr-vectors-requests.py", import.meta.url));
const folder = fileURLToPath(new URL("../.cache/zarr-vectors-million", import.meta.url));

/** Serves a folder with ranges, and counts. */
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

if (!existsSync(join(folder, "polylines.zarrvectors/zarr.json"))) {
  await mkdir(folder, { recursive: true });
  console.log("writing a million points and 20 000 lines of 50 vertices");
  await run(python, ["-W", "ignore", script, "write", folder], { timeout: 900_000 });
}
const { open } = await import(new URL("../dist/index.js", import.meta.url).href);
const server = await serve();
const box = [400, 400, 400, 615.4, 615.4, 615.4];

/** @param {string} who @param {() => Promise<unknown>} read */
async function count(who, read) {
  Object.assign(server.counts, { requests: 0, found: 0, bytes: 0 });
  const startedAt = performance.now();
  const rows = await read();
  const { requests, found, bytes } = server.counts;
  const ms = Math.round(performance.now() - startedAt);
  console.log(
    `${who.padEnd(40)}${String(rows).padStart(8)} rows${String(requests).padStart(7)} requests (${found} found)${String(bytes).padStart(12)} bytes${String(ms).padStart(8)} ms`,
  );
}

/** Stores, what the reference is asked of them, and the queries of ours beside it. */
const cases = [
  ["points", "points", [{}]],
  ["points", "positions", [{ fields: [] }]],
  ["points-sharded", "points", [{}]],
  ["points-sharded", "positions", [{ fields: [] }]],
  ["polylines", "polylines", [{ lines: "chunks" }, { lines: "whole" }, { lines: "clip" }]],
];
for (const [name, what, queries] of cases) {
  const url = `${server.url}/${name}.zarrvectors`;
  await count(`${name}, ${what}: reference`, async () => {
    const corners = box.map(String);
    return (await run(python, ["-W", "ignore", script, "read", url, String(what), ...corners])).stdout.trim();
  });
  for (const query of /** @type {readonly object[]} */ (queries)) {
    await count(`  cloudcrop ${JSON.stringify(query)}`, async () => {
      const kind = name === "polylines" ? "polylines" : "points";
      const dataset = await open(url, { pool: 0 });
      return (await dataset[kind]().query({ bbox: box, ...query })).length;
    });
  }
}
server.close();
