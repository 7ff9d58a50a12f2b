// @ts-check
/**
 * @module
 * Boxes of 100 m out of eight million points in alsdb's schema, over S3: requests and bytes beside those of the tiles they touch, and
 * TileDB-Py at the same server, whose rows must be ours. In Node. The data are written once into `.cache/bench/tiledb-box`, which takes some minutes.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildLibrary } from "../scripts/lib/build.mjs";
import { ROOT } from "../scripts/lib/run.mjs";
import { openSources } from "../scripts/lib/sources.mjs";
import { askPython, runPython } from "./lib/python.mjs";
import { machine, printRows, writeResult } from "./lib/report.mjs";

const SCRIPT = "tiledb-box.py";
/** As the fixtures of TileDB are written. */
const PACKAGES = ["tiledb==0.35.2", "numpy==2.5.5", "packaging==26.3"];
const folder = join(ROOT, ".cache", "bench", "tiledb-box");

/** What the project holds itself to. */
const goal = { requests: 30, share: 1.3 };
const fields = ["Z", "Classification"];
/** Lower left corners: inside one flight, inside one space tile, and where four flights meet. */
const corners = /** @type {const} */ ([
  [308_730.4, 4_688_320.7],
  [308_190, 4_688_210],
  [308_950, 4_688_950],
]);

if (!existsSync(join(folder, "ready"))) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log("  writing eight million points (some minutes)");
  runPython(SCRIPT, PACKAGES, ["write", folder]);
  writeFileSync(join(folder, "ready"), "");
}
await buildLibrary();
const { open } = await import(new URL("../dist/index.js", import.meta.url).href);
const sources = await openSources();
const { rowsChecksum } = await sources.load("bench/lib/checksum.ts");
const { createS3Server } = await sources.load("test/support/s3-server/server.ts");
const server = await createS3Server();
server.createBucket("bench", {});
server.mount("bench", "", folder);
const { accessKeyId, secretAccessKey } = server.account;

/** @param {readonly number[]} bbox */
async function ours(/** @type {string} */ array, bbox) {
  const options = {
    endpoint: server.url,
    region: server.region,
    credentials: { accessKeyId, secretAccessKey },
  };
  server.reset();
  const opening = performance.now();
  const points = await open(`s3://bench/${array}`, { ...options, format: "tiledb", kind: "points" });
  const openMs = performance.now() - opening;
  const openRequests = server.log.length;
  server.reset();
  const asking = performance.now();
  const table = await points.query({ bbox, fields });
  const ms = performance.now() - asking;
  const counted = { requests: server.log.length, bytes: server.counters.bytesOut };
  let tiles = 0;
  for await (const part of await points.plan({ bbox, fields })) {
    for (const { read } of part.columns) tiles += read.range.length;
  }
  return { rows: rowsOf(table), openRequests, openMs, ms, tiles, ...counted };
}

/** @param {any} table @returns {string} how many rows, and a checksum of x, y, z and class */
function rowsOf({ length, positions, fields }) {
  const words = [positions, fields.Z].map(
    ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, 2 * length),
  );
  return rowsChecksum(length, 7, (/** @type {number} */ row, /** @type {number} */ at) => {
    if (at === 6) return fields.Classification[row];
    return at < 4 ? words[0]?.[4 * row + at] : words[1]?.[2 * row + at - 4];
  });
}

/** @param {readonly number[]} bbox */
async function theirs(/** @type {string} */ array, bbox) {
  server.reset();
  const place = [`s3://bench/${array}`, server.url, accessKeyId, secretAccessKey];
  const answer = await askPython(SCRIPT, PACKAGES, ["read", ...place, ...bbox.map(String)]);
  return { ...JSON.parse(answer), requests: server.log.length, bytes: server.counters.bytesOut };
}

/** @type {import("./lib/host.js").Row[]} */
const rows = [];
let isMet = true;
try {
  for (const array of ["flights.tdb", "merged.tdb"]) {
    for (const [x, y] of corners) {
      const bbox = [x, y, x + 100, y + 100];
      const own = await ours(array, bbox);
      const other = await theirs(array, bbox);
      if (other.rows !== own.rows) throw new Error(`${array}: ${own.rows}, and by TileDB-Py ${other.rows}`);
      const share = own.bytes / own.tiles;
      isMet &&= own.requests <= goal.requests && share <= goal.share;
      rows.push({
        name: `${array}, ${x} ${y}`,
        unit: "ms",
        rates: {
          cloudcrop: { median: own.ms, best: own.ms },
          "TileDB-Py": { median: other.ms, best: other.ms },
        },
        ratios: {},
        requests: { cloudcrop: own.requests, "TileDB-Py": other.requests },
        bytes: { cloudcrop: own.bytes, "TileDB-Py": other.bytes },
        notes: {
          found: own.rows.replace(/ rows.*/, " rows"),
          requests: `${own.requests} after ${own.openRequests} to open / ${other.requests} with opening`,
          kB: [own.bytes, other.bytes].map((bytes) => Math.round(bytes / 1000)).join(" / "),
          "times the tiles": [own.bytes, other.bytes]
            .map((bytes) => (bytes / own.tiles).toFixed(2))
            .join(" / "),
          "ms to open": [own.openMs, other.openMs].map(Math.round).join(" / "),
        },
      });
    }
  }
} finally {
  await server.close();
  await sources.close();
}
printRows({ rows, warnings: [], facts: {} });
console.log(
  `  ${isMet ? "met" : "NOT met"}: at most ${goal.requests} requests after opening, ${goal.share} of the tiles' bytes`,
);
const run = { suite: "tiledb-box", place: "node", date: new Date().toISOString(), machine: machine() };
console.log(`  written to ${writeResult("tiledb-box-node", { ...run, rows, isMet })}`);
if (!isMet) process.exitCode = 1;
