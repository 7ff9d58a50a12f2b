// @ts-check
/**
 * @module
 * Packs the compiled modules into parts: what a page needs together lies in one file.
 *
 * A bundler cuts its chunks where entries and dynamic imports differ in what they share. Left as two hundred modules the library becomes
 * dozens of files of a few hundred bytes on the way to the first array, each of which names the next (docs/decisions/0003).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { listExports } from "./exports.mjs";
import { ROOT, Stop } from "./run.mjs";

const DIST = join(ROOT, "dist");

const DOOR = ["index.js"];
const WORKER = "worker/entry.js";
/** The bundler's own few lines. */
const RUNTIME = "\0rolldown/runtime.js";
/** Built modules that others name by their files, besides the exports. */
const NAMED = ["bin/cloudcrop-list.js", "kernel/generated/kernels.js"];

/** What every source is made of, whatever its format. */
const ENGINE = ["engine/create-dataset.js", "engine/create-source.js"];
const POOL = ["worker/pool.js"];
/** What reads from servers, whatever their dialect. */
const REMOTE = ["store/remote-store.js", "store/describe-read.js", "store/keys.js"];
/** Small things that several formats share; none of them loads anything later, or a page that needs one would be told of all that may follow. */
const SMALL = [
  "core/bbox.js",
  "core/json.js",
  "core/lookahead.js",
  "core/pace.js",
  "core/table.js",
  "bytes/cursor.js",
  "bytes/fill.js",
  "bytes/fixed-text.js",
  "bytes/ragged.js",
  "bytes/unpack.js",
  "engine/chunk-grid.js",
  "engine/selection.js",
  "engine/labels/axis.js",
  "engine/labels/spatial-role.js",
  "kernel/twin/delta.js",
  "worker/node.js",
  "worker/spares.js",
  "worker/transfer.js",
];
/** What every query of a grid needs besides. */
const GRIDS = [
  "engine/grid-collector.js",
  "engine/packing.js",
  "worker/assembly.js",
  "engine/labels/pick-cells.js",
  "format/zarr/grid-query.js",
];
const ZARR = ["format/zarr/open.js"];
const ZARR_VECTORS = ["format/zarr-vectors/open.js"];
const ZARRITA = ["exports/zarrita.js"];

/**
 * The parts of a page, in order: a module lies in the first that wants it, which is one whose every list of beginnings reaches it by static
 * imports. As what a module imports is reached from wherever the module is, no part imports a later one but by `import()`. Modules that no part
 * wants are left to the bundler's own cut: they are loaded seldom.
 *
 * @type {readonly { name: string, in: readonly (readonly string[])[] }[]}
 */
const PAGE = [
  { name: "base", in: [DOOR, [...ENGINE, ...REMOTE, ...POOL, ...ZARRITA]] },
  { name: "door", in: [DOOR] },
  { name: "small", in: [SMALL] },
  { name: "remote", in: [REMOTE] },
  { name: "compile", in: [["kernel/compile.js"]] },
  { name: "engine", in: [ENGINE] },
  { name: "pool", in: [POOL] },
  { name: "codecs", in: [["codec/registry.js"]] },
  { name: "kernels", in: [["kernel/kernel.js"]] },
  { name: "grids", in: [GRIDS] },
  { name: "arrays", in: [ZARR, ZARR_VECTORS] },
  { name: "hierarchy", in: [ZARR, ZARRITA] },
  { name: "zarr", in: [ZARR] },
  { name: "zarr-vectors", in: [ZARR_VECTORS] },
  { name: "tiledb", in: [["format/tiledb/open.js"]] },
  { name: "atlas", in: [["format/atlas/open.js"]] },
];
/** A worker shares no code with its page, and all that it begins with is one file. */
const WORKERS = [{ name: "start", in: [[WORKER]] }];

/**
 * Replaces the modules in dist/ by parts. Declarations stay as they are.
 *
 * @throws {Stop} when the parts do not hold together
 */
export async function packLibrary() {
  const exported = listExports().map(({ built }) => relative(DIST, built));
  const page = [...exported.filter((name) => name !== WORKER), ...NAMED];
  const files = [...(await pack(page, PAGE, "parts")), ...(await pack([WORKER], WORKERS, "worker/parts"))];
  removeModules(DIST);
  for (const file of files) {
    const path = inDist(file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.type === "chunk" ? file.code : file.source);
  }
}

/**
 * @param {readonly string[]} entries modules that keep their places
 * @param {typeof PAGE} parts
 * @param {string} folder of the parts
 */
async function pack(entries, parts, folder) {
  const { rolldown } = await import("rolldown");
  const partOf = assignParts(new Set(entries.map(inDist)), parts);
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name.replace(/\.js$/, ""), inDist(name)])),
    platform: "neutral",
    external: /^(?![./])(?!\w:)/,
    // Only a worker does something by being loaded, and a command.
    treeshake: { moduleSideEffects: (id) => entries.some((name) => id === inDist(name)) },
    preserveEntrySignatures: "strict",
    onLog(level, log) {
      // What one part loads when it is needed, others may have at once.
      if (level === "warn" && log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") throw new Stop(log.message);
    },
  });
  const { output } = await bundle.generate({
    dir: DIST,
    format: "es",
    entryFileNames: "[name].js",
    // The pool beside the worker, as in src/: it names that by `new URL("./entry.js", import.meta.url)`.
    chunkFileNames: ({ name }) => (name === "pool" ? "worker/pool.js" : `${folder}/[name].js`),
    sourcemap: true,
    codeSplitting: {
      groups: parts.map(({ name }, index) => ({
        name,
        priority: parts.length - index,
        test: (/** @type {string} */ id) => partOf.get(id) === name,
      })),
    },
  });
  await bundle.close();
  return output;
}

/**
 * @param {ReadonlySet<string>} entries files with a place of their own
 * @param {typeof PAGE} parts
 * @returns {Map<string, string>} part of each other file that has one
 */
function assignParts(entries, parts) {
  /** @type {Map<string, string>} */
  const partOf = new Map([[RUNTIME, parts[0]?.name ?? ""]]);
  for (const { name, in: all } of parts) {
    const [first, ...others] = all.map((beginnings) => reachedFrom(beginnings.map(inDist)));
    for (const file of first ?? []) {
      if (entries.has(file) || partOf.has(file) || !others.every((reached) => reached.has(file))) continue;
      partOf.set(file, name);
    }
  }
  return partOf;
}

/**
 * @param {readonly string[]} beginnings
 * @returns {Set<string>} the files that these load at once
 */
function reachedFrom(beginnings) {
  /** @type {Set<string>} */
  const reached = new Set();
  const visit = (/** @type {string} */ file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const next of importsOf(file)) visit(next);
  };
  for (const file of beginnings) visit(file);
  return reached;
}

/**
 * @param {string} file a module as the compiler writes it
 * @returns {string[]} the files of the package that it imports statically
 */
function importsOf(file) {
  const code = readFileSync(file, "utf8");
  const found = code.matchAll(/^(?:import|export) (?:[^;"]*? from )?"(\.[^"]+)";$/gm);
  return [...found].map(([, name]) => join(dirname(file), name ?? ""));
}

/** @param {string} folder */
function removeModules(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeModules(path);
    else if (/\.js(\.map)?$/.test(entry.name)) rmSync(path);
  }
}

/** @param {string} name */
function inDist(name) {
  return join(DIST, name);
}
