/**
 * Real pages of real browsers, Chromium and where it is installed Firefox, for tests that run in Node: the library's sources on Vite's origin, each page with the
 * policy and the origin that the test needs.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, firefox, type Page } from "playwright";
import { createServer, type Plugin } from "vite";
import { findFirefox, launchOptions } from "../../scripts/lib/browser.mjs";

export interface PageOptions {
  /** Content-Security-Policy of the page. */
  readonly csp?: string;
  /** Cross-origin isolation by `require-corp`. */
  readonly isolated?: boolean;
  /**
   * Another origin than Vite's, as `https://app.example`: Playwright answers in its place with what Vite serves, so the
   * browser takes it for a page of the open internet. While it does, Playwright also grants every preflight itself and
   * goes past the caches; in Firefox in every page of the browser, so such a page is to be had by `usePage` only.
   */
  readonly origin?: string;
  /** Runs in the page before anything of its own. */
  readonly init?: () => void;
  /** Takes certificates that nobody signed. */
  readonly trustsAll?: boolean;
}

export interface Pages {
  readonly browser: Browser;
  /** Vite's own origin, on this machine. */
  readonly origin: string;
  newPage(options?: PageOptions): Promise<Page>;
  /** A page for one use, after which nothing of it is left. */
  usePage<T>(options: PageOptions, use: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const html =
  '<!doctype html><script type="module">import * as stores from "/src/exports/store.ts"; ' +
  'import * as cloudcrop from "/src/index.ts"; Object.assign(globalThis, { stores, cloudcrop });</script>';

/**
 * A page is served and not made up by Playwright: Chromium takes a page without an address for a public one, which may
 * not read from this machine.
 */
const blank: Plugin = {
  name: "blank",
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const url = new URL(request.url ?? "", "http://page");
      if (url.searchParams.has("isolated") || /isolated/.test(request.headers.referer ?? "")) {
        response.setHeader("cross-origin-resource-policy", "cross-origin");
        response.setHeader("cross-origin-embedder-policy", "require-corp");
      }
      if (url.pathname !== "/blank") return next();
      const csp = url.searchParams.get("csp");
      response.setHeader("content-type", "text/html");
      response.setHeader("cross-origin-opener-policy", "same-origin");
      if (csp !== null) response.setHeader("content-security-policy", csp);
      response.end(html);
    });
  },
};

export type Engine = "Chromium" | "Firefox";

const firefoxProgram = findFirefox();

/** The browsers of this machine, for `describe.each`. */
export const engines: readonly Engine[] =
  firefoxProgram === undefined ? ["Chromium"] : ["Chromium", "Firefox"];

function launch(engine: Engine): Promise<Browser> {
  if (engine === "Chromium") return chromium.launch(launchOptions());
  return firefox.launch({ channel: "moz-firefox", executablePath: firefoxProgram! });
}

/** Starts Vite and the browser; both serve all pages of a test file. */
export async function startPages(engine: Engine = "Chromium"): Promise<Pages> {
  const cacheDir = await mkdtemp(join(tmpdir(), "cloudcrop-vite-"));
  const vite = await createServer({
    configFile: false,
    cacheDir,
    logLevel: "silent",
    plugins: [blank],
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  await vite.listen();
  const own = new URL(vite.resolvedUrls!.local[0]!).origin;
  const browser = await launch(engine);
  const newPage: Pages["newPage"] = async (options = {}) => {
    const { csp, isolated, origin, init, trustsAll = false } = options;
    const context = await browser.newContext({ ignoreHTTPSErrors: trustsAll });
    if (origin !== undefined) await playOrigin(context, origin, own);
    const page = await context.newPage();
    if (init !== undefined) await page.addInitScript(init);
    const query = new URLSearchParams({
      ...(csp === undefined ? {} : { csp }),
      ...(isolated === true ? { isolated: "" } : {}),
    });
    await page.goto(`${origin ?? own}/blank?${query}`);
    await page.waitForFunction(() => "cloudcrop" in globalThis);
    return page;
  };
  return {
    browser,
    origin: own,
    newPage,
    async usePage(options, use) {
      const page = await newPage(options);
      try {
        return await use(page);
      } finally {
        // In Firefox what Playwright intercepts outlives its context (1.64.1): later pages would meet no preflight and no cache.
        await page.context().unrouteAll();
        await page.context().close();
      }
    },
    async close() {
      await browser.close();
      await vite.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

async function playOrigin(context: BrowserContext, origin: string, own: string): Promise<void> {
  await context.route(`${origin}/**`, async (route) => {
    const url = route.request().url().replace(origin, own);
    const answer = await fetch(url, { headers: { accept: "*/*" } });
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
}
