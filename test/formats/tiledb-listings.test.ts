/** Arrays on plain web servers, whose files are found by index pages or by a list of keys. */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenOptions, open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { expectRows } from "../support/expect-tiledb.js";
import { loadFixture, type TileDBPointAnswers } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";
import { hasWebServer, startWebServer, type WebServer, webServers } from "../support/web-servers.js";

const states = ["als-raw", "als-commits", "als-fragments", "als-vacuumed"] as const;
const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

async function expectAnswers(state: string, url: string, options: OpenOptions = {}): Promise<void> {
  const fixture = loadFixture("tiledb", state);
  const answers = fixture.answers as TileDBPointAnswers;
  const points = await open(url, { ...options, kind: "points", pool });
  for (const expected of answers.queries) {
    expectRows(fixture, expected, answers.sortedBy, await points.query(expected.query));
  }
}

// Of these some are always there; the others are met where they are installed.
describe.each(webServers.filter(hasWebServer))("index pages of %s", (name) => {
  it.each(states)("%s answers as the library does", async (state) => {
    let server: WebServer | undefined;
    try {
      server = await startWebServer(name, loadFixture("tiledb", state).path);
      await expectAnswers(state, server.url);
    } finally {
      await server?.close();
    }
  });
});

describe("a server without index pages", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await createS3Server({ region: "eu-central-1" });
    server.createBucket("forest", { publicRead: true });
    for (const state of states) server.mount("forest", `${state}/`, loadFixture("tiledb", state).path);
  });
  afterAll(() => server.close());

  it.each(states)("%s answers as the library does by a list of its keys", async (state) => {
    const files = readdirSync(loadFixture("tiledb", state).path, { recursive: true, withFileTypes: true });
    const root = loadFixture("tiledb", state).path;
    const listing = files
      .filter((file) => file.isFile())
      .map((file) =>
        `${file.parentPath.slice(root.length)}/${file.name}`.replaceAll("\\", "/").replace(/^\//, ""),
      );
    await expectAnswers(state, `${server.url}/forest/${state}`, { format: "tiledb", listing });
    expect(server.counters.LIST).toBe(0);
  });
});
