/**
 * The retry table, row by row of docs/design/object-storage.md §9: attempts, outcome, code and bounds of waiting. The rows
 * `clock`, `expired` and `region`, which are cured with keys: `recovery.test.ts`.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { classify } from "../../../src/net/classify.js";
import type { Failure } from "../../../src/net/failure.js";
import { OriginLimiter } from "../../../src/net/limit.js";
import { backoff, createTransport } from "../../../src/net/retry.js";
import { S3Store } from "../../../src/store/s3.js";
import { StatsCounter } from "../../../src/store/with-stats.js";
import { expectTook, failure, pause, quick, timed, useFaultyBucket } from "../../support/faulty-bucket.js";

const bucket = useFaultyBucket();
const { bytes, fail, requests } = bucket;

async function untilAsked(): Promise<void> {
  while (requests() === 0) await pause(2);
}

describe("§9 row: caller's signal aborted", () => {
  it.each([
    ["before the headers", { kind: "stall" }],
    ["in the body", { kind: "stall", afterBytes: 10 }],
    ["in a wait to try again", { kind: "status", status: 503, retryAfter: 20 }],
  ] as const)("%s: stops with the caller's reason, without another request", async (_name, fault) => {
    fail(fault);
    const controller = new AbortController();
    const reason = { left: true };
    const reading = bucket.store({ retries: {} }).get("/data", { signal: controller.signal });
    void untilAsked().then(() => setTimeout(() => controller.abort(reason), 20));
    await expect(reading).rejects.toBe(reason);
    await pause(40);
    expect(requests()).toBe(1);
    await bucket.idle();
  });
});

describe("§9 row: rejected before headers", () => {
  it("after one success on that origin: retried, `network` after five attempts", async () => {
    const store = bucket.store();
    await store.get("/other");
    bucket.server.reset();
    fail({ kind: "reset" });
    const error = await failure(store.get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["network", 5, 5]);
    expect(error.message).toContain(new URL(bucket.server.url).host);
  });

  it("after one success on that origin: a later attempt may succeed", async () => {
    const store = bucket.store();
    await store.get("/other");
    fail({ kind: "reset" }, { count: 3 });
    expect(await store.get("/data")).toEqual(bytes);
    expect(requests()).toBe(1 + 4);
  });

  it("without a success yet: one retry, then the reason is looked for", async () => {
    fail({ kind: "reset" });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["network", 2, 2]);
  });

  it("the retry goes past the browser's cache, which may hold an answer without CORS headers", async () => {
    fail({ kind: "reset" }, { count: 1 });
    const caches: (RequestCache | undefined)[] = [];
    const store = bucket.store({
      fetch: (input, init) => {
        caches.push(init?.cache);
        return fetch(input, init);
      },
    });
    expect(await store.get("/data")).toEqual(bytes);
    expect(caches).toEqual(["default", "reload"]);
  });

  it("an error answer is a success of the connection", async () => {
    const store = bucket.store();
    await store.get("/nothing");
    fail({ kind: "reset" });
    expect((await failure(store.get("/data"))).detail.attempts).toBe(5);
  });

  it("a refused connection names the host and the cause", async () => {
    const store = new S3Store("s3://open/a", { endpoint: "http://127.0.0.1:9", ...quick });
    const error = await failure(store.get("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["network", 2]);
    expect(error.message).toContain("127.0.0.1:9");
  });
});

describe("§9 row: rejected after headers, short body, stall", () => {
  it.each([
    ["cut", { kind: "cut", afterBytes: 100 }, "network"],
    ["reset", { kind: "cut", afterBytes: 100, how: "rst" }, "network"],
    ["cut, chunked", { kind: "cut", afterBytes: 100, chunked: true }, "network"],
    ["stalled", { kind: "stall", afterBytes: 100 }, "timeout"],
  ] as const)("%s: retried, an error after five attempts", async (_name, fault, code) => {
    fail(fault);
    const error = await failure(bucket.store({ timeouts: { stallMs: 30 } }).get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual([code, 5, 5]);
    await bucket.idle();
  });
});

describe("§9 row: a body above 8 MiB", () => {
  const size = 9 * 1024 * 1024;
  const large = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 12)) & 255);
  const put = (body = large): void => void bucket.server.put("open", "a/large/data", body);
  const ranges = (): (string | undefined)[] => bucket.server.log.map(({ range }) => range);
  /** Where the last request begins that asks for a rest. */
  const resumedAt = (): number => Number(/^bytes=(\d+)-/.exec(ranges().at(-1) ?? "")?.[1]);

  it("is resumed from where it broke off", async () => {
    put();
    fail({ kind: "cut", afterBytes: 5_000_000, how: "rst" }, { count: 1 });
    const read = await bucket.store().get("/large/data");
    expect(Buffer.compare(read!, large)).toBe(0);
    expect(requests()).toBe(2);
    expect(resumedAt()).toBeGreaterThan(1_000_000);
  });

  it("is resumed again and again, and after a stall", async () => {
    put();
    fail({ kind: "cut", afterBytes: 500_000 }, { count: 1 });
    fail({ kind: "stall", afterBytes: 2_000_000 }, { skip: 1, count: 1 });
    const store = bucket.store({ timeouts: { stallMs: 80 } });
    expect(Buffer.compare((await store.get("/large/data"))!, large)).toBe(0);
    expect(requests()).toBe(3);
    expect(resumedAt()).toBeGreaterThan(2_000_000);
  });

  it("a part above 8 MiB is resumed within its bounds", async () => {
    put();
    fail({ kind: "cut", afterBytes: 4_000_000 }, { count: 1 });
    const range = { offset: 1000, length: 8_600_000 };
    const read = await bucket.store().getRange("/large/data", range);
    expect(Buffer.compare(read!, large.slice(1000, 8_601_000))).toBe(0);
    expect(ranges().at(-1)).toMatch(/^bytes=\d+-8600999$/);
  });

  it.each([
    ["of another version", { kind: "etag-flip" }],
    ["whole", { kind: "ignore-range" }],
    ["without telling the size", { kind: "wrong-content-range", value: "" }],
  ] as const)("a rest that comes %s is not joined to it: all is read anew", async (_name, fault) => {
    put();
    fail({ kind: "cut", afterBytes: 4_000_000 }, { count: 1 });
    fail(fault, { skip: 1, count: 1 });
    expect(Buffer.compare((await bucket.store().get("/large/data"))!, large)).toBe(0);
    expect(ranges()).toEqual([undefined, expect.stringContaining("bytes="), undefined]);
    await bucket.idle();
  });

  it("that is replaced meanwhile comes whole from the new one", async () => {
    put();
    fail({ kind: "cut", afterBytes: 4_000_000 }, { count: 1 });
    const reading = bucket
      .store({ retries: { ...quick.retries, baseMs: 400, maxDelayMs: 400 } })
      .get("/large/data");
    while (requests() === 0 || bucket.server.counters.concurrent > 0) await pause(5);
    const other = large.map((byte) => byte ^ 255);
    put(other);
    const read = (await reading)!;
    expect([0, -1].map((at) => read.at(at))).toEqual([0, -1].map((at) => other.at(at)));
    expect(Buffer.compare(read, other)).toBe(0);
  });

  it("a smaller one is read anew", async () => {
    fail({ kind: "cut", afterBytes: 3000 }, { count: 1 });
    expect(await bucket.store().get("/data")).toEqual(bytes);
    expect(ranges()).toEqual([undefined, undefined]);
  });
});

describe("§9 row: statuses without a code", () => {
  it.each([408, 425, 500, 502, 504, 520, 521, 522, 523, 524, 598, 599])(
    "%d is transient: `server` after five attempts",
    async (status) => {
      fail({ kind: "status", status });
      const error = await failure(bucket.store().get("/data"));
      expect([error.code, error.detail.attempts, requests()]).toEqual(["server", 5, 5]);
      expect(error.message).toContain(String(status));
    },
  );

  it.each([429, 503, 509])("%d is a throttle: `throttled` after five attempts", async (status) => {
    fail({ kind: "status", status });
    const limiter = new OriginLimiter(32);
    const error = await failure(bucket.store({ limiter }).get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["throttled", 5, 5]);
    expect(limiter.limitOf(bucket.server.url)).toBe(2);
  });

  it("HEAD has no body: its status decides", async () => {
    fail({ kind: "status", status: 503, code: "InternalError" }, { method: "HEAD" });
    const error = await failure(bucket.store().size("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["throttled", 5]);
  });
});

describe("§9 row: codes that ask to slow down", () => {
  it.each([
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequests",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "ServerBusy",
  ])("%s, whatever the status: retried, and half the slots", async (code) => {
    fail({ kind: "status", status: 400, code }, { count: 1 });
    const limiter = new OriginLimiter(8);
    expect(await bucket.store({ limiter }).get("/data")).toEqual(bytes);
    expect([requests(), limiter.limitOf(bucket.server.url)]).toEqual([2, 4]);
    fail({ kind: "status", status: 500, code });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts, error.detail.serverCode]).toEqual(["throttled", 5, code]);
  });
});

describe("§9 row: codes that pass by themselves", () => {
  it.each([
    "InternalError",
    "InternalFailure",
    "ServiceUnavailable",
    "RequestTimeout",
    "OperationTimedOut",
    "OperationAborted",
  ])("%s, whatever the status: retried, and all slots kept", async (code) => {
    fail({ kind: "status", status: 400, code });
    const limiter = new OriginLimiter(8);
    const error = await failure(bucket.store({ limiter }).get("/data"));
    expect([error.code, error.detail.attempts, error.detail.serverCode]).toEqual(["server", 5, code]);
    expect(limiter.limitOf(bucket.server.url)).toBe(8);
  });
});

describe("§9 row: 200 whose body is an error", () => {
  const listing = async (codes: readonly string[]): Promise<{ keys: string[]; asked: number }> => {
    let asked = 0;
    const answering = async (): Promise<Response> => {
      const code = codes[asked++];
      const body =
        code === undefined
          ? "<ListBucketResult><Contents><Key>a/one</Key><Size>1</Size></Contents></ListBucketResult>"
          : `<Error><Code>${code}</Code><Secret>no</Secret></Error>`;
      return new Response(body);
    };
    const keys: string[] = [];
    const store = bucket.store({ fetch: answering as typeof fetch });
    try {
      for await (const { key } of store.list("/")) keys.push(key);
    } catch (thrown) {
      throw Object.assign(thrown as Error, { asked });
    }
    return { keys, asked };
  };

  it("is retried by its code", async () => {
    expect(await listing(["InternalError", "SlowDown"])).toEqual({ keys: ["/one"], asked: 3 });
  });

  it.each([
    ["InternalError", "server", 5],
    ["SlowDown", "throttled", 5],
    ["AccessDenied", "forbidden", 1],
    ["NoSuchBucket", "not-found", 1],
    ["Unheard", "server", 1],
  ])("%s that stays is %s after %d", async (serverCode, code, attempts) => {
    const error = await failure(listing(Array(9).fill(serverCode)));
    expect([error.code, error.detail.attempts, error.detail.serverCode]).toEqual([
      code,
      attempts,
      serverCode,
    ]);
    expect(error.message).not.toContain("Secret");
  });
});

describe("§9 row: unknown code", () => {
  it.each([500, 502, 505, 550])("with %d is transient, unless it is never cured", async (status) => {
    fail({ kind: "status", status, code: "Unheard" });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["server", status === 505 ? 1 : 5]);
  });
});

describe("§9 rows: clock, expired, region", () => {
  it.each([
    [403, { code: "RequestTimeTooSkewed" }, "clock"],
    [403, { code: "RequestInTheFuture" }, "clock"],
    [403, { code: "AccessDenied", message: "Request is not yet valid" }, "clock"],
    [403, { code: "AccessDenied", message: "Request has expired" }, "expired"],
    [400, { code: "ExpiredToken" }, "expired"],
    [400, { code: "ExpiredTokenException" }, "expired"],
    [400, { code: "TokenRefreshRequired" }, "expired"],
    [400, { code: "InvalidToken" }, "expired"],
    [401, {}, "expired"],
    [400, { code: "AuthorizationHeaderMalformed", region: "eu" }, "region"],
    [400, { code: "AuthorizationQueryParametersError", region: "eu" }, "region"],
    [301, { code: "PermanentRedirect" }, "region"],
    [307, { code: "TemporaryRedirect" }, "region"],
    [301, {}, "region"],
    [307, {}, "region"],
  ] as const)("%d %o is %s", (status, fields, expected) => {
    expect(classify(status, fields)).toBe(expected);
  });

  it("a login that is wanted of an anonymous reader is not tried again", async () => {
    fail({ kind: "status", status: 401 });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["forbidden", 1, 1]);
  });
});

describe("§9 row: forbidden", () => {
  it.each([
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AccessDenied",
    "AllAccessDisabled",
    "InvalidObjectState",
    undefined,
  ])("403 %s is told at once", async (code) => {
    fail({ kind: "status", status: 403, ...(code === undefined ? {} : { code }) });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["forbidden", 1, 1]);
    expect(error.detail.retryable).toBe(false);
  });
});

describe("§9 row: missing", () => {
  it.each([
    ["404 NoSuchKey", { status: 404, code: "NoSuchKey" }],
    ["404 NoSuchVersion", { status: 404, code: "NoSuchVersion" }],
    ["404 notFound", { status: 404, code: "notFound" }],
    ["404 BlobNotFound", { status: 404, code: "BlobNotFound" }],
    ["404", { status: 404 }],
    ["410", { status: 410 }],
    ["204", { status: 204 }],
  ])("%s is `undefined`, asked for once", async (_name, answer) => {
    fail({ kind: "status", ...answer });
    expect(await bucket.store().get("/data")).toBeUndefined();
    expect(await bucket.store().getRange("/data", { offset: 0, length: 5 })).toBeUndefined();
    expect(requests()).toBe(2);
  });
});

describe("§9 row: no such bucket", () => {
  it.each(["NoSuchBucket", "ContainerNotFound", "ResourceNotFound"])(
    "404 %s is `not-found`, at once",
    async (code) => {
      fail({ kind: "status", status: 404, code });
      const error = await failure(bucket.store().get("/data"));
      expect([error.code, error.detail.attempts, requests()]).toEqual(["not-found", 1, 1]);
    },
  );
});

describe("§9 row: 404 with a code that does not speak of the object", () => {
  it.each([
    ["NoSuchDomain", "server", 1],
    ["AccessDenied", "forbidden", 1],
    ["InternalError", "server", 5],
  ])("%s is `%s`, never absent", async (code, told, attempts) => {
    fail({ kind: "status", status: 404, code });
    const error = await failure(bucket.store().get("/data", { mayBeAbsent: code !== "AccessDenied" }));
    expect([error.code, error.detail.serverCode, requests()]).toEqual([told, code, attempts]);
  });
});

describe("§9 row: 304", () => {
  it("is refused by name: nothing is ever asked for conditionally", async () => {
    fail({ kind: "status", status: 304 });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts, error.detail.status]).toEqual(["server", 1, 304]);
  });
});

describe("§9 row: other answers", () => {
  it.each([400, 402, 405, 406, 409, 411, 412, 413, 414, 415, 418, 501, 505])(
    "%d is named, and not retried",
    async (status) => {
      fail({ kind: "status", status });
      const error = await failure(bucket.store().get("/data"));
      expect([error.code, error.detail.attempts, requests()]).toEqual(["server", 1, 1]);
      expect(error.message).toContain(String(status));
      expect(error.detail.retryable).toBe(false);
    },
  );

  it("416 to a whole object too", async () => {
    fail({ kind: "status", status: 416 });
    expect((await failure(bucket.store().get("/data"))).detail.attempts).toBe(1);
  });
});

describe("§9: waiting", () => {
  const policy = createTransport().policy;
  /** The bound that a random part of is waited: the random number is as good as 1. */
  const bounds = (failure: Failure): number[] =>
    [0, 1, 2, 3, 9].map((retries) => Math.round(backoff(failure, retries, policy)));
  afterEach(() => vi.restoreAllMocks());

  it("a random part of a bound that doubles from 100 ms, of a throttle from 500 ms, up to 10 s", () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);
    expect(bounds({ class: "transient", reason: "" })).toEqual([100, 200, 400, 800, 10_000]);
    expect(bounds({ class: "network", reason: "" })).toEqual([100, 200, 400, 800, 10_000]);
    expect(bounds({ class: "throttle", reason: "" })).toEqual([500, 1000, 2000, 4000, 10_000]);
    vi.spyOn(Math, "random").mockReturnValue(0);
    expect(bounds({ class: "transient", reason: "" })).toEqual([0, 0, 0, 0, 0]);
  });

  it("as long as the server asks where that is longer, up to 30 s", () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);
    const asked = (retryAfterMs: number): number[] =>
      bounds({ class: "transient", reason: "", retryAfterMs });
    expect(asked(300)).toEqual([300, 300, 400, 800, 10_000]);
    expect(asked(60_000)).toEqual([30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it("as long as the server asks in seconds, up to a cap", async () => {
    fail({ kind: "status", status: 503, retryAfter: 20 }, { count: 1 });
    const store = bucket.store({ retries: { ...quick.retries, maxRetryAfterMs: 120 } });
    const { result, ms } = await timed(() => store.get("/data"));
    expect(result).toEqual(bytes);
    expectTook(ms, 120);
  });

  it("as long as the server asks in milliseconds", async () => {
    const headers = { "x-amz-retry-after": "90" };
    fail({ kind: "status", status: 500, headers }, { count: 1 });
    const patient = { retries: { ...quick.retries, maxRetryAfterMs: 30_000 } };
    expectTook((await timed(() => bucket.store(patient).get("/data"))).ms, 90);
  });

  it("before each of the five attempts but the first", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);
    fail({ kind: "status", status: 500 });
    const store = bucket.store({ retries: { baseMs: 20, maxDelayMs: 50 } });
    const { ms } = await timed(() => failure(store.get("/data")));
    expectTook(ms, 20 + 40 + 50 + 50);
    expect(requests()).toBe(5);
  });

  it("holds no slot", async () => {
    fail({ kind: "status", status: 503, retryAfter: 1 }, { count: 1 });
    const retries = { ...quick.retries, maxRetryAfterMs: 300 };
    const store = bucket.store({ maxRequestsPerOrigin: 1, retries });
    const order: string[] = [];
    const waiting = store.get("/data").then(() => order.push("waited"));
    await store.get("/other");
    order.push("did not wait");
    await waiting;
    expect(order).toEqual(["did not wait", "waited"]);
  });
});

describe("§9: budget", () => {
  it("a retry costs 5, a success gives back what its last retry cost, else 1", async () => {
    const transport = createTransport({ retries: { ...quick.retries, budget: 100 } });
    const store = bucket.store({ transport });
    fail({ kind: "status", status: 500 }, { count: 3 });
    await store.get("/data");
    expect(transport.budget.tokens).toBe(100 - 3 * 5 + 5);
    await store.get("/data");
    expect(transport.budget.tokens).toBe(91);
    await Promise.all(Array.from({ length: 20 }, () => store.get("/data")));
    expect(transport.budget.tokens).toBe(100);
  });

  it("a retry after a timeout costs 10", async () => {
    const transport = createTransport({
      retries: { ...quick.retries, budget: 100 },
      timeouts: { firstByteMs: 30 },
    });
    fail({ kind: "stall" });
    await failure(bucket.store({ transport }).get("/data"));
    expect(transport.budget.tokens).toBe(60);
  });

  it("without tokens a failure is told now", async () => {
    fail({ kind: "status", status: 500 });
    const store = bucket.store({ retries: { ...quick.retries, budget: 10 } });
    expect((await failure(store.get("/data"))).detail.attempts).toBe(3);
    expect((await failure(store.get("/data"))).detail.attempts).toBe(1);
    expect(requests()).toBe(4);
  });

  it("prefetch never retries when under half is left", async () => {
    fail({ kind: "status", status: 500 });
    const store = bucket.store({ retries: { ...quick.retries, budget: 30 } });
    const read = (priority: "prefetch" | "visible"): Promise<number | undefined> =>
      failure(store.get("/data", { priority })).then(({ detail }) => detail.attempts);
    // 30, 25, 20 and 15 are not under half.
    expect(await read("prefetch")).toBe(5);
    expect(await read("prefetch")).toBe(1);
    expect(await read("visible")).toBe(3);
  });
});

describe("§9: what is told", () => {
  it("exhausted retries: the last real error, with attempts and time", async () => {
    fail({ kind: "status", status: 500, code: "InternalError" }, { count: 4 });
    fail({ kind: "status", status: 503, code: "SlowDown" });
    const { result: error, ms } = await timed(() => failure(bucket.store().get("/data")));
    expect(error.code).toBe("throttled");
    expect(error.message).toMatch(/gave up after 5 tries in \d+\.\d s/);
    expect(error.detail).toMatchObject({
      attempts: 5,
      retryable: true,
      status: 503,
      key: "/data",
      op: "GET",
    });
    expect(error.detail.elapsedMs).toBeLessThanOrEqual(ms + 1);
  });

  it("retries are counted, and told once", async () => {
    fail({ kind: "status", status: 503, code: "SlowDown" }, { count: 2 });
    const counter = new StatsCounter();
    const told: string[] = [];
    const store = bucket.store({ observer: counter, onDiagnostic: ({ code }) => told.push(code) });
    expect(await store.get("/data")).toEqual(bytes);
    expect(counter.snapshot).toMatchObject({ requests: 3, retries: 2, bytesReceived: 5000 });
    expect(told).toEqual(["retried"]);
  });
});

describe("§10: redirects of anonymous reads", () => {
  it("are followed, and told once without secrets", async () => {
    const location = `${bucket.server.url}/open/a/other?token=MARKER`;
    fail({ kind: "redirect", location });
    const told: string[] = [];
    const store = bucket.store({ onDiagnostic: ({ code, message }) => told.push(`${code} ${message}`) });
    expect(await store.get("/data")).toEqual(bytes);
    expect(await store.getRange("/data", { offset: 4, length: 4 })).toEqual(bytes.slice(4, 8));
    expect(told).toEqual([expect.stringMatching(/^redirected .*\/open\/a\/other is what is read\.$/)]);
  });

  it("that never end are an error, in the time of two attempts", async () => {
    fail({ kind: "redirect", location: `${bucket.server.url}/open/a/data` });
    const error = await failure(bucket.store().get("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["network", 2]);
  });

  it("of requests with keys are not followed", async () => {
    fail({ kind: "redirect", location: `${bucket.server.url}/open/a/other` });
    const { accessKeyId, secretAccessKey } = bucket.server.account;
    const credentials = { accessKeyId, secretAccessKey };
    const error = await failure(bucket.store({ region: "eu-central-1", credentials }).get("/data"));
    expect([error.code, requests()]).toEqual(["region", 1]);
  });
});
