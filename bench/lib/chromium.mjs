// @ts-check
/**
 * @module
 * Runs a suite in a headless Chromium with nothing attached to it: a debugger's instrumentation makes fetches up to twice as slow. The page
 * is built by Vite, served from here, and posts its own result.
 */
import { spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { configuredBrowser } from "../../scripts/lib/browser.mjs";
import { sourceAliases } from "../../scripts/lib/exports.mjs";
import { ROOT, Stop } from "../../scripts/lib/run.mjs";
import { installPeers } from "./peers.mjs";

/** A folder of this process's own: a second run must not take the page away from under the first. */
const PAGE = join(ROOT, ".cache", "bench", `page-${process.pid}`);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
/** A page's files by the ends of their names. */
export const contentType = (/** @type {string} */ file) =>
  TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? "application/octet-stream";
/** So that the page is cross-origin isolated: shared memory, and a clock of 5 µs. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

/** Builds the page with every suite, and so with every peer. It is gone when the process ends. */
export async function buildPage() {
  installPeers();
  process.once("exit", () => rmSync(PAGE, { recursive: true, force: true }));
  const { build } = await import("vite");
  await build({
    configFile: false,
    root: join(ROOT, "bench", "page"),
    resolve: { alias: sourceAliases() },
    worker: { format: "es" },
    logLevel: "error",
    build: { outDir: PAGE, emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 10_000 },
  });
}

/**
 * @typedef {object} PageJob
 * @property {Record<string, unknown>} job what the page is told
 * @property {string} corpus folder of the packs
 * @property {((command: string) => Promise<string>) | undefined} native
 * @property {((command: string) => Promise<string>) | undefined} [ask] the Node side of the suite
 * @property {(line: string) => void} say
 * @property {boolean} [isIsolated] default true
 * @property {readonly string[] | undefined} [browserArgs]
 * @property {number} [timeoutMs]
 */

/**
 * Runs one job in a fresh browser.
 *
 * @param {PageJob} options
 * @returns {Promise<import("./host.js").SuiteResult>}
 */
export async function runInChromium(options) {
  /** @type {(result: string) => void} */
  let finish = () => {};
  /** @type {Promise<string>} */
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const server = createServer((request, response) => {
    answer(request, options, finish).then(
      ({ status = 200, headers = {}, body }) => {
        response.writeHead(status, {
          "Cache-Control": "no-store",
          ...(options.isIsolated === false ? {} : ISOLATION),
          ...headers,
        });
        if (typeof body === "string") response.end(body);
        else body.pipe(response);
      },
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const browser = startBrowser(`http://127.0.0.1:${address.port}/index.html`, options.browserArgs);
  const timeoutMs = options.timeoutMs ?? 20 * 60_000;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    const text = await Promise.race([
      finished,
      browser.ended,
      new Promise((_, reject) => {
        timer = setTimeout(
          () => reject(new Stop(`The page did not answer in ${timeoutMs / 60_000} minutes.`)),
          timeoutMs,
        );
      }),
    ]);
    const result = JSON.parse(/** @type {string} */ (text));
    if (result.error !== undefined) throw new Stop("The page failed.", result.error);
    return result;
  } finally {
    clearTimeout(timer);
    await browser.stop();
    server.closeAllConnections();
    server.close();
  }
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {PageJob} options
 * @param {(result: string) => void} finish
 * @returns {Promise<{ status?: number, headers?: Record<string, string>, body: string | import("node:fs").ReadStream }>}
 */
async function answer(request, { job, native, ask, say, corpus }, finish) {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (request.method === "POST") {
    const body = await readText(request);
    if (path === "/job")
      return { body: JSON.stringify({ ...job, hasNative: native !== undefined, hasAsk: ask !== undefined }) };
    if (path === "/native" && native !== undefined) return { body: await native(body) };
    if (path === "/ask" && ask !== undefined) return { body: await ask(body) };
    if (path === "/say") say(body);
    if (path === "/result") finish(body);
    return { body: "" };
  }
  const inCorpus = path.startsWith("/corpus/");
  const file = join(inCorpus ? corpus : PAGE, normalize(inCorpus ? path.slice("/corpus".length) : path));
  if (!existsSync(file)) return { status: 404, body: "not found" };
  return { headers: { "Content-Type": contentType(file) }, body: createReadStream(file) };
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<string>}
 */
export async function readText(request) {
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

/**
 * Starts a browser with a profile of its own.
 *
 * @param {string} url
 * @param {readonly string[]} [more] arguments
 * @returns {{ ended: Promise<never>, stop: () => Promise<void> }}
 */
export function startBrowser(url, more = []) {
  const program = configuredBrowser();
  if (program === undefined)
    throw new Stop("No Chromium found: install one, or name it in CLOUDCROP_BROWSER.");
  const profile = mkdtempSync(join(tmpdir(), "cloudcrop-bench-"));
  const args = [
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    `--user-data-dir=${profile}`,
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ...more,
    url,
  ];
  const child = spawn(program, args, { stdio: "ignore", detached: process.platform !== "win32" });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => child.once("exit", () => resolve()));
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    child.once("error", (error) => reject(new Stop(`${program} does not start: ${error.message}.`)));
    child.once("exit", (code) => reject(new Stop(`The browser ended by itself (${code}).`)));
  });
  ended.catch(() => undefined);
  const killGroup = () => {
    try {
      if (process.platform === "win32" || child.pid === undefined) child.kill();
      else process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  process.once("exit", killGroup);
  return {
    ended,
    async stop() {
      killGroup();
      process.off("exit", killGroup);
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
