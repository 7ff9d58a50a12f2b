// @ts-check
/**
 * @module
 * `npm test`: everything, on a machine that has only git and Node. Installs what is missing, then runs every check and every test
 * suite; ends with `N passed, N failed`, and exit code 1 when anything failed.
 */
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { mkdirSync, rmSync } = await import("node:fs");
const { join } = await import("node:path");
const { ROOT, run, runBin, runMain, runNpm, say, Stop, tail } = await import("./lib/run.mjs");
const { installDependencies } = await import("./lib/install.mjs");
const { BROWSER_VARIABLE, ensureBrowser } = await import("./lib/browser.mjs");
const { ensureExtras } = await import("./lib/extras.mjs");
const { buildDemo, buildLibrary } = await import("./lib/build.mjs");
const { countPlaywright, countVitest, REPORTS, runAndCount } = await import("./lib/reports.mjs");

/** @typedef {import("./lib/reports.mjs").Count} Count */

/** @type {Count} */
const total = { passed: 0, skipped: [], failures: [] };

/**
 * Runs one part, says how it went in one line, and adds it up.
 *
 * @param {string} name
 * @param {() => Promise<Count>} part
 */
async function report(name, part) {
  process.stdout.write(`${`${name} `.padEnd(22, ".")} `);
  const start = performance.now();
  const count = await part();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const words = [`${count.passed} passed`];
  if (count.failures.length > 0) words.push(`${count.failures.length} FAILED`);
  if (count.skipped.length > 0) words.push(`${count.skipped.length} skipped`);
  say(`${words.join(", ")} (${seconds} s)`);
  total.passed += count.passed;
  total.skipped.push(...count.skipped);
  total.failures.push(...count.failures);
}

/**
 * A check that passes or fails as a whole.
 *
 * @param {string} name
 * @param {() => Promise<import("./lib/run.mjs").RunResult>} runTool
 */
function check(name, runTool) {
  return report(name, async () => {
    const { code, output } = await runTool();
    return code === 0
      ? { passed: 1, skipped: [], failures: [] }
      : { passed: 0, skipped: [], failures: [{ title: name, message: output }] };
  });
}

/**
 * A step of ours as a check: what stops it is its failure.
 *
 * @param {string} name
 * @param {() => Promise<void>} step
 * @returns {Promise<boolean>} whether it passed
 */
async function checkStep(name, step) {
  const before = total.failures.length;
  await check(name, async () => {
    try {
      await step();
      return { code: 0, output: "", timedOut: false };
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return { code: 1, output: `${error.detail ?? ""}\n${error.message}`, timedOut: false };
    }
  });
  return total.failures.length === before;
}

/**
 * Counts parts as failed that cannot run because another one failed.
 *
 * @param {string} reason
 * @param {readonly string[]} names
 */
async function cannotRun(reason, ...names) {
  for (const name of names) {
    await report(name, async () => ({
      passed: 0,
      skipped: [],
      failures: [{ title: name, message: `Not run: ${reason}.` }],
    }));
  }
}

/** The package as a user gets it: its size, and what the two packaging tools say about it. */
async function checkPackage() {
  await check("size", () => run(process.execPath, ["scripts/size.mjs"]));
  let tarball = "";
  const packed = await checkStep("pack", async () => {
    tarball = await pack();
  });
  if (!packed) return cannotRun("npm pack failed", "publint", "types of the package");
  await check("publint", () => runBin("publint", "publint", ["run", tarball, "--strict"]));
  const attw = [tarball, "--profile", "esm-only", "--no-color", "--format", "ascii"];
  await check("types of the package", () => runBin("@arethetypeswrong/cli", "attw", attw));
}

/** @param {"node" | "browser"} project as the names of its projects begin: pages are isolated or not */
function vitest(project) {
  const file = join(REPORTS, `vitest-${project}.json`);
  const args = ["run", "--project", `${project}*`, "--reporter=json", `--outputFile=${file}`];
  return runAndCount(`${project} tests`, file, countVitest, () => runBin("vitest", "vitest", args));
}

function playwright() {
  const file = join(REPORTS, "playwright.json");
  return runAndCount("end-to-end tests", file, countPlaywright, () =>
    runBin("@playwright/test", "playwright", ["test", "--reporter=json"], {
      env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    }),
  );
}

/** Packs the package as it would be published. */
async function pack() {
  const folder = join(ROOT, ".cache", "pack");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { code, output } = await runNpm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
  if (code !== 0) throw new Stop("npm pack failed.", output);
  /** @type {unknown} */
  const packed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  // npm 11 answers with an array, npm 12 with an object keyed by package name.
  const [first] = Object.values(/** @type {Record<string, { filename: string }>} */ (packed));
  if (first === undefined) throw new Stop("npm pack made no file.", output);
  return join(folder, first.filename);
}

runMain(async () => {
  const start = performance.now();
  await installDependencies();
  const browser = await ensureBrowser();
  process.env[BROWSER_VARIABLE] = browser;
  await ensureExtras();
  say(`Testing with Node ${process.versions.node} and ${browser}.`);
  mkdirSync(REPORTS, { recursive: true });

  // The demo's types are those of the built package, so the library is built first.
  const built = await checkStep("build", buildLibrary);
  await check("typecheck", () => runBin("typescript", "tsc", ["--noEmit"]));
  await check("lint", () => runBin("@biomejs/biome", "biome", ["check", "--colors=off", "."]));
  await check("wasm:verify", () => run(process.execPath, ["wasm/build.mjs", "--verify"]));
  if (built) await checkPackage();
  else await cannotRun("the library did not build", "size", "pack", "publint", "types of the package");
  await report("node tests", () => vitest("node"));
  await report("browser tests", () => vitest("browser"));
  const demoBuilt = await checkStep("build demo", buildDemo);
  if (demoBuilt) await report("end-to-end tests", playwright);
  else await cannotRun("the demo did not build", "end-to-end tests");

  for (const { title, message } of total.failures) {
    say(`\nFAILED ${title}`);
    if (message.trim() !== "") say(tail(message).replace(/^/gm, "    "));
  }
  if (total.skipped.length > 0) say(`\n${total.skipped.length} skipped`);
  for (const title of total.skipped) say(`    ${title}`);
  say(`\n${((performance.now() - start) / 1000).toFixed(0)} s in all`);
  say(`${total.passed} passed, ${total.failures.length} failed`);
  if (total.failures.length > 0) process.exitCode = 1;
});
