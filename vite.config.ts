/**
 * @module
 * The demo's build and development server: root demo/, output demo/dist/, `cloudcrop` read from its sources.
 */
import { join } from "node:path";
import { defineConfig } from "vite";
import { sourceAliases } from "./scripts/lib/exports.mjs";
import { ROOT } from "./scripts/lib/run.mjs";
import { samplesPlugin } from "./scripts/lib/samples-plugin.mjs";

export default defineConfig({
  root: join(ROOT, "demo"),
  // Relative addresses: the built page works under any path of any host.
  base: "./",
  resolve: { alias: sourceAliases() },
  plugins: [samplesPlugin()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // deck.gl alone is larger than Vite's default of 500 kB; the library's own sizes are held by scripts/size.mjs.
    chunkSizeWarningLimit: 1500,
  },
  server: { host: "127.0.0.1", port: 5173 },
});
