/**
 * A bucket of a server that misbehaves on demand, for one test file: what is read from it, how often it was asked, and what
 * the read came to.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { isReaderError, type ReaderError } from "../../src/core/error.js";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.js";
import { createS3Server, type Fault, type FaultRule, type S3Server } from "./s3-server/server.js";

/** Fast enough for tests, and still retrying five times. */
export const quick = {
  retries: { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5, maxRetryAfterMs: 5 },
} as const satisfies S3StoreOptions;

export interface FaultyBucket {
  readonly server: S3Server;
  /** `a/data` in the bucket `open`, `/data` to the stores. */
  readonly bytes: Uint8Array;
  /** Requests for keys that end in `data` go wrong, until the test is over. */
  fail(fault: Fault, rule?: Omit<FaultRule, "fault" | "path">): void;
  /** A store over `open/a` that retries quickly. */
  store(more?: S3StoreOptions): S3Store;
  /** Requests so far. */
  requests(method?: "GET" | "HEAD"): number;
  /** Resolves when the server answers no request any more; throws when it still does after half a second. */
  idle(): Promise<void>;
}

/** Starts the server before the tests of the file, and cleans up after each. */
export function useFaultyBucket(): FaultyBucket {
  const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
  let server: S3Server;
  beforeAll(async () => {
    server = await createS3Server({ region: "eu-central-1" });
    server.createBucket("open", { publicRead: true, publicList: true });
    server.put("open", "a/data", bytes);
    server.put("open", "a/other", bytes);
  });
  afterEach(() => server.reset());
  afterAll(() => server.close());
  return {
    get server() {
      return server;
    },
    bytes,
    fail: (fault, rule = {}) => void server.addFault({ fault, path: /data$/, ...rule }),
    store: (more = {}) => new S3Store("s3://open/a", { endpoint: server.url, ...quick, ...more }),
    requests: (method = "GET") => server.counters[method],
    async idle() {
      for (let waited = 0; server.counters.concurrent > 0; waited++) {
        if (waited === 50) throw new Error(`${server.counters.concurrent} requests are still open`);
        await pause(10);
      }
    },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a read failed with. */
export async function failure(read: Promise<unknown>): Promise<ReaderError> {
  const thrown = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isReaderError(thrown)) throw new Error(`expected a ReaderError, got ${String(thrown)}`);
  return thrown;
}

/** Runs and measures. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** What a busy machine may add to a wait; far under the defaults (§8: 10 s and more), which a clock that is not heeded leaves in force. */
const busyMs = 1400;

/** Asserts that a read took as long as its clocks and waits add up to: at least, as timers may fire a little early, and at most. */
export function expectTook(ms: number, leastMs: number, mostMs: number = leastMs): void {
  expect(ms).toBeGreaterThanOrEqual(leastMs - 2);
  expect(ms).toBeLessThan(mostMs + busyMs);
}
