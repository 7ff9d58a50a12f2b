import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { ROOT, run } from "../../../scripts/lib/run.mjs";

const node = process.execPath;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("keeps both streams and the exit code", async () => {
  const { code, output } = await run(node, [
    "-e",
    "console.log('out'); console.error('err'); process.exit(3)",
  ]);
  expect(code).toBe(3);
  expect(output.split("\n").sort()).toEqual(["", "err", "out"]);
});

it("answers code 1 for a program that is not there", async () => {
  expect((await run("/no/such/program", [])).code).toBe(1);
});

it("kills what takes too long", async () => {
  const { code, timedOut } = await run(node, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 300 });
  expect({ code, timedOut }).toEqual({ code: 1, timedOut: true });
});

it("leaves no program behind when it is told to end, even one that will not listen", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloudcrop-run-"));
  const pids = (): number[] => readdirSync(folder).map(Number);
  // A script of ours runs a program that starts another one; both ignore every polite signal.
  const deaf = `
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
    require("node:fs").writeFileSync(${JSON.stringify(folder)} + "/" + process.pid, "");
    setInterval(() => {}, 1000);`;
  const starter = `${deaf} require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}]);`;
  const script = `
    import { run, runMain, stopChildren } from ${JSON.stringify(pathToFileURL(join(ROOT, "scripts/lib/run.mjs")).href)};
    runMain(async () => void (await run(process.execPath, ["-e", ${JSON.stringify(starter)}])), () => stopChildren(500));`;
  const parent = spawn(node, ["--input-type=module", "-e", script], { stdio: "inherit" });
  try {
    await expect.poll(() => pids().length, { timeout: 10_000 }).toBe(2);
    expect(pids().filter(isAlive)).toHaveLength(2);
    const ended = new Promise((done) => parent.once("exit", done));
    parent.kill("SIGTERM");
    expect(await ended).toBe(143);
    // A killed process has its number until the system's first process asks for it, which may take a second or two.
    await expect.poll(() => pids().filter(isAlive), { timeout: 8000 }).toEqual([]);
  } finally {
    for (const pid of pids().filter(isAlive)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true });
  }
}, 20_000);
