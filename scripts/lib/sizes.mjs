// @ts-check
/**
 * @module
 * Measures the built package by bundling it with Vite as a consumer does.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { listExports } from "./exports.mjs";
import { ROOT, Stop } from "./run.mjs";

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {number} gzipBytes what is loaded before the first call
 * @property {number} [lazyBytes] what may be loaded later
 *
 * @typedef {import("rolldown").OutputChunk} Chunk
 */

const ENTRY = "virtual:size/";

/** Exports the front door fetches on demand: also weighed for what they add to a page that has it. */
const FORMATS = ["./zarr", "./zarr-vectors", "./tiledb", "./atlas"];

/** @returns {import("vite").Plugin} makes `virtual:size/<file>` a page that keeps every export of the file alive: an upper bound */
function entryPlugin() {
  return {
    name: "size-entry",
    resolveId: (id) => (id.startsWith(ENTRY) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${ENTRY}`)) return undefined;
      return `import * as all from ${JSON.stringify(id.slice(ENTRY.length + 1))}; globalThis.all = all;`;
    },
  };
}

/**
 * The chunks a page loads for an entry before it runs: the entry's own and all it imports statically.
 *
 * @param {ReadonlyMap<string, Chunk>} chunks
 * @param {string} file
 * @returns {Set<string>} their file names
 */
function loadedChunks(chunks, file) {
  const entry = [...chunks.values()].find((chunk) => chunk.facadeModuleId === `\0${ENTRY}${file}`);
  if (entry === undefined) throw new Stop(`Vite made no entry chunk of ${file}.`);
  /** @type {Set<string>} */
  const loaded = new Set();
  /** @param {string} fileName */
  const visit = (fileName) => {
    if (loaded.has(fileName) || !chunks.has(fileName)) return;
    loaded.add(fileName);
    for (const next of chunks.get(fileName)?.imports ?? []) visit(next);
  };
  visit(entry.fileName);
  return loaded;
}

/**
 * Bundles one module with all it exports, and weighs what is loaded at once and what on demand.
 *
 * @param {string} name
 * @param {string} file the built module
 * @param {{ external?: RegExp, beside?: string }} [options] modules left out of the weight; a module the page has loaded already
 * @returns {Promise<Size>}
 */
async function measureModule(name, file, { external, beside } = {}) {
  const { build } = await import("vite");
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    plugins: [entryPlugin()],
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2023",
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: [file, ...(beside ? [beside] : [])].map((each) => ENTRY + each),
        ...(external ? { external } : {}),
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) =>
    "output" in one ? one.output : [],
  );
  /** @type {Map<string, Chunk>} */
  const chunks = new Map();
  for (const output of outputs) if (output.type === "chunk") chunks.set(output.fileName, output);
  const loaded = loadedChunks(chunks, file);
  const before = beside ? loadedChunks(chunks, beside) : new Set();
  let gzipBytes = 0;
  let lazyBytes = 0;
  for (const output of outputs) {
    if (before.has(output.fileName)) continue;
    const bytes = gzipSync(output.type === "chunk" ? output.code : output.source, { level: 9 }).length;
    if (loaded.has(output.fileName)) gzipBytes += bytes;
    else lazyBytes += bytes;
  }
  return beside ? { name, gzipBytes } : { name, gzipBytes, lazyBytes };
}

/**
 * Measures every module the package exports, the worker without the kernels, and the WASM module.
 *
 * @returns {Promise<Size[]>}
 * @throws {Stop} when the library is not built
 */
export async function measureSizes() {
  const dist = join(ROOT, "dist");
  if (!existsSync(dist)) throw new Stop("dist/ is missing; build the library first: npm run build.");
  /** @type {Size[]} */
  const sizes = [];
  const exports = listExports();
  for (const { name, built } of exports) {
    if (!existsSync(built))
      throw new Stop(`package.json exports ${name}, but ${built.slice(ROOT.length + 1)} is not built.`);
    sizes.push(await measureModule(name, built));
  }
  const door = exports.find(({ name }) => name === ".");
  for (const { name, built } of exports) {
    if (door === undefined || !FORMATS.includes(name)) continue;
    sizes.push(await measureModule(`${name} beyond .`, built, { beside: door.built }));
  }
  if (door !== undefined) {
    const storage = exports.find(({ name }) => name === "./store/s3");
    if (storage !== undefined) {
      sizes.push(await measureModule("storage layer beyond .", storage.built, { beside: door.built }));
    }
  }
  const worker = join(dist, "worker", "entry.js");
  if (existsSync(worker)) {
    sizes.push(
      await measureModule("worker without kernels", worker, { external: /kernel[\\/]generated[\\/]/ }),
    );
  }
  const kernels = join(dist, "kernel", "generated", "kernels.js");
  if (existsSync(kernels)) {
    /** @type {{ kernelsBase64: string }} */
    const { kernelsBase64 } = await import(pathToFileURL(kernels).href);
    const wasm = Buffer.from(kernelsBase64, "base64");
    sizes.push({ name: "wasm module", gzipBytes: gzipSync(wasm, { level: 9 }).length });
  }
  return sizes;
}
