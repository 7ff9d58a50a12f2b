/**
 * Failures that keys, clocks and regions cause: which are cured, once, and what is told of the others
 * (docs/design/object-storage.md §9, §10, §11). Ranges, clocks of requests and retries: the files of those names.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isReaderError, type ReaderError } from "../../../src/core/error.js";
import { S3Store, type S3StoreOptions } from "../../../src/store/s3.js";
import { createS3Server, type Fault, type S3Server } from "../../support/s3-server/server.js";

const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
/** Fast enough for tests, and still retrying five times. */
const quick: S3StoreOptions = {
  retries: { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5, maxRetryAfterMs: 5 },
};

let server: S3Server;
let skewMs = 0;
const faults: { remove(): void }[] = [];

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1", now: () => Date.now() + skewMs });
  server.createBucket("open", { publicRead: true });
  server.createBucket("closed");
  for (const bucket of ["open", "closed"]) server.put(bucket, "a/data", bytes);
});
afterEach(() => {
  for (const fault of faults.splice(0)) fault.remove();
  skewMs = 0;
  server.reset();
});
afterAll(() => server.close());

function fail(fault: Fault, rule: { count?: number; skip?: number; method?: string } = {}): void {
  faults.push(server.addFault({ fault, path: /data$/, ...rule }));
}

const signedStore = (more: S3StoreOptions = {}): S3Store =>
  new S3Store("s3://closed/a", {
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { ...keys() },
    ...quick,
    ...more,
  });

function keys(): { accessKeyId: string; secretAccessKey: string } {
  const { accessKeyId, secretAccessKey } = server.account;
  return { accessKeyId, secretAccessKey };
}

async function failure(read: Promise<unknown>): Promise<ReaderError> {
  const thrown = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isReaderError(thrown)) throw new Error(`expected a ReaderError, got ${String(thrown)}`);
  return thrown;
}

describe("keys, clock and region", () => {
  it("absent is undefined; an absent bucket is not-found", async () => {
    expect(await signedStore().get("/nothing")).toBeUndefined();
    const store = new S3Store("s3://missing/a", {
      endpoint: server.url,
      credentials: keys(),
      region: "eu-central-1",
    });
    const error = await failure(store.get("/data"));
    expect(error.code).toBe("not-found");
    expect(error.message).toContain("missing");
  });

  it.each(["query", "header"] as const)("a wrong secret is told once, in %s mode", async (mode) => {
    const store = signedStore({
      credentials: { ...keys(), secretAccessKey: "wrong" },
      auth: { mode },
    });
    const error = await failure(store.get("/data"));
    expect(error.code).toBe("forbidden");
    expect(error.message).toContain("wrong secret key");
    expect(server.counters.GET).toBe(1);
  });

  it("an unknown key is told", async () => {
    const error = await failure(
      signedStore({ credentials: { ...keys(), accessKeyId: "AKNOBODY" } }).get("/data"),
    );
    expect(error.message).toMatch(/Access key unknown/);
  });

  it("anonymous on a private bucket: forbidden, unless the key may be missing by design", async () => {
    const told: string[] = [];
    const store = new S3Store("s3://closed/a", {
      endpoint: server.url,
      onDiagnostic: ({ code }) => told.push(code),
    });
    expect((await failure(store.get("/data"))).code).toBe("forbidden");
    expect(told).toEqual([]);
    expect(await store.get("/data", { mayBeAbsent: true })).toBeUndefined();
    expect(await store.get("/data2", { mayBeAbsent: true })).toBeUndefined();
    expect(told).toEqual(["assumed-missing"]);
    const strict = new S3Store("s3://closed/a", { endpoint: server.url, missingOn403: false });
    expect((await failure(strict.get("/data", { mayBeAbsent: true }))).code).toBe("forbidden");
  });

  it("a signed 403 never becomes absent by itself", async () => {
    fail({ kind: "status", status: 403, code: "AccessDenied" });
    const error = await failure(signedStore().get("/data", { mayBeAbsent: true }));
    expect(error.code).toBe("forbidden");
  });

  it.each(["query", "header"] as const)("moves to the region the server names, in %s mode", async (mode) => {
    const store = signedStore({ region: "us-west-2", auth: { mode } });
    expect(await store.get("/data")).toEqual(bytes);
    expect(await store.get("/data")).toEqual(bytes);
    expect(server.counters.GET).toBe(3);
  });

  it.each([
    ["header", 40 * 60_000],
    ["header", -40 * 60_000],
    ["query", 3 * 3_600_000],
    ["query", -3 * 3_600_000],
  ] as const)("corrects the clock, in %s mode, off by %d ms", async (mode, offsetMs) => {
    skewMs = offsetMs;
    expect(await signedStore({ auth: { mode } }).get("/data")).toEqual(bytes);
    expect(server.counters.GET).toBe(2);
  });

  it("a small offset needs no correction in query mode", async () => {
    skewMs = 14 * 60_000;
    expect(await signedStore({ auth: { mode: "query" } }).get("/data")).toEqual(bytes);
    skewMs = -14 * 60_000;
    const store = signedStore({ auth: { mode: "query" } });
    expect(await store.get("/data")).toEqual(bytes);
  });

  it("renews keys that the server calls expired, once", async () => {
    let calls: boolean[] = [];
    server.addAccount({
      accessKeyId: "ASIAOLD",
      secretAccessKey: "old",
      sessionToken: "t1",
      expiration: new Date(Date.now() - 1000),
      user: server.account.accessKeyId,
    });
    const store = signedStore({
      credentials: async ({ force }) => {
        calls.push(force);
        return force ? keys() : { accessKeyId: "ASIAOLD", secretAccessKey: "old", sessionToken: "t1" };
      },
    });
    expect(await store.get("/data")).toEqual(bytes);
    expect(calls).toEqual([false, true]);
    calls = [];
    const hopeless = signedStore({
      credentials: async ({ force }) => {
        calls.push(force);
        return { accessKeyId: "ASIAOLD", secretAccessKey: "old", sessionToken: "t1" };
      },
    });
    const error = await failure(hopeless.get("/data"));
    expect(error.code).toBe("expired");
    expect(calls).toEqual([false, true]);
  });

  it("keys that were given once expire with a sentence that says so", async () => {
    const error = await failure(
      signedStore({
        credentials: { accessKeyId: "ASIAOLD", secretAccessKey: "old", sessionToken: "t1" },
      }).get("/data"),
    );
    expect(error.code).toBe("expired");
    expect(error.message).toContain("cannot be renewed");
  });

  it("reads a requester-pays bucket in both modes, and not without saying so", async () => {
    server.createBucket("paid", { owner: "somebody", requesterPays: true, publicRead: true });
    server.put("paid", "data", bytes);
    for (const mode of ["query", "header"] as const) {
      const options = { endpoint: server.url, region: "eu-central-1", credentials: keys(), auth: { mode } };
      expect(await new S3Store("s3://paid", { ...options, requesterPays: true }).get("/data")).toEqual(bytes);
      const error = await failure(new S3Store("s3://paid", options).get("/data"));
      expect(error.message).toContain("requesterPays");
    }
    expect(() => new S3Store("s3://paid", { requesterPays: true })).toThrow(/config/);
  });

  it("reads from a bucket of the expected owner only", async () => {
    const store = (expectedBucketOwner: string): S3Store =>
      signedStore({ expectedBucketOwner, auth: { mode: "query" } });
    expect(await store("000000000000").get("/data")).toEqual(bytes);
    expect((await failure(store("111111111111").get("/data"))).code).toBe("forbidden");
  });

  it("signs for the region of the environment on AWS, and only there", async () => {
    vi.stubEnv("AWS_REGION", "ap-south-1");
    const onAws = new S3Store("s3://bucket", { credentials: keys() });
    expect((await onAws.describe("/a")).url).toBe("https://bucket.s3.ap-south-1.amazonaws.com/a");
    const open = new S3Store("s3://bucket");
    expect((await open.describe("/a")).url).toBe("https://bucket.s3.amazonaws.com/a");
    const own = new S3Store("s3://bucket", { credentials: keys(), endpoint: server.url });
    expect((await own.describe("/a")).headers.authorization).toContain("/us-east-1/s3/");
    vi.unstubAllEnvs();
  });

  it("a listing asks page by page, and refuses one that is cut", async () => {
    const store = signedStore();
    for (let index = 0; index < 5; index++)
      server.put("closed", `a/many/${index} ${"+".repeat(index)}`, bytes);
    const names: string[] = [];
    for await (const { key } of store.list("/many/")) names.push(key);
    expect(names.sort()).toEqual(["/many/0 ", "/many/1 +", "/many/2 ++", "/many/3 +++", "/many/4 ++++"]);
  });

  it("a listing that answers 200 with an error is an error", async () => {
    const body = "<?xml version='1.0'?><Error><Code>InternalError</Code><Secret>no</Secret></Error>";
    const answering = async (): Promise<Response> => new Response(body);
    const listing = signedStore({ fetch: answering as typeof fetch }).list("/");
    const error = await failure(listing[Symbol.asyncIterator]().next());
    expect(error.code).toBe("server");
    expect(error.detail.serverCode).toBe("InternalError");
  });

  it("links made elsewhere are cached and reach the object", async () => {
    const signer = signedStore({ auth: { mode: "query" } });
    let asked = 0;
    const store = new S3Store("s3://closed/a", {
      endpoint: server.url,
      credentials: {
        presign: async ({ key }) => {
          asked++;
          const { url } = await signer.describe(`/${key.slice(2)}`);
          return { url, expires: new Date(Date.now() + 600_000) };
        },
      },
    });
    expect(await store.get("/data")).toEqual(bytes);
    expect(await store.getRange("/data", { offset: 5, length: 5 })).toEqual(bytes.slice(5, 10));
    expect(asked).toBe(1);
  });
});
