/**
 * Global set-up of browser tests: the embedded S3 server with every fixture in a public bucket, and the objects of the store
 * contract in buckets `public`, `private` and `bare`, which exposes no header, an array in one shard, ATLAS stores of many datasets in two of them,
 * stores of each format to be priced; the clouds, imitated and, where they are
 * installed, emulated.
 */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { datasetCounts, longStores, manyStores } from "./atlas-many.js";
import { startCloudServer } from "./cloud-server.js";
import { type Emulator, hasAzurite, hasFakeGcs, startAzurite, startFakeGcs } from "./emulators.js";
import { placeOfSample, priceQuestions, priceSamples, priceWays } from "./price-samples.js";
import { serveRequestLog } from "./request-log.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "./s3-server/server.js";
import { rampStore, sampleObjects, shardStore } from "./sample-objects.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Root of the fixtures over plain HTTP, with a slash at the end. */
    fixturesUrl: string;
    /** What the server was asked, by the query of the requests: see `serveRequestLog`. */
    requestLogUrl: string;
    /** How the buckets of the store contract are reached. */
    contractServer: {
      readonly endpoint: string;
      readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
    };
    /** Google's two APIs and Azure, each with a bucket or container `public` and `private`. */
    clouds: {
      readonly xml: string;
      readonly json: string;
      readonly azure: string;
      /** HMAC keys for the XML API. */
      readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
      readonly sas: string;
      readonly token: string;
    };
    /** Emulators of other people's, where they are installed, with a container `public` and in azurite one `private`. */
    emulators: {
      readonly azurite?: { readonly endpoint: string; readonly account: string; readonly sas: string };
      readonly fakeGcs?: string;
    };
    /** Whether the page is cross-origin isolated. */
    isolated: boolean;
  }
}

export default async function serveFixtures(project: TestProject): Promise<() => Promise<void>> {
  const server = await createS3Server();
  server.createBucket("fixtures", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
  server.mount("fixtures", "", fileURLToPath(new URL("../fixtures/", import.meta.url)));
  const bareCors = [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }];
  server.createBucket("public", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
  server.createBucket("private", { cors: RECOMMENDED_CORS });
  server.createBucket("bare", { publicRead: true, publicList: true, cors: bareCors });
  for (const bucket of ["public", "private", "bare"]) {
    for (const [key, bytes] of sampleObjects()) server.put(bucket, `pre fix/${key}`, bytes);
  }
  for (const [key, bytes] of shardStore()) server.put("public", `shard.zarr/${key}`, bytes);
  serveLines(server);
  serveTimed(server);
  serveManyDatasets(server);
  servePriced(server);
  const log = await serveRequestLog(server);
  project.provide("requestLogUrl", log.url);
  const { accessKeyId, secretAccessKey } = server.account;
  project.provide("contractServer", { endpoint: server.url, keys: { accessKeyId, secretAccessKey } });
  project.provide("fixturesUrl", `${server.url}/fixtures/`);
  const closeClouds = await serveClouds(project);
  const closeEmulators = await serveEmulators(project);
  return async () => {
    await Promise.all([server.close(), log.close(), closeClouds(), closeEmulators()]);
  };
}

/** An array in one shard of 4 MiB, far away: over a quick line, and over a slow one. */
function serveLines(server: S3Server): void {
  for (const line of ["quick", "slow"]) {
    for (const [key, bytes] of shardStore(32)) server.put("public", `${line}/wide.zarr/${key}`, bytes);
  }
  // So far that one line is quick beside it on a busy machine, too.
  server.addFault({ path: /^\/public\/(quick|slow)\/.*\/c\//, fault: { kind: "delay", ms: 500 } });
  server.addFault({
    path: /^\/public\/slow\/.*\/c\//,
    fault: { kind: "drip", bytes: 16 * 1024, everyMs: 80 },
  });
}

/** Buckets `shown`, whose answers let pages see their times, and `hidden`: the same grid under several names, so that no cache has it. */
function serveTimed(server: S3Server): void {
  for (const [bucket, headers] of Object.entries({ hidden: {}, shown: { "Timing-Allow-Origin": "*" } })) {
    server.createBucket(bucket, { cors: RECOMMENDED_CORS });
    for (const name of ["header-worker", "header-page", "query-worker", "query-page"]) {
      for (const [key, bytes] of rampStore()) server.put(bucket, `${name}.zarr/${key}`, bytes, { headers });
    }
  }
}

/** Bucket `prices`: a store of each format, under a name for each question. */
function servePriced(server: S3Server): void {
  server.createBucket("prices", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
  for (const [name, { path }] of Object.entries(priceSamples)) {
    const place = fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
    for (const way of priceWays) {
      for (const question of priceQuestions) {
        const prefix = placeOfSample(way, question, name);
        if (statSync(place).isFile()) server.put("prices", prefix, readFileSync(place));
        else server.mount("prices", `${prefix}/`, place);
      }
    }
  }
}

/** ATLAS stores, by kind and number of datasets; those of long files in the bucket `listless` too, which refuses listings. */
function serveManyDatasets(server: S3Server): void {
  server.createBucket("listless", { publicRead: true, publicList: false, cors: RECOMMENDED_CORS });
  const all = [
    ...Object.entries(manyStores).map(([kind, store]) => ({ kind, store, counts: datasetCounts })),
    ...Object.entries(longStores).map(([kind, store]) => ({ kind, store, counts: [10] })),
  ];
  for (const { kind, store, counts } of all) {
    for (const count of counts) {
      for (const [name, bytes] of Object.entries(store.write(count))) {
        for (const bucket of ["bare", "public", ...(kind in longStores ? ["listless"] : [])])
          server.put(bucket, `atlas/${kind}/${count}/${name}`, bytes);
      }
    }
  }
}

async function serveClouds(project: TestProject): Promise<() => Promise<void>> {
  const objects = new Map([...sampleObjects()].map(([key, bytes]) => [`pre fix/${key}`, bytes]));
  for (const [key, bytes] of rampStore()) objects.set(`ramp.zarr/${key}`, bytes);
  const google = await createS3Server({ region: "auto" });
  google.createBucket("public", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
  google.createBucket("private", { cors: RECOMMENDED_CORS });
  for (const bucket of ["public", "private"]) {
    for (const [key, bytes] of objects) google.put(bucket, key, bytes);
  }
  const cloud = await startCloudServer(objects);
  const { accessKeyId, secretAccessKey } = google.account;
  const { url, azure, sas, token } = cloud;
  project.provide("clouds", {
    xml: google.url,
    json: url,
    azure,
    keys: { accessKeyId, secretAccessKey },
    sas,
    token,
  });
  return async () => {
    await Promise.all([google.close(), cloud.close()]);
  };
}

async function serveEmulators(project: TestProject): Promise<() => Promise<void>> {
  const azurite = hasAzurite ? await startAzurite() : undefined;
  const fakeGcs = hasFakeGcs ? await startFakeGcs() : undefined;
  await azurite?.allowPages();
  if (azurite !== undefined) {
    await fillContainer(azurite, "public");
    await fillContainer(azurite, "private");
  }
  if (fakeGcs !== undefined) await fillContainer(fakeGcs, "public");
  project.provide("emulators", {
    ...(azurite && {
      azurite: { endpoint: azurite.endpoint, account: azurite.account, sas: azurite.sas("rl") },
    }),
    ...(fakeGcs && { fakeGcs: fakeGcs.endpoint }),
  });
  return async () => {
    await Promise.all([azurite?.close(), fakeGcs?.close()]);
  };
}

async function fillContainer(emulator: Emulator, name: "public" | "private"): Promise<void> {
  await emulator.createContainer(name, name === "public");
  for (const [key, bytes] of sampleObjects()) await emulator.put(name, `pre fix/${key}`, bytes);
}
