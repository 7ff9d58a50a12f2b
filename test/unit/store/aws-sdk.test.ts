/**
 * A store over a client of the AWS SDK: its answers are checked, its errors become ours, an abort settles at once.
 *
 * @module
 */
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { open } from "../../../src/index.js";
import { AwsSdkStore } from "../../../src/store/aws-sdk.js";
import { loadFixture } from "../../support/fixtures.js";
import {
  createS3Server,
  type Fault,
  type FaultHandle,
  type S3Server,
} from "../../support/s3-server/server.js";

const data = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
let server: S3Server;
let client: S3Client;
let faults: FaultHandle[] = [];

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("closed");
  server.put("closed", "p/data", data);
  client = clientWith();
});
afterEach(() => {
  for (const fault of faults) fault.remove();
  faults = [];
  server.reset();
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

function clientWith(more: S3ClientConfig = {}): S3Client {
  const { accessKeyId, secretAccessKey } = server.account;
  return new S3Client({
    endpoint: server.url,
    region: "eu-central-1",
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    ...more,
  });
}

const store = (): AwsSdkStore => new AwsSdkStore(client, { bucket: "closed", prefix: "p/" });
const fail = (fault: Fault, method = "GET"): void => {
  faults.push(server.addFault({ fault, path: /data$/, method }));
};

describe("AwsSdkStore", () => {
  it("is opened like any other store", async () => {
    const fixture = loadFixture("demo", "airports");
    await server.putDirectory("closed", "airports/", fixture.path);
    const sdk = new AwsSdkStore(client, { bucket: "closed", prefix: "airports" });
    const airports = await open(sdk, { pool: 0 });
    const { length } = await airports.points().query({ bbox: [-10, 40, 20, 60] });
    expect(length).toBeGreaterThan(100);
    airports.close();
  });

  it.each([
    [{ kind: "status", status: 403, code: "AccessDenied" }, "forbidden"],
    [{ kind: "status", status: 403, code: "ExpiredToken" }, "expired"],
    [{ kind: "status", status: 404, code: "NoSuchBucket" }, "not-found"],
    [{ kind: "status", status: 404, code: "NoSuchUpload" }, "server"],
    [{ kind: "status", status: 503, code: "SlowDown" }, "throttled"],
    [{ kind: "status", status: 500, code: "InternalError" }, "server"],
    [{ kind: "status", status: 403 }, "forbidden"],
    [{ kind: "reset" }, "network"],
    [{ kind: "cut", afterBytes: 100 }, "network"],
  ] as const)("%o becomes %s", async (fault, code) => {
    fail(fault);
    const thrown = await store()
      .get("/data")
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code, detail: { key: "/data", op: "GET" } });
    expect(thrown).not.toHaveProperty("cause");
  });

  it.each<[string, Fault]>([
    ["another range", { kind: "wrong-content-range", shift: 5 }],
    ["a part that is too short", { kind: "truncate", dropBytes: 7 }],
  ])("takes %s for no data", async (_name, fault) => {
    fail(fault);
    const read = store().getRange("/data", { offset: 10, length: 100 });
    await expect(read).rejects.toHaveProperty("code");
  });

  it("asks for the size where the range of an answer is hidden", async () => {
    fail({ kind: "wrong-content-range", value: "" });
    expect(await store().getRange("/data", { offset: 4990, length: 100 })).toEqual(data.slice(4990));
    expect(server.counters.HEAD).toBe(1);
  });

  it("cuts what a server sends whole", async () => {
    fail({ kind: "ignore-range" });
    expect(await store().getRange("/data", { offset: 10, length: 100 })).toEqual(data.slice(10, 110));
  });

  it("mixes no two versions of an object", async () => {
    const reader = store();
    await reader.getRange("/data", { offset: 0, length: 10 });
    fail({ kind: "etag-flip" });
    await expect(reader.getRange("/data", { offset: 10, length: 10 })).rejects.toMatchObject({
      code: "changed",
    });
  });

  it("settles with the caller's reason before headers and in the body, and frees the socket", async () => {
    for (const fault of [{ kind: "stall" }, { kind: "stall", afterBytes: 10 }] as const) {
      fail(fault);
      const controller = new AbortController();
      const read = store().get("/data", { signal: controller.signal });
      setTimeout(() => controller.abort("enough"), 100);
      const start = performance.now();
      await expect(read).rejects.toBe("enough");
      expect(performance.now() - start).toBeLessThan(400);
      await expect.poll(() => server.counters.concurrent).toBe(0);
    }
  });

  it("says what a client lacks", async () => {
    const lacking = clientWith({
      credentials: () =>
        Promise.reject(Object.assign(new Error("MARKER"), { name: "CredentialsProviderError" })),
    });
    const thrown = await new AwsSdkStore(lacking, { bucket: "closed" })
      .get("/data")
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: "config" });
    expect(String(thrown)).not.toContain("MARKER");
    lacking.destroy();
  });

  it("refuses keys that URLs resolve, and says who pays", async () => {
    await expect(store().get("/a/../b")).rejects.toMatchObject({ code: "config" });
    server.createBucket("paid", { requesterPays: true, publicRead: true, owner: "somebody" });
    server.put("paid", "data", data);
    expect(await new AwsSdkStore(client, { bucket: "paid", requesterPays: true }).get("/data")).toEqual(data);
    await expect(new AwsSdkStore(client, { bucket: "paid" }).get("/data")).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});
