// @ts-check
/**
 * @module
 * `npm start`: from a fresh clone to the demo in the browser. Installs what is missing, builds the library and the demo, serves the
 * sample stores and the page, and ends with one URL; Ctrl-C ends it all.
 *
 * Options: `--port N` and `--s3-port N` fix the ports, `--no-install` and `--no-build` skip those steps.
 */
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { parseArgs } = await import("node:util");
const { runMain, say, Stop } = await import("./lib/run.mjs");
const { installDependencies } = await import("./lib/install.mjs");
const { buildDemo, buildLibrary } = await import("./lib/build.mjs");
const { parsePort } = await import("./lib/options.mjs");
const { serveDemo, startSamples } = await import("./lib/serve.mjs");

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string" },
        "s3-port": { type: "string" },
        "no-install": { type: "boolean", default: false },
        "no-build": { type: "boolean", default: false },
      },
    });
    return { ...values, port: parsePort(values.port), s3Port: parsePort(values["s3-port"]) };
  } catch (error) {
    throw new Stop(error instanceof Error ? error.message : String(error));
  }
}

/** @type {(() => Promise<void>)[]} */
const closers = [];

runMain(
  async () => {
    const options = readOptions();
    if (!options["no-install"]) await installDependencies();
    if (!options["no-build"]) {
      say("Building the library …");
      await buildLibrary();
      say("Building the demo …");
      await buildDemo();
    }
    say("Starting the embedded S3 server and the demo; Ctrl-C ends both.");
    const samples = await startSamples({ port: options.s3Port ?? 0 });
    closers.push(samples.close);
    const demo = await serveDemo({ samples, ...(options.port === undefined ? {} : { port: options.port }) });
    closers.push(demo.close);
    say(demo.url);
  },
  async () => {
    await Promise.all(closers.map((close) => close()));
  },
);
