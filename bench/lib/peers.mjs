// @ts-check
/**
 * @module
 * The readers we are measured beside (`bench/package.json`, pinned), and Python packages that write what only they write: installed
 * when a benchmark first needs them.
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

/**
 * Runs a Python script in an environment of its own with pinned packages.
 *
 * @param {string} script
 * @param {readonly string[]} packages as pip takes them
 * @param {readonly string[]} args
 */
export function runPython(script, packages, args) {
  const folder = join(ROOT, ".cache", "bench", `python-${packages.join("-").replace(/[^a-z0-9.-]/gi, "_")}`);
  const python = join(folder, "bin", "python");
  const run = (/** @type {string} */ program, /** @type {readonly string[]} */ given) =>
    spawnSync(program, given, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
  if (!existsSync(join(folder, "ready"))) {
    const base = process.env.PYTHON ?? "python3";
    console.log(`  installing ${packages.join(", ")}`);
    const isMade =
      run(base, ["-m", "venv", folder]) &&
      run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]) &&
      run(python, ["-c", `open(${JSON.stringify(join(folder, "ready"))}, "w")`]);
    if (!isMade)
      throw new Stop(`No Python environment with ${packages.join(", ")}; PYTHON names another Python.`);
  }
  if (!run(python, ["-W", "ignore", join(bench, script), ...args])) throw new Stop(`bench/${script} failed.`);
}
