// @ts-check
/**
 * @module
 * Runs other programs for the scripts: one line of what is done, quiet unless it fails, and nothing left behind on Ctrl-C.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));

const windows = process.platform === "win32";

/** Something cannot be had. The message is the one sentence the user reads. */
export class Stop extends Error {
  /**
   * @param {string} message
   * @param {string} [detail] output of the program that failed, shown above the sentence
   */
  constructor(message, detail) {
    super(message);
    this.name = "Stop";
    /** @type {string | undefined} */
    this.detail = detail;
  }
}

/**
 * Says in one line what happens next.
 *
 * @param {string} line
 */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/**
 * The last lines of a program's output.
 *
 * @param {string} output
 * @param {number} [lines]
 * @returns {string}
 */
export function tail(output, lines = 40) {
  return output.trimEnd().split("\n").slice(-lines).join("\n");
}

/**
 * @param {string} text
 * @returns {string} the text without terminal colours
 */
export function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what begins a colour.
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
/** Once we end, no program is started any more, and nobody goes on with the half result of a stopped one. */
let ending = false;

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  try {
    if (windows || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Ends every program started here and waits until all are gone.
 *
 * The first signal is that of a Ctrl-C and goes to the program alone, which ends its own children in order (Playwright its browsers);
 * what stays is killed with its whole group.
 *
 * @param {number} [graceMs]
 * @returns {Promise<void>}
 */
export async function stopChildren(graceMs = 3000) {
  ending = true;
  await Promise.all(
    [...children].map(async (child) => {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGINT");
      const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
      signalGroup(child, "SIGKILL");
    }),
  );
}

/**
 * @typedef {object} RunResult
 * @property {number} code exit code; 1 when the program could not be started or was killed
 * @property {string} output standard output and error, in the order they came, without colours
 * @property {boolean} timedOut
 */

/**
 * Runs a program to its end and keeps its output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutMs?: number, shell?: boolean }} [options] `env` is added to this process's
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    if (ending) return;
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: options.shell ?? false,
      // A group of its own: a terminal's Ctrl-C reaches this process only, which then stops the child in order.
      detached: !windows,
      windowsHide: true,
    });
    let output = "";
    let timedOut = false;
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            signalGroup(child, "SIGKILL");
          }, options.timeoutMs);
    children.add(child);
    /** @param {number} code */
    const finish = (code) => {
      clearTimeout(timer);
      children.delete(child);
      if (!ending) done({ code, output: plain(output), timedOut });
    };
    child.once("error", (error) => {
      output += `${error.message}\n`;
      finish(1);
    });
    child.once("close", (code) => finish(code ?? 1));
  });
}

/**
 * Runs the command of an installed package with this Node, which works the same on every system.
 *
 * @param {string} packageName
 * @param {string} binName
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 * @returns {Promise<RunResult>}
 */
export function runBin(packageName, binName, args, options) {
  const folder = join(ROOT, "node_modules", packageName);
  /** @type {{ bin: string | Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[binName];
  if (file === undefined) throw new Stop(`The package ${packageName} has no command ${binName}.`);
  return run(process.execPath, [join(folder, file), ...args], options);
}

/**
 * Runs npm: the one that started this script, or else the one on the path.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 * @returns {Promise<RunResult>}
 */
export function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && /npm-cli\.[cm]?js$/.test(cli))
    return run(process.execPath, [cli, ...args], options);
  return run(windows ? "npm.cmd" : "npm", args, { ...options, shell: windows });
}

/**
 * Runs a script's main function: a {@link Stop} becomes one sentence and exit code 1, a signal ends the started programs,
 * then what `onStop` names, then this process.
 *
 * @param {() => Promise<void>} main
 * @param {() => Promise<void>} [onStop]
 */
export function runMain(main, onStop) {
  let stopping = false;
  /** @param {number} code */
  const stop = (code) => {
    if (stopping) return;
    stopping = true;
    void Promise.all([stopChildren(), onStop?.()]).finally(() => process.exit(code));
  };
  process.on("SIGINT", () => stop(130));
  process.on("SIGTERM", () => stop(143));
  process.on("SIGHUP", () => stop(129));
  if (process.env.npm_lifecycle_event !== undefined && !windows) {
    // npm hands a SIGTERM to the shell it started us in, which dies of it and tells nobody: a new parent is all we see.
    const shell = process.ppid;
    setInterval(() => process.ppid === shell || stop(143), 250).unref();
  }
  main().catch((error) => {
    if (stopping) return;
    if (error instanceof Stop) {
      if (error.detail) console.error(tail(error.detail));
      console.error(error.message);
    } else console.error(error);
    stop(1);
  });
}
