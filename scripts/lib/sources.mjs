// @ts-check
/**
 * @module
 * Loads the project's TypeScript in Node, through Vite's module runner. `runnerImport` would end the runner before modules are through
 * with their own `import()`, so a server without network is kept until `close`.
 */
import { join } from "node:path";
import { ROOT } from "./run.mjs";

/**
 * @typedef {object} Sources
 * @property {(path: string) => Promise<any>} load a module by its path from the project's folder
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<Sources>} */
export async function openSources() {
  const { createServer } = await import("vite");
  const server = await createServer({
    root: ROOT,
    configFile: false,
    appType: "custom",
    logLevel: "error",
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  return { load: (path) => server.ssrLoadModule(join(ROOT, path)), close: () => server.close() };
}
