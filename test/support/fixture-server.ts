/**
 * Every fixture in a public bucket of an S3 server that keeps a log.
 *
 * @module
 */
import { type Dataset, open } from "../../src/index.js";
import { fixturesRoot } from "./price-trials.js";
import { createS3Server, type S3Server } from "./s3-server/server.js";

export interface FixtureServer {
  readonly server: S3Server;
  /** Opens a store by its path among the fixtures, on a cold cache and without workers. */
  openFixture(path: string): Promise<Dataset>;
}

export async function startFixtureServer(): Promise<FixtureServer> {
  const server = await createS3Server({ maxLogEntries: 1_000_000 });
  server.createBucket("fixtures", { publicRead: true, publicList: true });
  server.mount("fixtures", "", fixturesRoot);
  const place = { endpoint: server.url, region: "us-east-1", credentials: "anonymous", pool: 0 } as const;
  return { server, openFixture: (path) => open(`s3://fixtures/${path}`, place) };
}
