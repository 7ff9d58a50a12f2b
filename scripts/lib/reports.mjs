// @ts-check
/**
 * @module
 * Reads the JSON reports of Vitest and Playwright into one kind of count.
 */
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { plain, ROOT } from "./run.mjs";

/** Where the reports of the last run are; not committed. */
export const REPORTS = join(ROOT, ".cache", "reports");

/**
 * @typedef {{ title: string, message: string }} Failure
 * @typedef {{ passed: number, skipped: string[], failures: Failure[] }} Count skipped: which tests, and why where that is told
 */

/**
 * A failure's message without colours, and without the lines that only say how the tool got to the test.
 *
 * @param {string} message
 * @returns {string}
 */
function readable(message) {
  return plain(message)
    .split("\n")
    .filter((line) => !/^\s*at .*(node_modules|node:internal)/.test(line))
    .join("\n");
}

/**
 * @typedef {{ status: string, fullName: string, failureMessages?: string[] | null }} VitestCase
 * @typedef {{ name: string, status: string, message?: string, assertionResults: VitestCase[] }} VitestFile
 */

/**
 * Counts a Vitest report. A file that failed without a failed test in it (it could not be loaded, a hook threw) is one failure.
 *
 * @param {{ testResults: VitestFile[] }} report
 * @param {string} [root] file names are shown relative to it
 * @returns {Count}
 */
export function countVitest(report, root = ROOT) {
  /** @type {Count} */
  const count = { passed: 0, skipped: [], failures: [] };
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    const before = count.failures.length;
    for (const test of file.assertionResults) {
      if (test.status === "passed") count.passed += 1;
      else if (test.status === "failed") {
        const message = (test.failureMessages ?? []).map(readable).join("\n");
        count.failures.push({ title: `${name} › ${test.fullName}`, message });
      } else count.skipped.push(`${name} › ${test.fullName}`);
    }
    if (file.status === "failed" && count.failures.length === before) {
      count.failures.push({ title: name, message: readable(file.message ?? "") });
    }
  }
  return count;
}

/**
 * @typedef {{ message?: string, stack?: string }} PlaywrightError
 * @typedef {{ type: string, description?: string }} PlaywrightAnnotation
 * @typedef {{ projectName: string, status: string, annotations?: PlaywrightAnnotation[], results: { errors: PlaywrightError[] }[] }} PlaywrightTest
 * @typedef {{ title: string, file: string, line: number, tests: PlaywrightTest[] }} PlaywrightSpec
 * @typedef {{ specs?: PlaywrightSpec[], suites?: PlaywrightSuite[] }} PlaywrightSuite
 */

/**
 * Counts a Playwright report. A flaky test is a failure; so is an error outside any test (the web server did not start).
 *
 * @param {{ suites: PlaywrightSuite[], errors: PlaywrightError[] }} report
 * @returns {Count}
 */
export function countPlaywright(report) {
  /** @type {Count} */
  const count = { passed: 0, skipped: [], failures: [] };
  /** @param {PlaywrightSuite} suite */
  const visit = (suite) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        const title = `${spec.file}:${spec.line} › ${spec.title} [${test.projectName}]`;
        if (test.status === "expected") count.passed += 1;
        else if (test.status === "skipped") {
          const why = test.annotations?.find(({ type }) => type === "skip")?.description;
          count.skipped.push(why === undefined ? title : `${title}: ${why}`);
        } else {
          const errors = test.results.flatMap((result) => result.errors);
          count.failures.push({
            title,
            message: errors.map((error) => readable(error.stack ?? error.message ?? "")).join("\n"),
          });
        }
      }
    }
    for (const inner of suite.suites ?? []) visit(inner);
  };
  for (const suite of report.suites) visit(suite);
  for (const error of report.errors) {
    count.failures.push({ title: "outside any test", message: readable(error.stack ?? error.message ?? "") });
  }
  return count;
}

/**
 * Runs a test tool that writes a JSON report, and counts it. A tool that fails without a failed test, or tests nothing, is one failure.
 *
 * @param {string} name of the suite, for its failure
 * @param {string} file the report; an old one is removed first
 * @param {(report: never) => Count} counter
 * @param {() => Promise<import("./run.mjs").RunResult>} runTool
 * @returns {Promise<Count>}
 */
export async function runAndCount(name, file, counter, runTool) {
  rmSync(file, { force: true });
  const { code, output } = await runTool();
  /** @type {Count} */
  let count = { passed: 0, skipped: [], failures: [] };
  try {
    count = counter(/** @type {never} */ (JSON.parse(readFileSync(file, "utf8"))));
  } catch {
    if (code === 0) count.failures.push({ title: name, message: `It wrote no report.\n${output}` });
  }
  if (count.failures.length === 0 && (code !== 0 || count.passed === 0)) {
    const message = count.passed === 0 ? `It ran no test.\n${output}` : output;
    count.failures.push({ title: name, message });
  }
  return count;
}
