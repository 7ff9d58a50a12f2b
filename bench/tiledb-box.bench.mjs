// @ts-check
/**
 * @module
 * A box of 100 m out of an array of eight million points in alsdb's schema, over S3: requests and bytes beside those of the tiles it
 * touches, and TileDB-Py at the same server, in the fixtures' Python or one made here in the same place; `PYTHON` names another.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildLibrary } from "../scripts/lib/build.mjs";
import { ROOT } from "../scripts/lib/run.mjs";
import { openSources } from "../scripts/lib/sources.mjs";

const run = promisify(execFile);
const script = fileURLToPath(new URL("tiledb-box.py", import.meta.url));
const environment = join(ROOT, ".cache", "fixtures-requirements-tiledb");
const python = process.env.PYTHON ?? (await preparePython());
const folder = join(ROOT, ".cache", "tiledb-box");

/** The environment of the TileDB fixtures, made where it is not there yet. */
async function preparePython() {
  const own = join(environment, "bin", "python");
  if (existsSync(own)) return own;
  const versions = join(process.env.PYENV_ROOT ?? join(process.env.HOME ?? "", ".pyenv"), "versions");
  const found = existsSync(versions)
    ? readdirSync(versions).map((name) => join(versions, name, "bin", "python"))
    : [];
  const check = ["-c", "import sys; sys.exit(0 if sys.version_info >= (3, 12) else 1)"];
  for (const base of ["python3.12", "python3.13", "python3", ...found]) {
    if (
      !(await run(base, check).then(
        () => true,
        () => false,
      ))
    )
      continue;
    console.log("installing TileDB-Py");
    await run(base, ["-m", "venv", environment]);
    const requirements = join(ROOT, "test", "generate", "requirements-tiledb.txt");
    await run(own, ["-m", "pip", "install", "--quiet", "-r", requirements], { timeout: 600_000 });
    return own;
  }
  throw new Error("No Python 3.12 or newer was found; name one with TileDB-Py in PYTHON.");
}

/** What the project holds itself to. */
const goal = { requests: 30, share: 1.3 };
const fields = ["Z", "Classification"];
/** Lower left corners: inside one flight, inside one space tile, and where four flights meet. */
const corners = /** @type {const} */ ([
  [308_730.4, 4_688_320.7],
  [308_190, 4_688_210],
  [308_950, 4_688_950],
]);

if (!existsSync(join(folder, "merged.tdb", "__schema"))) {
  await mkdir(folder, { recursive: true });
  console.log("writing eight million points (some minutes)");
  await run(python, ["-W", "ignore", script, "write", folder], { timeout: 3_600_000 });
}
if (!existsSync(join(ROOT, "dist", "index.js"))) await buildLibrary();
const { open } = await import(new URL("../dist/index.js", import.meta.url).href);
const sources = await openSources();
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
  const { length } = await points.query({ bbox, fields });
  const ms = performance.now() - asking;
  const counted = { requests: server.log.length, bytes: server.counters.bytesOut };
  let tiles = 0;
  for await (const part of await points.plan({ bbox, fields })) {
    for (const { read } of part.columns) tiles += read.range.length;
  }
  return { rows: length, openRequests, openMs, ms, tiles, ...counted };
}

/** @param {readonly number[]} bbox */
async function theirs(/** @type {string} */ array, bbox) {
  server.reset();
  const place = [`s3://bench/${array}`, server.url, accessKeyId, secretAccessKey];
  const { stdout } = await run(python, ["-W", "ignore", script, "read", ...place, ...bbox.map(String)]);
  return { ...JSON.parse(stdout), requests: server.log.length, bytes: server.counters.bytesOut };
}

/** @param {number} value */
const kB = (value) => `${(value / 1000).toFixed(0)} kB`.padStart(9);
let isMet = true;
try {
  for (const array of ["flights.tdb", "merged.tdb"]) {
    for (const [x, y] of corners) {
      const bbox = [x, y, x + 100, y + 100];
      const own = await ours(array, bbox);
      const share = own.bytes / own.tiles;
      isMet &&= own.requests <= goal.requests && share <= goal.share;
      console.log(`${array} ${bbox.join(" ")}: ${own.rows} rows; tiles ${kB(own.tiles).trim()}`);
      console.log(
        `  cloudcrop ${String(own.requests).padStart(4)} requests after ${own.openRequests} to open${kB(own.bytes)} (${share.toFixed(2)} of the tiles)` +
          `${own.ms.toFixed(0).padStart(7)} ms after ${own.openMs.toFixed(0)} ms`,
      );
      const other = await theirs(array, bbox);
      if (other.rows !== own.rows) throw new Error(`TileDB-Py finds ${other.rows} rows`);
      console.log(
        `  TileDB-Py ${String(other.requests).padStart(4)} requests with opening  ${kB(other.bytes)}                    ` +
          `${other.ms.toFixed(0).padStart(7)} ms after ${other.openMs.toFixed(0)} ms`,
      );
    }
  }
} finally {
  await server.close();
  await sources.close();
}
console.log(
  `${isMet ? "met" : "NOT met"}: at most ${goal.requests} requests after opening, ${goal.share} of the tiles' bytes`,
);
if (!isMet) process.exitCode = 1;
