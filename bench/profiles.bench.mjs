// @ts-check
/**
 * @module
 * One variable of a thousand short profiles, 30 ms away: an ATLAS store beside the same numbers as a thousand consolidated Zarr groups
 * through zarrita. In the browser only. The stores are written once, by the packages themselves, into `.cache/bench/profiles`: that needs the
 * fixtures' environments (`node test/generate/run.mjs atlas14-profiles.py zarr-grids.py`), or Pythons named by `PYTHON_ATLAS`
 * (atlas-python 0.14.0) and `PYTHON_ZARR` (zarr 3).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, Stop } from "../scripts/lib/run.mjs";
import { main } from "./lib/bench.mjs";

const script = fileURLToPath(new URL("profiles.py", import.meta.url));
const folder = join(ROOT, ".cache", "bench", "profiles");
const latencyMs = 30;

/** @param {"atlas" | "zarr"} kind @param {string} environment @param {string} mark a file that is there when all is */
function write(kind, environment, mark) {
  if (existsSync(join(folder, mark))) return;
  mkdirSync(folder, { recursive: true });
  const python =
    process.env[`PYTHON_${kind.toUpperCase()}`] ?? join(ROOT, ".cache", environment, "bin", "python");
  console.log(`  writing profiles.${kind}`);
  const { status } = spawnSync(python, ["-W", "ignore", script, kind, folder], { stdio: "inherit" });
  if (status !== 0)
    throw new Stop(`profiles.${kind} could not be written; see the head of bench/profiles.bench.mjs.`);
}

await main({
  suite: "profiles",
  places: ["chromium"],
  async prepare({ sources }) {
    write("atlas", "fixtures-requirements-atlas14", "profiles.atlas/temperature/data.1.af");
    write("zarr", "fixtures-requirements", "profiles.zarr/zarr.json");
    const { createS3Server, RECOMMENDED_CORS } = await sources.load("test/support/s3-server/server.ts");
    const server = await createS3Server({ latencyMs });
    server.createBucket("bench", { publicRead: true, cors: RECOMMENDED_CORS });
    server.mount("bench", "", folder);
    return { setup: { base: `${server.url}/bench`, latencyMs }, stop: () => server.close() };
  },
});
