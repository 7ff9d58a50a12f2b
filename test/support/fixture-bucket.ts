/**
 * Global set-up of browser tests: the embedded S3 server with every fixture in a public bucket.
 */
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { createS3Server, RECOMMENDED_CORS } from "./s3-server/server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Root of the fixtures over plain HTTP, with a slash at the end. */
    fixturesUrl: string;
    /** Whether the page is cross-origin isolated. */
    isolated: boolean;
  }
}

export default async function serveFixtures(project: TestProject): Promise<() => Promise<void>> {
  const server = await createS3Server();
  server.createBucket("fixtures", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
  server.mount("fixtures", "", fileURLToPath(new URL("../fixtures/", import.meta.url)));
  project.provide("fixturesUrl", `${server.url}/fixtures/`);
  return () => server.close();
}
