// @ts-check
/**
 * @module
 * Reads the package's exports: which built file each name means, and which source file that is built from.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

/**
 * @typedef {string | { [condition: string]: ExportTarget }} ExportTarget
 * @typedef {object} ModuleExport
 * @property {string} name as in `exports`: `.`, `./store`
 * @property {string} id as a user imports it: `cloudcrop`, `cloudcrop/store`
 * @property {string} built the built module, absolute
 * @property {string} source the module it is built from, absolute
 */

/**
 * @param {ExportTarget | undefined} target
 * @returns {string | undefined}
 */
function pickTarget(target) {
  if (target === undefined || typeof target === "string") return target;
  return pickTarget(target.import ?? target.default);
}

/**
 * Lists the modules a package exports; files that are no module (`./package.json`) are left out.
 *
 * @param {string} [root]
 * @returns {ModuleExport[]}
 */
export function listExports(root = ROOT) {
  /** @type {{ name: string, exports?: Record<string, ExportTarget> }} */
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(manifest.exports ?? {}).flatMap(([name, target]) => {
    const file = pickTarget(target);
    if (file === undefined || !/^\.\/dist\/.+\.js$/.test(file)) return [];
    const source = join(root, file.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
    return [{ name, id: manifest.name + name.slice(1), built: join(root, file), source }];
  });
}

/**
 * Aliases that make Vite and Vitest read the package's sources where a user's code would read the built files.
 *
 * @param {string} [root]
 * @returns {{ find: RegExp, replacement: string }[]}
 */
export function sourceAliases(root = ROOT) {
  return listExports(root).map(({ id, source }) => ({ find: new RegExp(`^${id}$`), replacement: source }));
}

/**
 * Aliases that make Vite read the built package, as a user's code does that has it installed.
 *
 * @returns {{ find: RegExp, replacement: string }[]}
 */
export function builtAliases() {
  return listExports().map(({ id, built }) => ({ find: new RegExp(`^${id}$`), replacement: built }));
}
