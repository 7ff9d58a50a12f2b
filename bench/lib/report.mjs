// @ts-check
/**
 * @module
 * Results as tables for the terminal and as JSON in `bench/results/`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/run.mjs";

/** @typedef {import("./host.js").SuiteResult} SuiteResult */
/** @typedef {import("./goals.js").Verdict} Verdict */

/**
 * A rate or ratio in three digits.
 *
 * @param {number} value
 * @returns {string}
 */
export function digits(value) {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/**
 * Prints rows as tables, one for each run of rows with the same columns. A cell is the median and the best of
 * the rates or, beside ours, the median and by how much ours is faster.
 *
 * @param {SuiteResult} result
 */
export function printRows({ rows }) {
  let shown = "";
  for (const row of rows) {
    const names = Object.keys(row.rates);
    const columns = [row.unit, ...names].join();
    if (columns !== shown) console.log(`\n  ${line(row.unit, names)}`);
    shown = columns;
    const cells = names.map((name) => {
      const ratio = row.ratios[name];
      const { median, best } = row.rates[name] ?? { median: Number.NaN, best: Number.NaN };
      if (ratio !== undefined) return `${digits(median)} ×${digits(ratio)}`;
      return median === best ? digits(median) : `${digits(median)} (${digits(best)})`;
    });
    const notes = Object.entries(row.notes ?? {}).map(([name, value]) => `${name} ${value}`);
    console.log(`  ${line(row.name, cells)}   ${notes.join(", ")}`);
  }
  console.log();
}

/**
 * @param {string} head
 * @param {readonly string[]} cells
 * @returns {string}
 */
function line(head, cells) {
  return head.padEnd(38) + cells.map((cell) => cell.padStart(Math.max(15, cell.length + 1))).join("");
}

/**
 * Prints goals, met or not.
 *
 * @param {readonly Verdict[]} verdicts
 */
export function printVerdicts(verdicts) {
  for (const { what, goal, value, worst, verdict } of verdicts) {
    const measured = value === undefined ? "-" : digits(value);
    const detail =
      worst === undefined || worst.value === value ? "" : ` (worst: ${worst.row} ${digits(worst.value)})`;
    console.log(`  ${what.padEnd(56)} ${goal.padEnd(8)} ${measured.padStart(6)}  ${verdict}${detail}`);
  }
}

/** @returns {Record<string, string>} the machine in general words */
export function machine() {
  const { model = "unknown" } = cpus()[0] ?? {};
  return {
    processor: `${cpus().length} × ${model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${arch()}`,
    node: process.version,
    load: loadavg()
      .map((value) => value.toFixed(2))
      .join(" "),
  };
}

/**
 * Writes one run.
 *
 * @param {string} name of the file, without ending
 * @param {unknown} content
 * @returns {string} the path, from the project's folder
 */
export function writeResult(name, content) {
  const folder = join(ROOT, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, undefined, 2)}\n`);
  return `bench/results/${name}.json`;
}
