// @ts-check
/**
 * @module
 * Finds a Python that the pinned reference packages run on.
 *
 * Order: the environment variable PYTHON, then by name, then those of pyenv: its shims refuse a version that is installed but not selected.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where an environment has its programs. */
export const BINARIES = process.platform === "win32" ? "Scripts" : "bin";

/** What a user reads who has none. */
export const NO_PYTHON =
  "No Python 3.12 or newer found: install one, or name it in the environment variable PYTHON.";

/** The pinned numpy, xarray and pandas need 3.12. */
const CHECK = "import sys; sys.exit(0 if sys.version_info >= (3, 12) else 1)";

/** @returns {string | undefined} an interpreter of 3.12 or newer */
export function findPython() {
  const named = process.env.PYTHON ? [process.env.PYTHON] : [];
  return [...named, "python3.12", "python3.13", "python3", "python", ...pyenvPythons()].find(
    (python) => spawnSync(python, ["-c", CHECK]).status === 0,
  );
}

/** @returns {string[]} */
function pyenvPythons() {
  const versions = join(process.env.PYENV_ROOT ?? join(process.env.HOME ?? "", ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort()
    .map((version) => join(versions, version, BINARIES, "python"));
}
