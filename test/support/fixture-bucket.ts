/**
 * Global set-up of browser tests: the embedded S3 server with every fixture in a public bucket, and the objects of the store
 * contract in buckets `public`, `private` and `bare`, which exposes no header.
 */
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { createS3Server, RECOMMENDED_CORS } from "./s3-server/server.js";
import { sampleObjects } from "./sample-objects.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Root of the fixtures over plain HTTP, with a slash at the end. */
    fixturesUrl: string;
    /** How the buckets of the store contract are reached. */
    contractServer: {
      readonly endpoint: string;
      readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
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
  const { accessKeyId, secretAccessKey } = server.account;
  project.provide("contractServer", { endpoint: server.url, keys: { accessKeyId, secretAccessKey } });
  project.provide("fixturesUrl", `${server.url}/fixtures/`);
  return () => server.close();
}
