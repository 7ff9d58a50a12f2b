/**
 * The command `cloudcrop-list` of the built package.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { open } from "../../src/index.js";
import { loadFixture } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";
import { startWebServer } from "../support/web-servers.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const command = join(
  root,
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")).bin["cloudcrop-list"],
);
const execute = promisify(execFile);

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function list(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return execute(process.execPath, [command, ...args], { env: { ...process.env, ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Outcome) => ({ code, stdout, stderr }),
  );
}

const fixture = loadFixture("zarr", "v3-layout");
let server: S3Server;
let folder: string;

beforeAll(async () => {
  if (!existsSync(command)) {
    await execute(process.execPath, ["scripts/build.mjs", "--library"], { cwd: root });
  }
  folder = await mkdtemp(join(tmpdir(), "cloudcrop-list-"));
  await cp(fixture.path, folder, { recursive: true });
  server = await createS3Server();
  server.createBucket("open", { publicRead: true, publicList: true });
  server.mount("open", "types/", folder);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("cloudcrop-list", () => {
  it("writes the same of a folder, a bucket and a web server's pages", async () => {
    const ofFolder = await list([folder]);
    expect(ofFolder).toMatchObject({ code: 0, stderr: "" });
    const { keys } = JSON.parse(ofFolder.stdout);
    expect(keys["zarr.json"]).toBe(readFileSync(join(folder, "zarr.json")).length);
    const ofBucket = await list(["s3://open/types", "--endpoint", server.url]);
    expect(ofBucket.stdout).toBe(ofFolder.stdout);
    const web = await startWebServer("python", folder);
    const ofPages = await list([web.url]);
    expect(ofPages.stdout).toBe(ofFolder.stdout);
    await web.close();
  });

  it("writes a file that opens the store where it cannot be listed, and does not list itself", async () => {
    const out = join(folder, "listing.json");
    for (const _ of [1, 2]) expect(await list([folder, "-o", out])).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(out, "utf8")).not.toContain("listing.json");
    server.createBucket("blind", { publicRead: true, publicList: false });
    server.mount("blind", "", folder);
    const data = await open(`${server.url}/blind`, { pool: 0, listing: "listing.json" });
    expect(data.sources.size).toBeGreaterThan(3);
    data.close();
  });

  it("lists a private bucket with the keys of the environment, and does not print them", async () => {
    const { accessKeyId, secretAccessKey } = server.account;
    server.createBucket("closed");
    server.mount("closed", "types/", folder);
    const place = ["s3://closed/types", "--endpoint", server.url, "--region", "us-east-1"];
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const listed = await list([...place, "--credentials", "environment"], env);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(listed.stdout).keys).toHaveProperty(["zarr.json"]);
    const refused = await list(place, env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^forbidden: /) });
    const wrong = await list([...place, "--credentials", "environment"], {
      ...env,
      AWS_SECRET_ACCESS_KEY: "MARKER",
    });
    expect(wrong).toMatchObject({ code: 1 });
    expect(`${listed.stdout}${refused.stderr}${wrong.stderr}`).not.toMatch(/MARKER/);
  });

  it("says what is wrong, without a stack", async () => {
    expect(await list([])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Usage: cloudcrop-list/),
    });
    expect(await list(["--help"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage/) });
    expect(await list([folder, "--nonsense"])).toMatchObject({ code: 2 });
    expect(await list([folder, "--addressing", "odd"])).toMatchObject({ code: 2 });
    expect(await list([`${server.url}/open/types`])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^unsupported: 127\.0\.0\.1:\d+ shows no index page of [^\n]*\n$/),
    });
  });
});
