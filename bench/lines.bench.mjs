// @ts-check
/**
 * @module
 * Boxes of 30,000 streamlines: ours from Zarr-Vectors, flatgeobuf from its own format. In the browser only. The data are written once into
 * `.cache/bench/lines`, which takes about half a minute.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/lib/run.mjs";
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { installPeers } from "./lib/peers.mjs";
import { runPython } from "./lib/python.mjs";

const FOLDER = join(ROOT, ".cache", "bench", "lines");
const ANSWERS = join(FOLDER, "answers.json");
const PACKAGES = ["zarr-vectors==0.9.2", "zarr==3.1.6", "pyogrio==0.13.0", "shapely==2.2.0"];

await main({
  suite: "lines",
  places: ["chromium"],
  async prepare({ sources }) {
    const peers = installPeers();
    if (!existsSync(ANSWERS)) {
      rmSync(FOLDER, { recursive: true, force: true });
      runPython("lines.py", PACKAGES, [FOLDER]);
    }
    const bucket = await startBucket(sources);
    bucket.server.mount("bench", "", FOLDER);
    const answers = JSON.parse(readFileSync(ANSWERS, "utf8"));
    return {
      setup: { base: bucket.base, answers, peers },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
