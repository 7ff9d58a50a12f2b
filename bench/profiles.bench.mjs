// @ts-check
/**
 * @module
 * One variable of a thousand short profiles, 30 ms away: an ATLAS store beside the same numbers as a thousand consolidated Zarr groups
 * through zarrita. In the browser only. The stores are written once, by the packages themselves, into `.cache/bench/profiles`.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/lib/run.mjs";
import { main } from "./lib/bench.mjs";
import { runPython } from "./lib/python.mjs";

const folder = join(ROOT, ".cache", "bench", "profiles");
const latencyMs = 30;

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
    const { createS3Server, RECOMMENDED_CORS } = await sources.load("test/support/s3-server/server.ts");
    const server = await createS3Server({ latencyMs });
    server.createBucket("bench", { publicRead: true, cors: RECOMMENDED_CORS });
    server.mount("bench", "", folder);
    return { setup: { base: `${server.url}/bench`, latencyMs }, stop: () => server.close() };
  },
});
