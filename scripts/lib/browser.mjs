// @ts-check
/**
 * @module
 * Finds a Chromium for the browser tests, or installs one.
 *
 * Order: the environment variable CLOUDCROP_BROWSER, an installed Chromium or Chrome, Playwright's own; else Playwright installs its
 * own, and where that fails the system's package manager does, if this user may ask it.
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, runBin, Stop, say } from "./run.mjs";

/** The variable that names a browser's program. */
export const BROWSER_VARIABLE = "CLOUDCROP_BROWSER";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "microsoft-edge",
];

/**
 * Where a Chromium may stand on this system, best first. The files need not exist.
 *
 * @param {Record<string, string | undefined>} env
 * @param {NodeJS.Platform} platform
 * @returns {string[]}
 */
export function browserPlaces(env, platform) {
  if (platform === "win32") {
    const roots = [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].filter(
      (root) => root !== undefined,
    );
    const programs = ["Google\\Chrome\\Application\\chrome.exe", "Chromium\\Application\\chrome.exe"];
    // Edge comes with the system, so it is the last resort that is always there.
    programs.push("Microsoft\\Edge\\Application\\msedge.exe");
    return programs.flatMap((program) => roots.map((root) => `${root}\\${program}`));
  }
  const onPath = (env.PATH ?? "")
    .split(platform === process.platform ? delimiter : ":")
    .filter((folder) => folder !== "")
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  if (platform === "darwin") {
    const programs = [
      "Google Chrome.app/Contents/MacOS/Google Chrome",
      "Chromium.app/Contents/MacOS/Chromium",
      "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ];
    const roots = ["/Applications", ...(env.HOME ? [`${env.HOME}/Applications`] : [])];
    return [...programs.flatMap((program) => roots.map((root) => `${root}/${program}`)), ...onPath];
  }
  return [
    ...onPath,
    ...NAMES.map((name) => `/usr/bin/${name}`),
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
  ];
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The browser the test tools are configured with: the named one, else the first installed one; not tried out.
 *
 * @returns {string | undefined} undefined leaves the choice to Playwright
 */
export function configuredBrowser() {
  const named = process.env[BROWSER_VARIABLE];
  if (named) return named;
  return browserPlaces(process.env, process.platform).find(isProgram);
}

/**
 * Launch options for Playwright: the browser's path when one is known, and no sandbox for root, for whom Chromium has none.
 *
 * @returns {{ executablePath?: string, args: string[] }}
 */
export function launchOptions() {
  const executablePath = configuredBrowser();
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return { ...(executablePath === undefined ? {} : { executablePath }), args };
}

/**
 * Says whether the program starts. A file is not enough: Ubuntu's chromium-browser may be a note that the real one is elsewhere, and
 * a downloaded browser may lack system libraries.
 *
 * @param {string} path
 * @returns {Promise<{ ok: boolean, said: string }>}
 */
async function tryBrowser(path) {
  if (!isProgram(path)) return { ok: false, said: "no such program" };
  // On Windows --version opens a window instead of answering.
  if (process.platform === "win32") return { ok: true, said: "" };
  const { code, output } = await run(path, ["--version"], { timeoutMs: 30_000 });
  const ok = code === 0 && /\b(Chrom|Edge)/.test(output);
  return { ok, said: output.trim() };
}

/** @returns {Promise<string | undefined>} where Playwright keeps, or would keep, its own Chromium */
async function playwrightBrowser() {
  const { chromium } = await import("playwright");
  try {
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}

/** @returns {boolean} whether this user may install the system's packages */
export function mayAskApt() {
  return (
    process.platform === "linux" &&
    process.getuid?.() === 0 &&
    (existsSync("/usr/bin/apt-get") || existsSync("/bin/apt-get"))
  );
}

/** @returns {boolean} Ubuntu's chromium package only points to a snap, which does not run in a container. */
function isUbuntu() {
  try {
    return /^ID=ubuntu$/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** @returns {Promise<string | undefined>} the first browser that is there and starts */
async function findInstalled() {
  const own = await playwrightBrowser();
  for (const path of new Set([...browserPlaces(process.env, process.platform).filter(isProgram), own])) {
    if (path !== undefined && (await tryBrowser(path)).ok) return path;
  }
  return undefined;
}

/**
 * Returns the path of a Chromium that starts, installing one if there is none. Needs the packages to be installed.
 *
 * @returns {Promise<string>}
 * @throws {Stop} when none can be had
 */
export async function ensureBrowser() {
  const named = process.env[BROWSER_VARIABLE];
  if (named) {
    const { ok, said } = await tryBrowser(named);
    if (ok) return named;
    throw new Stop(
      `${BROWSER_VARIABLE} names ${named}, which does not start as a Chromium; correct or unset it.`,
      said,
    );
  }
  const installed = await findInstalled();
  if (installed !== undefined) return installed;

  say("No browser found; installing Playwright's Chromium (playwright install chromium) …");
  const own = await runBin("playwright", "playwright", ["install", "--no-progress", "chromium"], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "15000" },
    timeoutMs: 15 * 60_000,
  });
  let said = own.output;
  if (own.code === 0) {
    const path = await playwrightBrowser();
    if (path !== undefined && (await tryBrowser(path)).ok) return path;
    if (mayAskApt()) {
      say("It lacks system libraries; installing them (playwright install-deps chromium) …");
      said += (await runBin("playwright", "playwright", ["install-deps", "chromium"])).output;
      if (path !== undefined && (await tryBrowser(path)).ok) return path;
    }
  }
  if (mayAskApt() && !isUbuntu()) {
    say("Playwright's could not be had; installing the system's chromium (apt-get install chromium) …");
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    said += (await run("apt-get", ["update"], { env })).output;
    said += (await run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { env })).output;
    const path = await findInstalled();
    if (path !== undefined) return path;
  }
  throw new Stop(
    `No Chromium could be found or installed: install Chromium or Chrome, or set ${BROWSER_VARIABLE} to its program.`,
    said,
  );
}

/** Debian's and Mozilla's Firefox, driven by Playwright's stock-Firefox channel. */
const FIREFOX_PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** The variable that names a Firefox; empty for none. */
export const FIREFOX_VARIABLE = "CLOUDCROP_FIREFOX";

/** @returns {string | undefined} an installed Firefox, for a second browser in the tests */
export function findFirefox() {
  const named = process.env[FIREFOX_VARIABLE];
  return (named === undefined ? FIREFOX_PLACES : [named]).find(isProgram);
}

/** @returns {string | undefined} an X server without a screen, on which Firefox has WebGL2 and WebKit runs at all */
export function findXvfb() {
  return ["/usr/bin/Xvfb"].find(isProgram);
}

/**
 * GTK's WebKit as Debian has it: the smallest browser around it, and the program that drives that.
 *
 * @returns {{ driver: string, browser: string } | undefined}
 */
export function findWebKit() {
  const driver = ["/usr/bin/WebKitWebDriver"].find(isProgram);
  const folders = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1`);
  const browser = folders.map((folder) => `${folder}/MiniBrowser`).find(isProgram);
  return driver === undefined || browser === undefined ? undefined : { driver, browser };
}
