/**
 * Every row of the retry table that a server can produce: attempts, final code, and what is not retried
 * (docs/design/object-storage.md §5, §9, §10, §11).
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isReaderError, type ReaderError } from "../../../src/core/error.js";
import { OriginLimiter } from "../../../src/net/limit.js";
import { S3Store, type S3StoreOptions } from "../../../src/store/s3.js";
import { StatsCounter } from "../../../src/store/with-stats.js";
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

const openStore = (more: S3StoreOptions = {}): S3Store =>
  new S3Store("s3://open/a", { endpoint: server.url, ...quick, ...more });

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

describe("transient answers", () => {
  it.each([
    [{ kind: "status", status: 500 }, "server"],
    [{ kind: "status", status: 500, code: "InternalError" }, "server"],
    [{ kind: "status", status: 408 }, "server"],
    [{ kind: "status", status: 503, code: "SlowDown" }, "throttled"],
    [{ kind: "status", status: 429 }, "throttled"],
    [{ kind: "status", status: 400, code: "RequestTimeout" }, "server"],
    [{ kind: "status", status: 524 }, "server"],
  ] as const)("%o is tried five times, then told", async (fault, code) => {
    fail(fault);
    const error = await failure(openStore().get("/data"));
    expect(error.code).toBe(code);
    expect(error.detail.attempts).toBe(5);
    expect(server.counters.GET).toBe(5);
  });

  it("reads on after two failures, and counts them", async () => {
    fail({ kind: "status", status: 503, code: "SlowDown" }, { count: 2 });
    const counter = new StatsCounter();
    expect(await openStore({ observer: counter }).get("/data")).toEqual(bytes);
    expect(counter.snapshot).toMatchObject({ requests: 3, retries: 2, bytesReceived: 5000 });
  });

  it("waits as long as the server asks, up to a cap", async () => {
    fail({ kind: "status", status: 503, retryAfter: 1 }, { count: 1 });
    const start = performance.now();
    await openStore({ retries: { ...quick.retries!, maxRetryAfterMs: 120 } }).get("/data");
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThanOrEqual(115);
    expect(tookMs).toBeLessThan(900);
  });

  it("asks with half the slots when the server wants it slower", async () => {
    fail({ kind: "status", status: 503, code: "SlowDown" }, { count: 1 });
    const limiter = new OriginLimiter(8);
    await openStore({ limiter }).get("/data");
    expect(limiter.limitOf(server.url)).toBe(4);
  });

  it("stops when the budget is spent", async () => {
    fail({ kind: "status", status: 500 });
    const store = openStore({ retries: { ...quick.retries!, budget: 10 } });
    await failure(store.get("/data"));
    expect(server.counters.GET).toBe(3);
    await failure(store.get("/data"));
    expect(server.counters.GET).toBe(4);
  });
});

describe("broken connections and bodies", () => {
  it.each([
    ["cut, fixed length", { kind: "cut", afterBytes: 100 }],
    ["cut, chunked", { kind: "cut", afterBytes: 100, chunked: true }],
    ["reset in the body", { kind: "cut", afterBytes: 100, how: "rst" }],
    ["a shorter body than asked", { kind: "truncate", dropBytes: 7 }],
  ] as const)("%s: retried and read whole", async (_name, fault) => {
    fail(fault, { count: 1 });
    expect(await openStore().getRange("/data", { offset: 10, length: 1000 })).toEqual(bytes.slice(10, 1010));
    expect(server.counters.GET).toBeGreaterThanOrEqual(2);
  });

  it("a range that stays short is an error, never short data", async () => {
    fail({ kind: "truncate", dropBytes: 7 });
    const error = await failure(openStore().getRange("/data", { offset: 10, length: 1000 }));
    expect(["short-body", "corrupt"]).toContain(error.code);
  });

  it("short without Content-Range: the size decides", async () => {
    fail({ kind: "wrong-content-range", value: "" }, { method: "GET" });
    const store = openStore();
    expect(await store.getRange("/data", { offset: 4990, length: 100 })).toEqual(bytes.slice(4990));
    fail({ kind: "truncate", dropBytes: 7 }, { method: "GET" });
    const error = await failure(openStore().getRange("/data", { offset: 10, length: 1000 }));
    expect(error.code).toBe("short-body");
  });

  it("a stalled body times out and is read again", async () => {
    fail({ kind: "stall", afterBytes: 50 }, { count: 1 });
    expect(await openStore({ timeouts: { stallMs: 60 } }).get("/data")).toEqual(bytes);
  });

  it("a slow body that keeps coming is no stall", async () => {
    fail({ kind: "drip", bytes: 1000, everyMs: 30 });
    expect(await openStore({ timeouts: { stallMs: 80 } }).get("/data")).toEqual(bytes);
    expect(server.counters.GET).toBe(1);
  });

  it("silence before the headers ends as timeout", async () => {
    fail({ kind: "stall" });
    const error = await failure(
      openStore({ timeouts: { firstByteMs: 40 }, retries: { ...quick.retries!, attempts: 2 } }).get("/data"),
    );
    expect(error.code).toBe("timeout");
    expect(error.detail.attempts).toBe(2);
  });

  it("resets before the headers: twice for an unknown host, five times for a known one", async () => {
    fail({ kind: "reset" });
    const store = openStore();
    expect((await failure(store.get("/data"))).code).toBe("network");
    const first = server.counters.GET;
    expect(first).toBe(2);
    await store.get("/other");
    server.reset();
    fail({ kind: "reset" });
    expect((await failure(store.get("/data"))).detail.attempts).toBe(5);
  });

  it("a refused connection names the host and the cause", async () => {
    const store = new S3Store("s3://open/a", { endpoint: "http://127.0.0.1:9", ...quick });
    const error = await failure(store.get("/data"));
    expect(error.code).toBe("network");
    expect(error.message).toContain("127.0.0.1:9");
  });
});

describe("ranges", () => {
  it("200 for a range: a small object is read whole, once", async () => {
    fail({ kind: "ignore-range" });
    const store = openStore();
    expect(await store.getRange("/data", { offset: 100, length: 50 })).toEqual(bytes.slice(100, 150));
    expect(await store.getRange("/data", { offset: 300, length: 50 })).toEqual(bytes.slice(300, 350));
    expect(await store.getRange("/data", { suffixLength: 9 })).toEqual(bytes.slice(-9));
    expect(server.counters.GET).toBe(1);
  });

  it("200 for a range of a large object is refused, and its body not read", async () => {
    server.put("open", "a/large/data", new Uint8Array(5 * 1024 * 1024));
    fail({ kind: "ignore-range" });
    const error = await failure(openStore().getRange("/large/data", { offset: 100, length: 50 }));
    expect(error.code).toBe("range-unsupported");
    expect(error.message).toContain("5242880");
    expect(server.counters.GET).toBe(1);
  });

  it("another range than asked for is corrupt", async () => {
    fail({ kind: "wrong-content-range", shift: 3 });
    const error = await failure(openStore().getRange("/data", { offset: 100, length: 50 }));
    expect(error.code).toBe("corrupt");
  });

  it("a changed ETag is told, and the next read is of the new object", async () => {
    const changed: string[] = [];
    const store = openStore({ onChanged: (key) => changed.push(key) });
    server.put("open", "a/moving/data", bytes);
    await store.getRange("/moving/data", { offset: 0, length: 10 });
    const other = bytes.map((byte) => byte ^ 255);
    server.put("open", "a/moving/data", other);
    const error = await failure(store.getRange("/moving/data", { offset: 10, length: 10 }));
    expect(error.code).toBe("changed");
    expect(changed).toEqual(["/moving/data"]);
    expect(await store.getRange("/moving/data", { offset: 10, length: 10 })).toEqual(other.slice(10, 20));
  });

  it("one answer with a stray ETag is asked for again", async () => {
    const store = openStore();
    await store.getRange("/data", { offset: 0, length: 10 });
    fail({ kind: "etag-flip" }, { count: 1 });
    expect(await store.getRange("/data", { offset: 10, length: 10 })).toEqual(bytes.slice(10, 20));
  });
});

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
