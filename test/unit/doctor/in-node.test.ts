/**
 * The doctor in Node, where there is no CORS: each check by a server that makes it so.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Check, type CheckId, type DiagnoseOptions, diagnose } from "../../../src/index.js";
import { MemoryStore } from "../../../src/store/memory.js";
import { loadFixture } from "../../support/fixtures.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const fixture = loadFixture("zarr", "v3-layout");
let server: S3Server;
let skewMs = 0;

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1", now: () => Date.now() + skewMs });
  server.createBucket("open", { publicRead: true, publicList: true });
  server.createBucket("closed");
  for (const bucket of ["open", "closed"]) server.mount(bucket, "data/", fixture.path);
  server.put("open", "other/readme.txt", "nothing");
});
afterAll(() => server.close());

const quick = { retries: { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5 } };

async function examine(
  location: Parameters<typeof diagnose>[0],
  options: DiagnoseOptions = {},
): Promise<{ ok: boolean; url: string; of: (id: CheckId) => Check | undefined; ids: string[] }> {
  const { ok, checks, url, corsRules } = await diagnose(location, { ...quick, ...options });
  expect(corsRules).toEqual([]);
  for (const { title, message } of checks) {
    expect(title).not.toBe("");
    expect(message).toMatch(/^[^\n]{10,}[.\]]$/);
    expect(message).not.toContain("MARKER");
  }
  return { ok, url, of: (id) => checks.find((check) => check.id === id), ids: checks.map(({ id }) => id) };
}

const overS3 = (options: DiagnoseOptions = {}): DiagnoseOptions => ({ endpoint: server.url, ...options });

describe("diagnose", () => {
  it("finds all in order in a public bucket", async () => {
    const { ok, url, of, ids } = await examine("s3://open/data", overS3({ region: "eu-central-1" }));
    expect(ok).toBe(true);
    expect(url).toBe("s3://open/data");
    expect(ids).toEqual([
      "address",
      "reachable",
      "region",
      "clock",
      "credentials",
      "format",
      "range",
      "size",
      "listing",
    ]);
    for (const id of ids) expect(of(id as CheckId), id).toMatchObject({ state: "ok" });
    expect(of("format")!.message).toContain("zarr");
  });

  it("finds all in order with keys, and says nothing of them", async () => {
    const { accessKeyId, secretAccessKey } = server.account;
    const { ok } = await examine(
      "s3://closed/data",
      overS3({ credentials: { accessKeyId, secretAccessKey } }),
    );
    expect(ok).toBe(true);
  });

  it("finds all in order where a folder tells the format", async () => {
    server.mount("open", "array/", loadFixture("tiledb", "als-commits").path);
    const { ok, of } = await examine("s3://open/array", overS3());
    expect(ok).toBe(true);
    expect(of("format")!.message).toBe("__schema/ says tiledb.");
    expect(of("range")!.state).toBe("ok");
    expect(of("size")!.message).toMatch(/has \d+ bytes/);
  });

  it("names an address that is none", async () => {
    for (const address of ["ftp://host/x", "s3://Bad Bucket!/x", "http://user:MARKER@host/"]) {
      const { ok, of } = await examine(address);
      expect(ok).toBe(false);
      expect(of("address")!.state).toBe("failed");
      expect(of("listing")!.state).toBe("unknown");
    }
  });

  it("names a host that is not there", async () => {
    const gone = await createS3Server();
    await gone.close();
    const { of } = await examine(`${gone.url}/data`);
    expect(of("reachable")).toMatchObject({ state: "failed" });
    expect(of("reachable")!.message).toContain(`No connection to ${new URL(gone.url).host} (ECONNREFUSED)`);
    expect(of("format")).toMatchObject({
      state: "unknown",
      message: 'Not looked at, because of "Reachable".',
    });
  });

  it("names a bucket that is not there, keys that are wrong or missing", async () => {
    const missing = await examine("s3://nobucket/data", overS3());
    expect(missing.of("address")).toMatchObject({ state: "failed" });
    expect(missing.of("address")!.message).toContain("Bucket or container nobucket does not exist");
    expect(missing.of("reachable")!.state).toBe("ok");
    const credentials = { accessKeyId: server.account.accessKeyId, secretAccessKey: "MARKERSECRET" };
    const wrong = await examine("s3://closed/data", overS3({ credentials }));
    expect(wrong.of("credentials")).toMatchObject({ state: "failed" });
    expect(wrong.of("credentials")!.message).toContain("wrong secret key");
    const none = await examine("s3://closed/data", overS3());
    expect(none.of("credentials")!.message).toContain("give credentials");
  });

  it("names keys that have expired", async () => {
    const keys = { accessKeyId: "ASIAOLD", secretAccessKey: "MARKERSECRET", sessionToken: "MARKERTOKEN" };
    server.addAccount({ ...keys, user: server.account.accessKeyId, expiration: new Date(0) });
    const { of } = await examine("s3://closed/data", overS3({ credentials: keys }));
    expect(of("credentials")).toMatchObject({ state: "failed" });
    expect(of("credentials")!.message).toContain("expired");
  });

  it("names a wrong clock, which is corrected", async () => {
    skewMs = 40 * 60_000;
    const { accessKeyId, secretAccessKey } = server.account;
    const { ok, of } = await examine(
      "s3://closed/data",
      overS3({ credentials: { accessKeyId, secretAccessKey } }),
    );
    skewMs = 0;
    expect(ok).toBe(true);
    expect(of("clock")).toMatchObject({ state: "warning" });
    expect(of("clock")!.message).toContain("40 min off");
  });

  it("names a wrong region", async () => {
    const { ok, of } = await examine("s3://open/data", overS3({ region: "us-west-2" }));
    expect(ok).toBe(true);
    expect(of("region")).toMatchObject({ state: "warning" });
    expect(of("region")!.message).toContain("in eu-central-1, not in us-west-2");
  });

  it("names a folder without data, and looks at what is there all the same", async () => {
    const { of } = await examine("s3://open/other", overS3());
    expect(of("format")).toMatchObject({ state: "failed" });
    expect(of("range")).toMatchObject({ state: "ok" });
    expect(of("size")!.message).toBe("/readme.txt has 7 bytes.");
    const empty = await examine("s3://open/nothing", overS3());
    expect(empty.of("listing")!.message).toContain("nothing lies below this address");
  });

  it("names a server that ignores ranges, or cannot list", async () => {
    const fault = server.addFault({ fault: { kind: "ignore-range" } });
    const { ok, of } = await examine(`${server.url}/open/data`);
    fault.remove();
    expect(ok).toBe(true);
    expect(of("range")).toMatchObject({ state: "warning" });
    expect(of("range")!.message).toContain("ignores Range");
    expect(of("listing")).toMatchObject({ state: "warning" });
    expect(of("listing")!.message).toContain("shows no index page");
  });

  it("names a server that asks to slow down", async () => {
    const fault = server.addFault({ fault: { kind: "status", status: 503, code: "SlowDown" } });
    const { of } = await examine("s3://open/data", overS3());
    fault.remove();
    expect(of("reachable")!.message).toContain("asks to slow down; gave up after 5 tries");
  });

  it("looks at folders and at stores of the user's, where there is no network", async () => {
    const folder = await examine(fixture.path);
    expect(folder).toMatchObject({ ok: true, ids: ["address", "format", "listing"] });
    const memory = await examine(new MemoryStore(new Map()));
    expect(memory).toMatchObject({ ok: false, ids: ["address", "format", "listing"] });
    expect(memory.of("format")!.state).toBe("failed");
  });

  it("reads no data, and stops when it is told to", async () => {
    server.reset();
    await examine("s3://open/data", overS3());
    expect(server.counters.requests).toBeLessThan(10);
    const reason = new Error("enough");
    await expect(diagnose("s3://open/data", overS3({ signal: AbortSignal.abort(reason) }))).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const fault = server.addFault({ fault: { kind: "stall" } });
    const running = diagnose("s3://open/data", overS3({ signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
    fault.remove();
  });
});
