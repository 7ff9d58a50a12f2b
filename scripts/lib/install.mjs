// @ts-check
/**
 * @module
 * Installs the packages of the lockfile when they are missing or differ from it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runNpm, Stop, say } from "./run.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lockfile
 */

/**
 * Names the first difference between what is locked and what is installed.
 *
 * Contents are compared, not times: a checkout touches the lockfile without changing it.
 *
 * @param {Lockfile} locked `package-lock.json`
 * @param {Lockfile} installed `node_modules/.package-lock.json`, npm's own record of what it installed
 * @returns {string | undefined} the reason to install, or undefined when nothing differs
 */
export function findDifference(locked, installed) {
  const have = installed.packages ?? {};
  for (const [path, { version, optional, devOptional, link }] of Object.entries(locked.packages ?? {})) {
    if (path === "" || link) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const found = have[path];
    // Packages made for another system or processor are optional and rightly absent.
    if (found === undefined && (optional || devOptional)) continue;
    if (found === undefined) return `${name} is missing`;
    if (found.version !== version) return `${name} is ${found.version}, the lockfile says ${version}`;
  }
  return undefined;
}

/**
 * Says why the packages must be installed, if they must.
 *
 * @param {string} [root]
 * @returns {string | undefined}
 */
export function reasonToInstall(root = ROOT) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "they are missing";
  /** @type {Lockfile} */
  const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  /** @type {Lockfile} */
  let installed;
  try {
    installed = JSON.parse(readFileSync(record, "utf8"));
  } catch {
    return "npm's record of them is broken";
  }
  return findDifference(locked, installed);
}

/**
 * Installs the packages when they are missing or differ from the lockfile.
 *
 * @param {string} [root]
 * @returns {Promise<void>}
 */
export async function installDependencies(root = ROOT) {
  const reason = reasonToInstall(root);
  if (reason === undefined) return;
  say(`Installing the packages with npm ci (${reason}) …`);
  // --include=dev: NODE_ENV=production or a user's setting would leave out the tools.
  const { code, output } = await runNpm(["ci", "--include=dev", "--no-audit", "--no-fund"], { cwd: root });
  if (code !== 0) {
    throw new Stop(
      "npm ci could not install the packages: see its words above; it needs npm and its registry.",
      output,
    );
  }
}
