// @ts-check
/**
 * @module
 * The tests' S3 server for a benchmark's page, which may change its latency and faults and read its counts.
 */

/**
 * @typedef {object} BenchBucket
 * @property {string} url of the server
 * @property {string} base of the bucket
 * @property {import("../../test/support/s3-server/server.js").S3Server} server
 * @property {(key: string, bytes: Uint8Array | string) => void} put; to be read below a number, `7/key`, any that the browser's cache does not know
 * @property {string} closedBase of a second bucket with the same objects, which answers signed requests only
 * @property {(command: string) => Promise<string>} ask what the page asks: `{ do: "begin", latencyMs?, faults?, isUnlisted?, copy? }` forgets counts, `{ do: "count" }` tells them
 */

/**
 * @param {import("../../scripts/lib/sources.mjs").Sources} sources
 * @returns {Promise<BenchBucket>}
 */
export async function startBucket(sources) {
  const { createS3Server, RECOMMENDED_CORS } = await sources.load("test/support/s3-server/server.ts");
  const { createRandom } = await sources.load("bench/lib/random.ts");
  const server = await createS3Server({ random: createRandom(1) });
  const bucket = server.createBucket("bench", { publicRead: true, cors: RECOMMENDED_CORS });
  const closed = server.createBucket("closed", { cors: RECOMMENDED_CORS });
  const copies = [bucket, closed].map(addCopies);
  return {
    url: server.url,
    base: `${server.url}/bench`,
    server,
    closedBase: `${server.url}/closed`,
    put(key, bytes) {
      for (const name of ["bench", "closed"]) server.put(name, key, bytes);
    },
    async ask(command) {
      const { do: what, latencyMs = 0, faults = [], isUnlisted = false, copy = "0" } = JSON.parse(command);
      if (what === "begin") {
        server.reset();
        server.latencyMs = latencyMs;
        bucket.publicList = !isUnlisted;
        for (const each of copies) each.listed = copy;
        for (const { path, ...rule } of faults)
          server.addFault({ ...rule, ...(path && { path: new RegExp(path) }) });
      }
      const { requests, OPTIONS, HEAD, GET, LIST, bytesOut, maxConcurrent } = server.counters;
      return JSON.stringify({
        requests,
        preflights: OPTIONS,
        heads: HEAD,
        gets: GET,
        lists: LIST,
        bytes: bytesOut,
        maxConcurrent,
      });
    },
  };
}

/**
 * Every number is a folder with all that was put; a listing shows one of them.
 *
 * @param {import("../../test/support/s3-server/server.js").Bucket} bucket
 */
function addCopies(bucket) {
  const copies = { listed: "0" };
  const find = bucket.find.bind(bucket);
  const sortedKeys = bucket.sortedKeys.bind(bucket);
  bucket.find = (key) => find(key.replace(/^\d+\//, ""));
  bucket.sortedKeys = async () => (await sortedKeys()).map((key) => `${copies.listed}/${key}`);
  return copies;
}
