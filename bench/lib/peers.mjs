// @ts-check
/**
 * @module
 * The readers we are measured beside (`bench/package.json`, pinned): installed when a benchmark first needs them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Stop } from "../../scripts/lib/run.mjs";

const bench = join(ROOT, "bench");

/** Installs the npm packages of `bench/` where they are missing or others. @returns {Record<string, string>} versions by name */
export function installPeers() {
  const { dependencies } = JSON.parse(readFileSync(join(bench, "package.json"), "utf8"));
  const isThere = (/** @type {string} */ name) => {
    const file = join(bench, "node_modules", name, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === dependencies[name];
  };
  if (!Object.keys(dependencies).every(isThere)) {
    console.log("  installing the peers (bench/package.json)");
    const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], {
      cwd: bench,
      stdio: "inherit",
    });
    if (status !== 0) throw new Stop("The peers could not be installed: npm ci in bench/ failed.");
  }
  return dependencies;
}
