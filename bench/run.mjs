// @ts-check
/**
 * @module
 * `npm run bench`: lists the benchmarks; `npm run bench -- <name>…` runs `bench/<name>.bench.mjs`, one after the other, because two at
 * once would measure each other.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SUFFIX = ".bench.mjs";
const folder = fileURLToPath(new URL(".", import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort();
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !known.includes(name));

if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${known.join(", ") || "none yet"}.`);
  process.exitCode = 1;
} else if (asked.length === 0) {
  console.log(known.length === 0 ? "No benchmarks yet." : `Benchmarks: ${known.join(", ")}`);
}
for (const name of unknown === undefined ? asked : []) {
  console.log(`── ${name}`);
  const { status } = spawnSync(process.execPath, [join(folder, name + SUFFIX)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
