// @ts-check
/**
 * @module
 * The native reference: `native.py` as a process that sleeps until it is asked.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../scripts/lib/run.mjs";

/**
 * @typedef {object} Native
 * @property {(command: string) => Promise<string>} ask
 * @property {Record<string, string>} versions libraries found
 * @property {() => void} stop
 */

/** @returns {string | undefined} c-blosc as `test/generate/run.mjs` unpacks it, where the system has none */
function unpackedBlosc() {
  const folder = join(ROOT, ".cache", "fixtures-libblosc");
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((file) =>
    file.endsWith("libblosc.so.1"),
  );
  return name === undefined ? undefined : join(folder, name);
}

/**
 * Starts the native process.
 *
 * @param {string} corpus folder of the packs
 * @returns {Promise<Native | undefined>} undefined without a Python 3.8 or later
 */
export async function startNative(corpus) {
  const python = ["python3", "python"].find(
    (name) => spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]).status === 0,
  );
  if (python === undefined) return undefined;
  const script = fileURLToPath(new URL("native.py", import.meta.url));
  const named = process.env.LIBBLOSC ?? unpackedBlosc();
  const env = named === undefined ? process.env : { ...process.env, LIBBLOSC: named };
  const child = spawn(python, ["-B", script, corpus], { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /** @type {Native["ask"]} */
  const ask = (command) => {
    const answer = last.then(async () => {
      child.stdin.write(`${command}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the native process ended at "${command}"`);
      return value;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  return { ask, versions: JSON.parse(await ask("versions")), stop: () => child.kill() };
}
