// @ts-check
/**
 * @module
 * `npm run bench`: lists the benchmarks; `npm run bench -- <name>… [options]` runs `bench/<name>.bench.mjs`, one after the other, because
 * two at once would measure each other; `npm run bench -- all` runs every one. Installs what is missing.
 *
 * Options: `--node`, `--browser` (that place only), `--only TEXT` (cases whose name holds the text), `--quick` (short rounds, to see that
 * it works).
 */
import { requireNode } from "../scripts/lib/node-version.mjs";

requireNode();
const { spawnSync } = await import("node:child_process");
const { readdirSync, readFileSync } = await import("node:fs");
const { join } = await import("node:path");
const { fileURLToPath } = await import("node:url");
const { runMain, Stop } = await import("../scripts/lib/run.mjs");
const { installDependencies } = await import("../scripts/lib/install.mjs");
const { BROWSER_VARIABLE, ensureBrowser } = await import("../scripts/lib/browser.mjs");

const SUFFIX = ".bench.mjs";
const folder = fileURLToPath(new URL(".", import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort();

/**
 * @param {string} name
 * @returns {string} the first sentence of the file's head
 */
function summary(name) {
  const head = readFileSync(join(folder, name + SUFFIX), "utf8").split("@module")[1] ?? "";
  return (
    head
      .replace(/\s*\*\/[\s\S]*/, "")
      .replace(/\n\s*\*/g, "")
      .trim()
      .split(". ")[0] ?? ""
  );
}

const args = process.argv.slice(2);
const isName = (/** @type {string} */ arg, /** @type {number} */ at) =>
  !arg.startsWith("--") && args[at - 1] !== "--only";
const given = args.filter(isName);
const names = given.includes("all") ? known : given;
const options = args.filter((arg, at) => !isName(arg, at));
const unknown = names.find((name) => !known.includes(name));

if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${known.join(", ")}.`);
  process.exitCode = 1;
} else if (names.length === 0) {
  for (const name of known) console.log(`${name.padEnd(10)} ${summary(name)}`);
  console.log("\nnpm run bench -- <name>…|all [--node] [--browser] [--only TEXT] [--quick]");
} else {
  runMain(async () => {
    await installDependencies();
    process.env[BROWSER_VARIABLE] = await ensureBrowser();
    const failed = names.filter((name) => {
      const program = [join(folder, name + SUFFIX), ...options];
      return spawnSync(process.execPath, program, { stdio: "inherit" }).status !== 0;
    });
    if (failed.length > 0) throw new Stop(`Failed: ${failed.join(", ")}.`);
  });
}
