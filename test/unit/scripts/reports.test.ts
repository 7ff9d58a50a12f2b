import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countPlaywright, countVitest, runAndCount } from "../../../scripts/lib/reports.mjs";

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

describe("countVitest", () => {
  it("counts passed, failed and skipped tests, and shows a failure without colours", () => {
    const count = countVitest(
      {
        testResults: [
          {
            name: "/project/test/unit/a.test.ts",
            status: "failed",
            assertionResults: [
              { status: "passed", fullName: "adds" },
              { status: "failed", fullName: "subtracts", failureMessages: [red("expected 1 to be 2")] },
              { status: "pending", fullName: "multiplies" },
              { status: "todo", fullName: "divides" },
            ],
          },
        ],
      },
      "/project",
    );
    expect(count).toEqual({
      passed: 1,
      skipped: ["test/unit/a.test.ts › multiplies", "test/unit/a.test.ts › divides"],
      failures: [{ title: "test/unit/a.test.ts › subtracts", message: "expected 1 to be 2" }],
    });
  });

  it("counts a file that could not be loaded as one failure", () => {
    const file = {
      name: "/project/b.test.ts",
      status: "failed",
      message: "Cannot find module",
      assertionResults: [],
    };
    expect(countVitest({ testResults: [file] }, "/project").failures).toEqual([
      { title: "b.test.ts", message: "Cannot find module" },
    ]);
  });
});

describe("countPlaywright", () => {
  const spec = (title: string, status: string) => ({
    title,
    file: "demo.spec.ts",
    line: 7,
    tests: [
      {
        projectName: "chromium",
        status,
        annotations: status === "skipped" ? [{ type: "skip", description: "needs a screen" }] : [],
        results: [{ errors: status === "expected" ? [] : [{ message: red("no row") }] }],
      },
    ],
  });

  it("walks suites in suites, and a flaky test is a failure", () => {
    const suites = [
      {
        specs: [spec("opens", "expected")],
        suites: [{ specs: [spec("queries", "flaky"), spec("later", "skipped")] }],
      },
    ];
    expect(countPlaywright({ suites, errors: [] })).toEqual({
      passed: 1,
      skipped: ["demo.spec.ts:7 › later [chromium]: needs a screen"],
      failures: [{ title: "demo.spec.ts:7 › queries [chromium]", message: "no row" }],
    });
  });

  it("counts an error outside any test", () => {
    const { failures } = countPlaywright({
      suites: [],
      errors: [{ message: "the web server did not start" }],
    });
    expect(failures).toEqual([{ title: "outside any test", message: "the web server did not start" }]);
  });
});

describe("runAndCount", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cloudcrop-reports-"));
    file = join(folder, "report.json");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ended = (code: number, output: string) => ({ code, output, timedOut: false });
  const onePassed = {
    testResults: [{ name: "a", status: "passed", assertionResults: [{ status: "passed", fullName: "a" }] }],
  };

  it("never counts an old report", async () => {
    writeFileSync(file, JSON.stringify(onePassed));
    const { passed, failures } = await runAndCount("node tests", file, countVitest, async () =>
      ended(1, "it crashed"),
    );
    expect({ passed, failures }).toEqual({
      passed: 0,
      failures: [{ title: "node tests", message: "It ran no test.\nit crashed" }],
    });
  });

  it("fails when the tool fails although no test did", async () => {
    const { passed, failures } = await runAndCount("node tests", file, countVitest, async () => {
      writeFileSync(file, JSON.stringify(onePassed));
      return ended(1, "Unhandled rejection");
    });
    expect({ passed, failures }).toEqual({
      passed: 1,
      failures: [{ title: "node tests", message: "Unhandled rejection" }],
    });
  });

  it("fails when no test ran", async () => {
    const { failures } = await runAndCount("node tests", file, countVitest, async () => {
      writeFileSync(file, JSON.stringify({ testResults: [] }));
      return ended(0, "");
    });
    expect(failures).toEqual([{ title: "node tests", message: "It ran no test.\n" }]);
  });
});
