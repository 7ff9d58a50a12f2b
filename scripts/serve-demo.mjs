// @ts-check
/**
 * @module
 * What the end-to-end tests run against: the sample stores and the built demo, each on any free port. Prints `s3 <url>` and
 * `demo <url>`, which playwright.config.ts reads.
 */
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { runMain, say } = await import("./lib/run.mjs");
const { serveDemo, startSamples } = await import("./lib/serve.mjs");

/** @type {(() => Promise<void>)[]} */
const closers = [];

runMain(
  async () => {
    const samples = await startSamples();
    closers.push(samples.close);
    const demo = await serveDemo({ samples, port: 0 });
    closers.push(demo.close);
    say(`s3 ${samples.description.endpoint}\ndemo ${demo.url}`);
  },
  async () => {
    await Promise.all(closers.map((close) => close()));
  },
);
