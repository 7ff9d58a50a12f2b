// @ts-check
/**
 * @module
 * One variable of a thousand short profiles, 30 ms away: an ATLAS store beside the same numbers as a thousand consolidated Zarr groups
 * through zarrita. In the browser only. The stores are written once, by the packages themselves, into `.cache/bench/profiles`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/lib/run.mjs";
import { main } from "./lib/bench.mjs";
import { startBucket } from "./lib/bucket.mjs";
import { runPython } from "./lib/python.mjs";

const folder = join(ROOT, ".cache", "bench", "profiles");
/** Numbers of a profile. */
const LEVELS = 100;

/** @param {"atlas" | "zarr"} kind @param {string} writer as pip takes it @param {string} mark a file that is there when all is */
function write(kind, writer, mark) {
  if (existsSync(join(folder, mark))) return;
  mkdirSync(folder, { recursive: true });
  console.log(`  writing profiles.${kind}`);
  runPython("profiles.py", [writer, "numpy==2.2.6"], [kind, folder]);
}

await main({
  suite: "profiles",
  places: ["chromium"],
  async prepare({ sources }) {
    write("atlas", "atlas-python==0.14.0", "profiles.atlas/temperature/data.1.af");
    write("zarr", "zarr==3.1.3", "profiles.zarr/zarr.json");
    const bucket = await startBucket(sources);
    bucket.server.mount("bench", "", folder);
    const source = readFileSync(join(folder, "source.f32"));
    const sha256 = createHash("sha256").update(source).digest("hex");
    return {
      setup: { base: bucket.base, profiles: source.length / (4 * LEVELS), sha256 },
      ask: bucket.ask,
      stop: () => bucket.server.close(),
    };
  },
});
