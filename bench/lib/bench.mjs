// @ts-check
/**
 * @module
 * What every benchmark does around its suite: reads options, prepares data and the native process, runs the suite in Node and in a browser,
 * prints tables and goals, writes JSON.
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, Stop } from "../../scripts/lib/run.mjs";
import { openSources } from "../../scripts/lib/sources.mjs";
import { buildPage, runInChromium } from "./chromium.mjs";
import { startNative } from "./native.mjs";
import { pageThreadTimes } from "./page-thread.mjs";
import { processorMs } from "./processor.mjs";
import { machine, printRows, printVerdicts, writeResult } from "./report.mjs";

/** Where the encoded data sets lie. */
export const CORPUS = join(ROOT, ".cache", "bench", "corpus");

/** @typedef {import("./host.js").BenchOptions} BenchOptions */
/** @typedef {import("./host.js").SuiteResult} SuiteResult */
/** Chromium is cross-origin isolated, unless it is plain. */
/** @typedef {"node" | "chromium" | "chromium-plain"} Place */

/**
 * @typedef {object} Bench
 * @property {string} suite
 * @property {readonly Place[]} places where it can run
 * @property {boolean} [usesNative]
 * @property {readonly string[]} [browserArgs] what Chromium is told besides
 * @property {(context: { sources: import("../../scripts/lib/sources.mjs").Sources, options: BenchOptions }) =>
 *   Promise<{ setup: Record<string, unknown>, ask?: (command: string) => Promise<string>, stop?: () => Promise<void> }>} [prepare]
 */

/**
 * Runs a benchmark as the command line asks.
 *
 * @param {Bench} bench
 */
export async function runBench(bench) {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      node: { type: "boolean", default: false },
      browser: { type: "boolean", default: false },
    },
  });
  const isChosen = values.node || values.browser;
  const places = bench.places.filter((place) => !isChosen || values[place === "node" ? "node" : "browser"]);
  if (places.length === 0) console.log(`  ${bench.suite} runs in ${bench.places.join(" and ")} only.`);
  const options = { quick: values.quick, only: values.only };
  const load = loadavg()[0] ?? 0;
  if (load > 1)
    console.log(
      `  NOTE: the machine is busy (load ${load.toFixed(1)}): figures will be low and ratios noisy.`,
    );

  const sources = await openSources();
  const { prepareCorpus } = await sources.load("bench/lib/corpus.ts");
  const say = (/** @type {string} */ line) => process.stderr.write(`  ${line}\n`);
  const manifest = await prepareCorpus(CORPUS, join(ROOT, "bench", "lib"), say);
  const { judge } = await sources.load("bench/lib/goals.ts");
  const native = bench.usesNative ? await startNative(CORPUS) : undefined;
  if (bench.usesNative) sayNative(native);
  const prepared = await bench.prepare?.({ sources, options });
  try {
    for (const place of places) {
      console.log(`── ${bench.suite} in ${place}`);
      const result = await runIn(place, {
        ...bench,
        sources,
        options,
        manifest,
        native,
        setup: prepared?.setup ?? {},
        ask: prepared?.ask && withProcessor(prepared.ask),
        say,
      });
      printRows(result);
      const verdicts = judge(bench.suite, result.rows);
      if (values.only === undefined) printVerdicts(verdicts);
      for (const warning of result.warnings) console.log(`  !! ${warning}`);
      // What is not a full run must not stand where one is looked for.
      const kind = `${values.only === undefined ? "" : "-part"}${values.quick ? "-quick" : ""}`;
      const file = writeResult(`${bench.suite}-${place}${kind}`, {
        suite: bench.suite,
        place,
        date: new Date().toISOString(),
        options,
        machine: machine(),
        native: native?.versions,
        ...result,
        verdicts,
      });
      console.log(`  written to ${file}`);
    }
  } finally {
    native?.stop();
    await prepared?.stop?.();
    await sources.close();
  }
}

/**
 * Answers `{ do: "processor" }` too: the milliseconds that the browser took so far; and `{ do: "thread" }`: those that the page's thread ran
 * and waited, `{}` where the system does not tell.
 *
 * @param {(command: string) => Promise<string>} ask
 * @returns {(command: string) => Promise<string>}
 */
function withProcessor(ask) {
  return async (command) => {
    const what = JSON.parse(command).do;
    if (what === "processor") return String(processorMs(process.pid) ?? 0);
    return what === "thread" ? JSON.stringify(pageThreadTimes(process.pid) ?? {}) : ask(command);
  };
}

/**
 * @param {Place} place
 * @param {{ suite: string, sources: import("../../scripts/lib/sources.mjs").Sources, options: BenchOptions, manifest: unknown, native: import("./native.mjs").Native | undefined,
 *   setup: Record<string, unknown>, ask: ((command: string) => Promise<string>) | undefined, browserArgs?: readonly string[], say: (line: string) => void }} context
 * @returns {Promise<SuiteResult>}
 */
async function runIn(place, { suite, sources, options, manifest, native, setup, ask, browserArgs, say }) {
  const askNative = native?.ask;
  if (place === "node") {
    const { suites } = await sources.load("bench/suites/suites.ts");
    const run = await suites[suite]();
    const load = async (/** @type {string} */ name) => new Uint8Array(readFileSync(join(CORPUS, name)));
    return run({ where: "node", options, manifest, setup, native: askNative, ask, load, say });
  }
  await buildPage();
  const job = { suite, options, manifest, setup };
  return runInChromium({
    job,
    corpus: CORPUS,
    native: askNative,
    ask,
    say,
    browserArgs,
    isIsolated: place !== "chromium-plain",
  });
}

/** @param {import("./native.mjs").Native | undefined} native */
function sayNative(native) {
  const missing = ["blosc", "zstd", "lz4", "zlib"].filter((name) => native?.versions[name] === undefined);
  if (native === undefined) console.log("  !! NO NATIVE REFERENCE: there is no Python 3.8 or later.");
  else if (missing.length > 0)
    console.log(`  !! NO NATIVE ${missing.join(", ").toUpperCase()}: library not found.`);
  const found = Object.entries(native?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  if (found.length > 0) console.log(`  native: ${found.join(", ")}`);
}

/**
 * Runs a benchmark's file to its end; what stops it is said in one sentence.
 *
 * @param {Bench} bench
 */
export async function main(bench) {
  // Browsers have a process group of their own: an end in order takes them along, a signal alone would leave them running.
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    await runBench(bench);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.detail) console.error(error.detail);
    console.error(error.message);
    process.exitCode = 1;
  }
}
