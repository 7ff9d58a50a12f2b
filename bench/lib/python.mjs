// @ts-check
/**
 * @module
 * Python packages that write what only they write, or read beside us: installed when a benchmark first needs them, pinned, each set in an
 * environment of its own.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { BINARIES, findPython, NO_PYTHON } from "../../scripts/lib/python.mjs";
import { ROOT, Stop } from "../../scripts/lib/run.mjs";

/** No byte code in the source tree. */
const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };

/**
 * The interpreter of an environment with these packages.
 *
 * @param {readonly string[]} packages as pip takes them
 * @returns {string}
 */
export function preparePython(packages) {
  const folder = join(ROOT, ".cache", "bench", `python-${packages.join("-").replace(/[^a-z0-9.-]/gi, "_")}`);
  const python = join(folder, BINARIES, "python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  const base = findPython();
  if (base === undefined) throw new Stop(NO_PYTHON);
  console.log(`  installing ${packages.join(", ")}`);
  rmSync(folder, { recursive: true, force: true });
  const isMade =
    run(base, ["-m", "venv", folder]) &&
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  if (!isMade) throw new Stop(`${packages.join(", ")} could not be installed for ${base}.`);
  writeFileSync(ready, "");
  return python;
}

/**
 * Runs a script of `bench/` in such an environment.
 *
 * @param {string} script
 * @param {readonly string[]} packages
 * @param {readonly string[]} args
 */
export function runPython(script, packages, args) {
  const python = preparePython(packages);
  if (!run(python, ["-W", "ignore", join(ROOT, "bench", script), ...args]))
    throw new Stop(`bench/${script} failed.`);
}

/**
 * Asks such a script, while this process goes on: it may be the server that the script reads from.
 *
 * @param {string} script
 * @param {readonly string[]} packages
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it prints
 */
export async function askPython(script, packages, args) {
  const python = preparePython(packages);
  const { stdout } = await promisify(execFile)(
    python,
    ["-W", "ignore", join(ROOT, "bench", script), ...args],
    { env },
  );
  return stdout.trim();
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {boolean} whether all went well
 */
function run(program, args) {
  return spawnSync(program, args, { env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}
