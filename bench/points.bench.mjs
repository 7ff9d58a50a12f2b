// @ts-check
/**
 * @module
 * Boxes of one and ten million airborne-laser points: ours from Zarr-Vectors and from TileDB in alsdb's schema, copc.js from COPC, hyparquet
 * from GeoParquet. In the browser only. The data are written once into `.cache/bench/points`, which takes about three minutes.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/lib/run.mjs";
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { installPeers } from "./lib/peers.mjs";
import { runPython } from "./lib/python.mjs";

const FOLDER = join(ROOT, ".cache", "bench", "points");
const COUNTS = [1_000_000, 10_000_000];
const PACKAGES = [
  "zarr-vectors==0.9.2",
  "zarr==3.1.6",
  "tiledb==0.35.2",
  "pyarrow==26.0.1",
  "copclib==2.6.3",
];

/** @param {number} count @returns {{ share: number, bbox: number[], rows: number, checksum: string }[]} what boxes hold, by numpy */
function answersOf(count) {
  const folder = join(FOLDER, String(count));
  const answers = join(folder, "answers.json");
  if (!existsSync(answers)) {
    rmSync(folder, { recursive: true, force: true });
    runPython("points.py", PACKAGES, [folder, String(count)]);
  }
  return JSON.parse(readFileSync(answers, "utf8"));
}

await main({
  suite: "points",
  places: ["chromium"],
  async prepare({ sources, options }) {
    const peers = installPeers();
    const counts = options.quick ? COUNTS.slice(0, 1) : COUNTS;
    const clouds = counts.map((count) => ({ count, boxes: answersOf(count) }));
    const bucket = await startBucket(sources);
    bucket.server.mount("bench", "", FOLDER);
    return {
      setup: { base: bucket.base, endpoint: bucket.url, clouds, peers },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
