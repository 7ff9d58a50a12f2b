// @ts-check
/**
 * @module
 * `npm run soak -- [--reads N] [--seed N]`: reads from a server on this machine that fails often. 20,000 by default, some minutes.
 */
import { parseArgs } from "node:util";
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { openSources } = await import("./lib/sources.mjs");

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, reads: { type: "string", default: "20000" } },
});
const [seed, reads] = [values.seed, values.reads].map(Number);

const sources = await openSources();
try {
  if (![seed, reads].every((value) => Number.isInteger(value) && Number(value) > 0)) {
    console.error("--seed and --reads take whole numbers above 0.");
    process.exitCode = 1;
  } else {
    const { soak } = await sources.load("test/soak/run.ts");
    /** @type {import("../test/soak/run.js").SoakReport} */
    const report = await soak({
      reads,
      seed,
      onProgress: (/** @type {number} */ done) => console.log(`${done} of ${reads}`),
    });
    const { right, left, failed, wrong, requests, faults, memory, seconds } = report;
    console.log(`seed ${seed}: ${reads} reads by ${requests} requests in ${seconds.toFixed(1)} s`);
    console.log(`went wrong: ${JSON.stringify(faults)}`);
    console.log(`${right} right, ${left} left by their reader, failed by name: ${JSON.stringify(failed)}`);
    console.log(`MiB in use by tenths: ${memory.map((bytes) => (bytes / 1048576).toFixed(1)).join(" ")}`);
    for (const line of wrong) console.log(`  !! ${line}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  await sources.close();
}
