// @ts-check
/**
 * @module
 * `npm run build`: the library with tsc (src/ → dist/), then the demo with Vite (demo/ → demo/dist/). `--library` or `--demo` builds
 * one of them.
 */
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { runMain, say } = await import("./lib/run.mjs");
const { buildDemo, buildLibrary } = await import("./lib/build.mjs");

runMain(async () => {
  const only = process.argv.slice(2);
  if (!only.includes("--demo")) {
    say("Building the library (src/ → dist/) …");
    await buildLibrary();
  }
  if (!only.includes("--library")) {
    say("Building the demo (demo/ → demo/dist/) …");
    await buildDemo();
  }
});
