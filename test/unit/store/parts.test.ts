/**
 * Parts of the library that are loaded on first need and cannot be had: each is an error by name that says what to do, or the
 * read goes on without it; never silence, and never an absent object.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isReaderError, type ReaderError } from "../../../src/core/error.js";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import { createS3Server, type Fault, type S3Server } from "../../support/s3-server/server.js";

const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
let server: S3Server;

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("open", { publicRead: true, publicList: true });
  server.createBucket("closed", {});
  for (const bucket of ["open", "closed"]) server.put(bucket, "data", bytes);
});
afterEach(() => {
  server.reset();
  vi.resetModules();
});
afterAll(() => server.close());

/** The library, without a part of it. */
async function without(part: string): Promise<typeof import("../../../src/store/url.js")> {
  vi.resetModules();
  vi.doMock(`../../../src/${part}.js`, () => {
    throw new TypeError("Failed to fetch dynamically imported module");
  });
  return import("../../../src/store/url.js");
}

async function failure(work: Promise<unknown>): Promise<ReaderError> {
  const thrown = await work.then(
    (value) => new Error(`It resolved with ${String(value)}.`),
    (reason: unknown) => reason,
  );
  if (!isReaderError(thrown)) throw thrown;
  return thrown;
}

async function keysOf(listing: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

type Store = Awaited<ReturnType<Awaited<ReturnType<typeof without>>["createStore"]>>["store"];
const range = { offset: 1, length: 5 };
const whole = (store: Store): Promise<unknown> => store.get("/data", { mayBeAbsent: true });
const part = (store: Store): Promise<unknown> => store.getRange!("/data", range, { mayBeAbsent: true });
const list = (store: Store): Promise<unknown> =>
  keysOf((store as unknown as { list(prefix: string): AsyncIterable<{ key: string }> }).list("/"));
const keys = (): StorageOptions => ({ credentials: { ...server.account }, region: "eu-central-1" });

interface Case {
  readonly part: string;
  readonly ask: (store: Store) => Promise<unknown>;
  readonly bucket?: string;
  readonly fault?: Fault;
  readonly options?: () => StorageOptions;
  /** Sent until the part is missed; default: at most one. */
  readonly requests?: number;
}

const told: Case[] = [
  { part: "store/s3", ask: whole },
  { part: "store/list-bucket", ask: list },
  { part: "store/s3-list", ask: list },
  { part: "store/read-document", ask: list },
  { part: "store/odd-answers", ask: part, fault: { kind: "ignore-range" } },
  { part: "store/odd-answers", ask: whole, fault: { kind: "status", status: 403, code: "AccessDenied" } },
  { part: "store/odd-answers", ask: twice, fault: { kind: "etag-flip" }, requests: 3 },
  {
    part: "store/s3-recovery",
    ask: whole,
    bucket: "closed",
    options: () => ({ ...keys(), region: "us-east-1" }),
  },
  {
    part: "store/renewal",
    ask: whole,
    bucket: "closed",
    options: () => ({ ...keys(), credentials: async () => server.account }),
  },
  {
    part: "store/link-cache",
    ask: whole,
    options: () => ({
      credentials: { presign: async () => ({ url: `${server.url}/open/data`, expires: new Date() }) },
    }),
  },
  { part: "net/read-error", ask: whole, fault: { kind: "status", status: 404, code: "NoSuchKey" } },
  { part: "net/read-error", ask: whole, fault: { kind: "status", status: 403, code: "AccessDenied" } },
  { part: "net/read-rangeless", ask: part, fault: { kind: "ignore-range" } },
  { part: "net/read-rangeless", ask: part, fault: { kind: "wrong-content-range" } },
  { part: "net/read-rangeless", ask: part, fault: { kind: "wrong-content-range", value: "" } },
  { part: "net/redirect", ask: whole, fault: { kind: "redirect", location: "/open/elsewhere" }, requests: 2 },
  { part: "net/rate", ask: whole, options: () => ({ maxRequestsPerSecond: 100 }) },
  { part: "net/hedge", ask: whole, options: () => ({ timeouts: { hedgeMs: 5 } }) },
];

async function twice(store: Store): Promise<unknown> {
  await part(store);
  return store.getRange!("/data", { offset: 100, length: 5 });
}

async function askWithout({ part: name, ask, bucket = "open", fault, options }: Case): Promise<unknown> {
  const { createStore } = await without(name);
  if (fault !== undefined) server.addFault({ fault, path: /data$/ });
  try {
    const { store } = await createStore(`s3://${bucket}`, {
      endpoint: server.url,
      allowHttp: true,
      cache: 0,
      coalescing: false,
      retries: { baseMs: 1, maxDelayMs: 2 },
      ...options?.(),
    });
    return await ask(store);
  } finally {
    vi.doUnmock(`../../../src/${name}.js`);
  }
}

describe("a part that cannot be loaded", () => {
  it.each(told.map((one, index) => [one.part, index] as const))("%s is told (%i)", async (_, index) => {
    const error = await failure(askWithout(told[index]!));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(/part of this page's code could not be loaded.*Load the page again/s);
    // Asking again would load nothing.
    expect(server.counters.GET).toBeLessThanOrEqual(told[index]!.requests ?? 1);
  });

  it("the words of failures are done without", async () => {
    const fault: Fault = { kind: "status", status: 403, code: "InvalidAccessKeyId" };
    const error = await failure(askWithout({ part: "net/failure-words", ask: whole, fault }));
    expect(error.code).toBe("forbidden");
    expect(error.message).toMatch(/127\.0\.0\.1.*403 InvalidAccessKeyId/);
  });

  it("the code that reads on after a large body broke off is done without", async () => {
    const large = new Uint8Array(9 * 1024 * 1024).fill(3);
    server.put("open", "large", large);
    server.addFault({ fault: { kind: "cut", afterBytes: 1_000_000 }, path: /large$/, count: 1 });
    const read = await askWithout({ part: "net/resume", ask: (store) => store.get("/large") });
    expect((read as Uint8Array).length).toBe(large.length);
    expect(server.log.map(({ bytes: sent }) => sent)).toEqual([1_000_000, large.length]);
  });
});
