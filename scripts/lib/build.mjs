// @ts-check
/**
 * @module
 * Builds the library and the demo.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { packLibrary } from "./pack.mjs";
import { ROOT, runBin, Stop } from "./run.mjs";

/**
 * Compiles src/ into a fresh dist/, and packs its modules into parts.
 *
 * @returns {Promise<void>}
 * @throws {Stop} with the compiler's words
 */
export async function buildLibrary() {
  // A file removed from src/ must not live on in the package.
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  const { code, output } = await runBin("typescript", "tsc", ["-p", "tsconfig.build.json"]);
  if (code !== 0) throw new Stop("The library does not compile.", output);
  await packLibrary();
}

/**
 * Builds the demo page into demo/dist/.
 *
 * @returns {Promise<void>}
 * @throws {Stop} with Vite's words
 */
export async function buildDemo() {
  const { code, output } = await runBin("vite", "vite", ["build", "--logLevel", "warn"]);
  if (code !== 0) throw new Stop("The demo does not build.", output);
}
