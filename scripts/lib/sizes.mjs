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
 * @typedef {{ name: string, gzipBytes: number, lazyBytes?: number }} Size
 * @typedef {import("rolldown").OutputChunk} Chunk
 */

const ENTRY = "virtual:size-entry";

/**
 * Bundles one module with all it exports, and weighs what is loaded at once and what on demand.
 *
 * @param {string} name
 * @param {string} file the built module
 * @param {{ external?: RegExp }} [options] modules left out of the weight
 * @returns {Promise<Size>}
 */
async function measureModule(name, file, options = {}) {
  const { build } = await import("vite");
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    // One module of namespace re-exports keeps every export alive, as no real page would: an upper bound.
    plugins: [
      {
        name: "size-entry",
        resolveId: (id) => (id === ENTRY ? `\0${ENTRY}` : undefined),
        load: (id) =>
          id === `\0${ENTRY}`
            ? `import * as all from ${JSON.stringify(file)}; globalThis.all = all;`
            : undefined,
      },
    ],
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2023",
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: ENTRY, ...(options.external ? { external: options.external } : {}) },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) =>
    "output" in one ? one.output : [],
  );
  /** @type {Map<string, Chunk>} */
  const chunks = new Map();
  for (const output of outputs) if (output.type === "chunk") chunks.set(output.fileName, output);
  const entry = [...chunks.values()].find((chunk) => chunk.isEntry);
  if (entry === undefined) throw new Stop(`Vite made no entry chunk of ${file}.`);

  /** @type {Set<string>} */
  const loaded = new Set();
  /** @param {string} fileName */
  const visit = (fileName) => {
    if (loaded.has(fileName)) return;
    loaded.add(fileName);
    for (const next of chunks.get(fileName)?.imports ?? []) if (chunks.has(next)) visit(next);
  };
  visit(entry.fileName);
  let gzipBytes = 0;
  let lazyBytes = 0;
  for (const output of outputs) {
    const bytes = gzipSync(output.type === "chunk" ? output.code : output.source, { level: 9 }).length;
    if (loaded.has(output.fileName)) gzipBytes += bytes;
    else lazyBytes += bytes;
  }
  return { name, gzipBytes, lazyBytes };
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
  for (const { name, built } of listExports()) {
    if (!existsSync(built))
      throw new Stop(`package.json exports ${name}, but ${built.slice(ROOT.length + 1)} is not built.`);
    sizes.push(await measureModule(name, built));
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
