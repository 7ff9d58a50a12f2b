// @ts-check
/**
 * @module
 * Pages that load one reader each, built by Vite in the same manner, and opened in a browser that has seen nothing: what they load to their
 * first result, counted here.
 */
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildLibrary } from "../../scripts/lib/build.mjs";
import { builtAliases } from "../../scripts/lib/exports.mjs";
import { ROOT, Stop } from "../../scripts/lib/run.mjs";
import { contentType, ISOLATION, readText, startBrowser } from "./chromium.mjs";

/** Entry of each page, as the document names it. */
const ENTRY = "entry.js";
const WAIT_MS = 60_000;

/**
 * @typedef {object} ColdVisit
 * @property {number} ms from the navigation to the result
 * @property {string} digest of the result
 * @property {number} bytes of code that was loaded by then, gzipped: scripts, workers, modules
 * @property {number} requests for it
 */

/**
 * Builds a page of `bench/page/cold/`.
 *
 * @param {string} name
 * @returns {Promise<Map<string, Buffer>>} its files by path, gzipped
 */
async function buildColdPage(name) {
  const { build } = await import("vite");
  const result = await build({
    configFile: false,
    root: join(ROOT, "bench"),
    // The package as it is installed: its parts are what a page loads.
    resolve: { alias: builtAliases() },
    worker: { format: "es" },
    logLevel: "error",
    build: {
      write: false,
      target: "es2023",
      minify: true,
      rolldownOptions: {
        input: join(ROOT, "bench", "page", "cold", `${name}.ts`),
        output: { entryFileNames: ENTRY },
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) =>
    "output" in one ? one.output : [],
  );
  return new Map(
    outputs.map((output) => [
      `/${output.fileName}`,
      gzipSync(output.type === "chunk" ? output.code : output.source, { level: 9 }),
    ]),
  );
}

/**
 * @param {readonly string[]} names
 * @returns {Promise<(name: string, query: URLSearchParams, latencyMs: number) => Promise<ColdVisit>>} opens one
 */
export async function buildColdPages(names) {
  /** @type {Map<string, Map<string, Buffer>>} */
  const pages = new Map();
  await buildLibrary();
  for (const name of names) pages.set(name, await buildColdPage(name));
  return (name, query, latencyMs) => visit(name, pages.get(name) ?? new Map(), query, latencyMs);
}

/**
 * @param {string} name
 * @param {ReadonlyMap<string, Buffer>} files
 * @param {URLSearchParams} query
 * @param {number} latencyMs before each answer
 * @returns {Promise<ColdVisit>}
 */
async function visit(name, files, query, latencyMs) {
  let loaded = { bytes: 0, requests: 0 };
  let atResult = loaded;
  /** @type {(result: string) => void} */
  let finish = () => {};
  /** @type {Promise<string>} */
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const headers = { "Cache-Control": "no-store", ...ISOLATION };
    if (request.method === "POST") {
      if (path === "/first") atResult = loaded;
      else finish(await readText(request));
      response.writeHead(204, headers).end();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const document = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${ENTRY}"></script>`;
    const body = path === "/" ? gzipSync(document) : files.get(path);
    if (body === undefined) {
      response.writeHead(404, headers).end();
      return;
    }
    if (path !== "/") loaded = { bytes: loaded.bytes + body.length, requests: loaded.requests + 1 };
    const type = path === "/" ? "text/html" : contentType(path);
    response.writeHead(200, { ...headers, "Content-Type": type, "Content-Encoding": "gzip" }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const browser = startBrowser(`http://127.0.0.1:${port}/?${query}`);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Stop("A cold page gave no result in a minute.")), WAIT_MS);
    });
    const answer = JSON.parse(await Promise.race([finished, browser.ended, late]));
    if (answer.error !== undefined) throw new Stop(`The cold page of ${name} failed.`, answer.error);
    return { ...answer, ...atResult };
  } finally {
    clearTimeout(timer);
    await browser.stop();
    server.closeAllConnections();
    server.close();
  }
}
