// @ts-check
/**
 * @module
 * A Vite plugin that answers `/samples.json` with where the sample stores are. It is given running ones, or starts its own when the
 * page of a development server first asks.
 */

/**
 * @param {import("./serve.mjs").Samples} [given]
 * @returns {import("vite").Plugin}
 */
export function samplesPlugin(given) {
  /** @type {Promise<import("./serve.mjs").Samples> | undefined} */
  let started;
  const samples = () => {
    // Loaded late: building the demo needs no server.
    started ??= given
      ? Promise.resolve(given)
      : import("./serve.mjs").then(({ startSamples }) => startSamples());
    return started;
  };
  /** @param {import("vite").ViteDevServer | import("vite").PreviewServer} server */
  const serve = (server) => {
    server.middlewares.use("/samples.json", (_request, response, next) => {
      samples().then(({ description }) => {
        response.setHeader("Content-Type", "application/json");
        response.setHeader("Cache-Control", "no-store");
        response.end(JSON.stringify(description));
      }, next);
    });
    server.httpServer?.once("close", () => {
      if (!given) void started?.then((running) => running.close());
    });
  };
  return { name: "cloudcrop-samples", configureServer: serve, configurePreviewServer: serve };
}
