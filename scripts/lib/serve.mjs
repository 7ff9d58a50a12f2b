// @ts-check
/**
 * @module
 * Serves what the demo needs: the sample stores on the embedded S3 server, and the built demo page, which learns at run time where
 * they are from `/samples.json`. Used by `npm start`, by Vite's development server and by the end-to-end tests.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Stop } from "./run.mjs";
import { samplesPlugin } from "./samples-plugin.mjs";

/** The sample stores are fixtures; `demo/samples.json` says which. */
const FIXTURES = join(ROOT, "test", "fixtures");
const REGION = "eu-central-1";
/** Keys of the private bucket. They open nothing but the embedded server, so the page may show them. */
const DEMO_KEYS = { accessKeyId: "CLOUDCROPDEMO", secretAccessKey: "demo/keys+of+the+embedded+server" };
const BUCKETS = { public: "samples", private: "private", noCors: "no-cors" };
const PREFERRED_PORT = 4173;

/**
 * @typedef {object} Preset
 * @property {string} id
 * @property {string} title
 * @property {string} bucket
 * @property {string} path the store's key prefix in the bucket
 * @property {string} format
 * @property {string} kind
 * @property {string} credit
 *
 * @typedef {Preset & { folder: string }} Sample `folder` holds the store, under test/fixtures/
 *
 * @typedef {object} SamplesDescription what `/samples.json` answers
 * @property {string} endpoint
 * @property {string} region
 * @property {typeof BUCKETS} buckets `noCors` is public and holds every store, but has no CORS rule
 * @property {typeof DEMO_KEYS} demoKeys
 * @property {Preset[]} stores
 *
 * @typedef {typeof import("../../test/support/s3-server/server.js")} S3Module
 * @typedef {import("../../test/support/s3-server/server.js").S3Server} S3Server
 * @typedef {{ description: SamplesDescription, server: S3Server, close(): Promise<void> }} Samples
 */

/** @returns {Promise<S3Module>} the embedded server's code, which is TypeScript: Vite's module runner loads it */
async function loadS3Server() {
  const { runnerImport } = await import("vite");
  const file = join(ROOT, "test", "support", "s3-server", "server.ts");
  const { module } = await runnerImport(file, { root: ROOT, logLevel: "error" });
  return /** @type {S3Module} */ (module);
}

/** @returns {Sample[]} */
function readSamples() {
  /** @type {{ presets: Sample[] }} */
  const { presets } = JSON.parse(readFileSync(join(FIXTURES, "demo", "samples.json"), "utf8"));
  for (const { id, folder } of presets) {
    if (!existsSync(join(FIXTURES, folder))) {
      throw new Stop(`The sample ${id} names test/fixtures/${folder}, which is not there.`);
    }
  }
  return presets;
}

/**
 * Starts the embedded S3 server with the sample stores: a public bucket, a private one, and one without a CORS rule.
 *
 * @param {{ port?: number, latencyMs?: number }} [options] port 0: any free one; `latencyMs` is added before every answer
 * @returns {Promise<Samples>} `server` gives counters, log and faults to tests
 */
export async function startSamples({ port = 0, latencyMs = 0 } = {}) {
  const samples = readSamples();
  const { RECOMMENDED_CORS, createS3Server } = await loadS3Server();
  const server = await createS3Server({ port, region: REGION, accounts: [DEMO_KEYS], latencyMs }).catch(
    (error) => {
      throw new Stop(
        `The embedded S3 server does not start: ${error instanceof Error ? error.message : error}.`,
      );
    },
  );
  const buckets = {
    [BUCKETS.public]: server.createBucket(BUCKETS.public, { publicRead: true, cors: RECOMMENDED_CORS }),
    [BUCKETS.private]: server.createBucket(BUCKETS.private, { cors: RECOMMENDED_CORS }),
  };
  const noCors = server.createBucket(BUCKETS.noCors, { publicRead: true });
  for (const { id, bucket, path, folder } of samples) {
    const target = buckets[bucket];
    if (target === undefined)
      throw new Stop(
        `The sample ${id} names the bucket ${bucket}, which is none of ${Object.keys(buckets)}.`,
      );
    for (const each of [target, noCors]) each.mount(`${path}/`, join(FIXTURES, folder));
  }
  const stores = samples.map(({ folder: _, ...preset }) => preset);
  return {
    description: { endpoint: server.url, region: REGION, buckets: BUCKETS, demoKeys: DEMO_KEYS, stores },
    server,
    close: () => server.close(),
  };
}

/**
 * Serves the built demo.
 *
 * @param {{ samples: Samples, port?: number }} options without a port, 4173 or the next free one
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 * @throws {Stop} when the demo is not built or the port is taken
 */
export async function serveDemo({ samples, port }) {
  if (!existsSync(join(ROOT, "demo", "dist", "index.html"))) {
    throw new Stop("The demo is not built; build it first: npm run build.");
  }
  const { preview } = await import("vite");
  const server = await preview({
    configFile: false,
    root: join(ROOT, "demo"),
    // An address that is not there answers 404, not the page.
    appType: "mpa",
    logLevel: "silent",
    build: { outDir: "dist" },
    plugins: [samplesPlugin(samples)],
    preview: { host: "127.0.0.1", port: port ?? PREFERRED_PORT, strictPort: port !== undefined },
  }).catch((error) => {
    throw new Stop(`The demo cannot be served: ${error instanceof Error ? error.message : error}.`);
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === "string") throw new Stop("The demo's server has no port.");
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}
