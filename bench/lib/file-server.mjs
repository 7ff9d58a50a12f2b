// @ts-check
/**
 * @module
 * Serves a folder to the benchmark's page. On two cores a server's work is taken from the readers', from whoever reads fastest most, so
 * nginx does it where it is installed (as when the goals were set); else the tests' S3 server, and the output says so.
 */
import { spawn, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * @typedef {object} FileServer
 * @property {string} name what serves
 * @property {string} base address of the folder
 * @property {(key: string, bytes: Uint8Array | string) => void} put; the same array again takes no further room
 * @property {(command: string) => Promise<string>} ask what the page asks: `{ do: "begin" }` forgets counts, `{ do: "count" }` tells them
 * @property {() => Promise<void>} stop takes the files with it
 */

/**
 * @param {import("../../scripts/lib/sources.mjs").Sources} sources
 * @returns {Promise<FileServer>}
 */
export async function startFileServer(sources) {
  const { error, stderr } = spawnSync("nginx", ["-V"], { encoding: "utf8" });
  // Without that module it would serve, but not count.
  return error === undefined && stderr.includes("http_stub_status_module")
    ? startNginx(/nginx\/(\S+)/.exec(stderr)?.[1] ?? "")
    : startFixtureServer(sources);
}

/**
 * @param {string} version
 * @returns {Promise<FileServer>}
 */
async function startNginx(version) {
  const folder = mkdtempSync(join(tmpdir(), "bench-files-"));
  const files = join(folder, "files");
  const port = await freePort();
  mkdirSync(files);
  writeFileSync(join(folder, "nginx.conf"), nginxConfig(folder, files, port));
  const server = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "inherit" });
  process.once("exit", () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const base = `http://127.0.0.1:${port}`;
  await waitFor(base);
  /** @type {Map<unknown, string>} */
  const written = new Map();
  return {
    name: `nginx ${version}`,
    base,
    put(key, bytes) {
      const file = join(files, key);
      mkdirSync(dirname(file), { recursive: true });
      const same = written.get(bytes);
      if (same !== undefined) linkSync(same, file);
      else writeFileSync(file, bytes);
      if (typeof bytes !== "string") written.set(bytes, file);
    },
    ask: countingFrom(() => requestsOf(base)),
    async stop() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Answers a page by what a server has counted since it was told to begin.
 *
 * @param {() => Promise<number>} countAll
 * @returns {(command: string) => Promise<string>}
 */
function countingFrom(countAll) {
  let before = 0;
  return async (command) => {
    const all = await countAll();
    if (JSON.parse(command).do === "begin") before = all;
    return JSON.stringify({ requests: all - before });
  };
}

/** Of all requests but those that ask for their number. */
let asked = 0;

/** @param {string} base */
async function requestsOf(base) {
  const text = await (await fetch(`${base}/status`)).text();
  const all = Number(/requests\s+\d+ \d+ (\d+)/.exec(text)?.[1]);
  return all - ++asked;
}

/**
 * Paths in the folder only, so that it runs as anybody.
 *
 * @param {string} folder
 * @param {string} files
 * @param {number} port
 */
function nginxConfig(folder, files, port) {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  return `
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log warn;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events { worker_connections 512; }
    http {
      ${paths} access_log off; default_type application/octet-stream;
      sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=4000;
      server {
        listen 127.0.0.1:${port}; root ${files};
        location = /status { stub_status; }
        add_header Access-Control-Allow-Origin * always;
        add_header Access-Control-Expose-Headers "ETag, Content-Range, Content-Length, Accept-Ranges" always;
        add_header Cross-Origin-Resource-Policy cross-origin always;
        add_header Timing-Allow-Origin * always;
        add_header Cache-Control no-store always;
      }
    }`;
}

/**
 * @param {import("../../scripts/lib/sources.mjs").Sources} sources
 * @returns {Promise<FileServer>}
 */
async function startFixtureServer(sources) {
  const { createS3Server, RECOMMENDED_CORS } = await sources.load("test/support/s3-server/server.ts");
  const server = await createS3Server();
  server.createBucket("bench", { publicRead: true, cors: RECOMMENDED_CORS });
  return {
    name: "the tests' S3 server (no nginx here: reads will look slower)",
    base: `${server.url}/bench`,
    put: (key, bytes) => server.put("bench", key, bytes),
    ask: countingFrom(async () => server.counters.requests),
    stop: () => server.close(),
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

/** @param {string} base */
async function waitFor(base) {
  for (let tries = 0; tries < 50; tries++) {
    const isUp = await fetch(base).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx did not start.");
}
