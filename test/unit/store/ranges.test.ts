/**
 * The answers to a range, row by row of the table of docs/design/object-storage.md §5, and the rules below it: attempts,
 * outcome and code of each. What only browsers show is in `in-browser.test.ts`.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { S3Store } from "../../../src/store/s3.js";
import { createStore } from "../../../src/store/url.js";
import { failure, pause, quick, useFaultyBucket } from "../../support/faulty-bucket.js";

const bucket = useFaultyBucket();
const { bytes, fail, requests } = bucket;
const part = { offset: 100, length: 50 };

describe("§5 row: 206 with Content-Range", () => {
  it("the range asked for is taken, and the size remembered", async () => {
    const store = bucket.store();
    expect(await store.getRange("/data", part)).toEqual(bytes.slice(100, 150));
    expect(await store.size("/data")).toBe(5000);
    expect(await store.getRange("/data", { offset: 4990, length: 50 })).toEqual(bytes.slice(4990));
    expect(await store.getRange("/data", { offset: 6000, length: 50 })).toHaveLength(0);
    expect([requests(), requests("HEAD")]).toEqual([2, 0]);
    expect(bucket.server.log.at(-1)?.range).toBe("bytes=4990-4999");
  });

  it("a range cut at the object's end is taken", async () => {
    expect(await bucket.store().getRange("/data", { offset: 4000, length: 5000 })).toEqual(bytes.slice(4000));
    expect(requests()).toBe(1);
  });

  it("another start is corrupt, at once", async () => {
    fail({ kind: "wrong-content-range", shift: 3 });
    const error = await failure(bucket.store().getRange("/data", part));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["corrupt", 1, 1]);
  });

  it("another end is corrupt, at once", async () => {
    fail({ kind: "wrong-content-range", value: "bytes 100-139/5000" });
    const error = await failure(bucket.store().getRange("/data", part));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["corrupt", 1, 1]);
  });

  it("a range of no length is answered here", async () => {
    expect(await bucket.store().getRange("/data", { offset: 7, length: 0 })).toHaveLength(0);
    expect(await bucket.store().getRange("/data", { suffixLength: 0 })).toHaveLength(0);
    expect(requests()).toBe(0);
  });
});

describe("§5 row: 206 without a visible Content-Range", () => {
  it("the length asked for is taken", async () => {
    fail({ kind: "wrong-content-range", value: "" });
    expect(await bucket.store().getRange("/data", part)).toEqual(bytes.slice(100, 150));
    expect([requests(), requests("HEAD")]).toEqual([1, 0]);
  });

  it("a shorter one is taken when the object's size says so", async () => {
    fail({ kind: "wrong-content-range", value: "" });
    expect(await bucket.store().getRange("/data", { offset: 4990, length: 100 })).toEqual(bytes.slice(4990));
    expect([requests(), requests("HEAD")]).toEqual([1, 1]);
  });

  it("a shorter one is a short body when the size says otherwise", async () => {
    fail({ kind: "wrong-content-range", value: "" });
    fail({ kind: "truncate", dropBytes: 7 }, { method: "GET" });
    const error = await failure(bucket.store().getRange("/data", part));
    expect([error.code, error.detail.attempts]).toEqual(["short-body", 5]);
    expect(error.message).toContain("43 of 50 bytes");
  });
});

describe("§5 row: 200 to a range", () => {
  it("is taken when it is no more than was asked for", async () => {
    fail({ kind: "ignore-range" });
    expect(await bucket.store().getRange("/data", { offset: 0, length: 5000 })).toEqual(bytes);
    expect(await bucket.store().getRange("/data", { offset: 0, length: 9000 })).toEqual(bytes);
    expect(await bucket.store().getRange("/data", { suffixLength: 6000 })).toEqual(bytes);
    expect(requests()).toBe(3);
  });

  it("else a small object is read whole, once for all readers, and cut", async () => {
    fail({ kind: "ignore-range" });
    const store = bucket.store();
    const offsets = Array.from({ length: 20 }, (_, index) => index * 200);
    const parts = await Promise.all(offsets.map((offset) => store.getRange("/data", { offset, length: 9 })));
    expect(parts).toEqual(offsets.map((offset) => bytes.slice(offset, offset + 9)));
    const whole = bucket.server.log.filter(({ range }) => range === undefined);
    expect(whole).toHaveLength(1);
    const before = requests();
    expect(await store.getRange("/data", { offset: 300, length: 50 })).toEqual(bytes.slice(300, 350));
    expect(await store.getRange("/data", { suffixLength: 9 })).toEqual(bytes.slice(-9));
    expect(requests()).toBe(before);
    await bucket.idle();
  });

  it("one reader that leaves does not take the object from the others", async () => {
    fail({ kind: "ignore-range" });
    fail({ kind: "delay", ms: 60 });
    const store = bucket.store();
    const controller = new AbortController();
    const leaves = store.getRange("/data", part, { signal: controller.signal }).catch((reason) => reason);
    const stays = store.getRange("/data", { offset: 9, length: 9 });
    await pause(90);
    controller.abort("left");
    expect(await leaves).toBe("left");
    expect(await stays).toEqual(bytes.slice(9, 18));
  });

  it("a large object is refused, its body not read, and not asked for again", async () => {
    const size = 5 * 1024 * 1024;
    bucket.server.put("open", "a/large/data", new Uint8Array(size));
    fail({ kind: "ignore-range" });
    const error = await failure(bucket.store().getRange("/large/data", part));
    expect([error.code, requests()]).toEqual(["range-unsupported", 1]);
    expect(error.message).toContain(`ignores Range, and the object of ${size} bytes`);
    await bucket.idle();
  });

  it("a large object that does not tell its size is refused after 4 MiB", async () => {
    bucket.server.put("open", "a/large/data", new Uint8Array(5 * 1024 * 1024));
    fail({ kind: "ignore-range" });
    fail({ kind: "cut", afterBytes: 5 * 1024 * 1024, chunked: true });
    const error = await failure(bucket.store().getRange("/large/data", part));
    expect([error.code, requests()]).toEqual(["range-unsupported", 2]);
    await bucket.idle();
  });
});

describe("§5 row: 416", () => {
  it("past the end is empty, by the size the answer tells", async () => {
    expect(await bucket.store().getRange("/data", { offset: 5000, length: 10 })).toHaveLength(0);
    expect([requests(), requests("HEAD")]).toEqual([1, 0]);
  });

  it("past the end is empty, by the size that is asked for", async () => {
    fail({ kind: "status", status: 416 }, { method: "GET" });
    expect(await bucket.store().getRange("/data", { offset: 5000, length: 10 })).toHaveLength(0);
    expect([requests(), requests("HEAD")]).toEqual([1, 1]);
  });

  it("for a range within the object is corrupt", async () => {
    fail({ kind: "status", status: 416, headers: { "Content-Range": "bytes */5000" } });
    const error = await failure(bucket.store().getRange("/data", part));
    expect([error.code, error.detail.status, requests()]).toEqual(["corrupt", 416, 1]);
  });
});

describe("§5 row: a short or a long body", () => {
  it.each([
    ["cut, fixed length", { kind: "cut", afterBytes: 20 }],
    ["cut, chunked", { kind: "cut", afterBytes: 20, chunked: true }],
    ["reset", { kind: "cut", afterBytes: 20, how: "rst" }],
    ["well-formed but shorter", { kind: "truncate", dropBytes: 7 }],
  ] as const)("%s: read again", async (_name, fault) => {
    fail(fault, { count: 1 });
    expect(await bucket.store().getRange("/data", part)).toEqual(bytes.slice(100, 150));
    expect(requests()).toBe(2);
  });

  it("that stays short is an error after five attempts, never short data", async () => {
    fail({ kind: "truncate", dropBytes: 7 });
    const error = await failure(bucket.store().getRange("/data", part));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["short-body", 5, 5]);
    expect(error.message).toMatch(/sent 43 of 50 bytes for \/data/);
  });

  it("that goes on beyond what its headers promise is one too, and is not read to its end", async () => {
    let asked = 0;
    let cancelled = 0;
    const endless = async (): Promise<Response> => {
      asked++;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => controller.enqueue(new Uint8Array(30)),
        cancel: () => {
          cancelled++;
        },
      });
      return new Response(body, { status: 206, headers: { "content-range": "bytes 100-149/5000" } });
    };
    const error = await failure(bucket.store({ fetch: endless as typeof fetch }).getRange("/data", part));
    expect([error.code, error.detail.attempts, asked, cancelled]).toEqual(["short-body", 5, 5, 5]);
    expect(error.message).toContain("more bytes came than were asked for");
  });
});

describe("§5: an object that is stored encoded", () => {
  it("cannot be read in parts, at once", async () => {
    const headers = { "content-encoding": "gzip", "content-range": "bytes 100-149/5000" };
    const encoded = async (): Promise<Response> =>
      new Response(bytes.slice(100, 150), { status: 206, headers });
    const error = await failure(bucket.store({ fetch: encoded as typeof fetch }).getRange("/data", part));
    expect([error.code, error.detail.attempts]).toEqual(["unsupported", 1]);
    expect(error.message).toMatch(/\/data .*Content-Encoding/);
  });
});

describe("§5: another ETag", () => {
  it("in one stray answer: what was cached goes, the answer is asked for again past the caches", async () => {
    const changed: string[] = [];
    const store = bucket.store({ onChanged: (key) => changed.push(key) });
    await store.getRange("/data", { offset: 0, length: 10 });
    fail({ kind: "etag-flip" }, { count: 1 });
    expect(await store.getRange("/data", { offset: 10, length: 10 })).toEqual(bytes.slice(10, 20));
    expect([requests(), changed]).toEqual([3, ["/data"]]);
  });

  it("that stays is `changed`, and stays so: indexes of the old version may be in use", async () => {
    const { store } = await createStore("s3://open/a", { endpoint: bucket.server.url, ...quick });
    bucket.server.put("open", "a/moving/data", bytes);
    expect(await store.getRange!("/moving/data", { offset: 0, length: 10 })).toEqual(bytes.slice(0, 10));
    const other = bytes.map((byte) => byte ^ 255);
    bucket.server.put("open", "a/moving/data", other);
    for (const offset of [10, 0, 20]) {
      const error = await failure(store.getRange!("/moving/data", { offset, length: 10 }));
      expect(error.code).toBe("changed");
    }
    expect(requests()).toBe(7);
    const { store: anew } = await createStore("s3://open/a", { endpoint: bucket.server.url, ...quick });
    expect(await anew.getRange!("/moving/data", { offset: 0, length: 10 })).toEqual(other.slice(0, 10));
  });
});

describe("§5: the size", () => {
  it("is asked for once, by HEAD", async () => {
    const store = bucket.store();
    expect([await store.size("/data"), await store.size("/data")]).toEqual([5000, 5000]);
    expect([requests("HEAD"), requests()]).toEqual([1, 0]);
  });

  it.each([405, 501])("is asked for by one byte where HEAD answers %d", async (status) => {
    fail({ kind: "status", status }, { method: "HEAD" });
    expect(await bucket.store().size("/data")).toBe(5000);
    expect([requests("HEAD"), requests(), bucket.server.log.at(-1)?.range]).toEqual([1, 1, "bytes=0-0"]);
  });

  it("of what HEAD does not find is asked for by one byte too, as long as nothing was found there", async () => {
    const store = bucket.store();
    expect([await store.size("/no"), await store.size("/none")]).toEqual([undefined, undefined]);
    expect([requests("HEAD"), requests()]).toEqual([2, 1]);
    const other = bucket.store();
    await other.get("/data");
    expect(await other.size("/no")).toBeUndefined();
    expect([requests("HEAD"), requests()]).toEqual([3, 2]);
  });

  it("in a bucket that is not there is `not-found`, which HEAD cannot say", async () => {
    const store = new S3Store("s3://nowhere", { endpoint: bucket.server.url, ...quick });
    const error = await failure(store.size("/data"));
    expect([error.code, error.detail.serverCode, error.detail.attempts]).toEqual([
      "not-found",
      "NoSuchBucket",
      1,
    ]);
    expect([requests("HEAD"), requests()]).toEqual([1, 1]);
  });

  it("of an empty object is found that way too", async () => {
    bucket.server.put("open", "a/empty/data", new Uint8Array(0));
    fail({ kind: "status", status: 405 }, { method: "HEAD" });
    expect(await bucket.store().size("/empty/data")).toBe(0);
  });

  it("is unknown where nothing tells it, and that is said", async () => {
    fail({ kind: "status", status: 501 }, { method: "HEAD" });
    fail({ kind: "wrong-content-range", value: "" });
    const error = await failure(bucket.store().size("/data"));
    expect([error.code, error.message]).toEqual([
      "range-unsupported",
      expect.stringContaining("size of /data"),
    ]);
  });
});

describe("§5: merged ranges", () => {
  const readMerged = async (): Promise<PromiseSettledResult<Uint8Array | undefined>[]> => {
    const { store } = await createStore("s3://open/a", { endpoint: bucket.server.url, ...quick });
    const offsets = [0, 1000, 2000, 3000];
    return Promise.allSettled(offsets.map((offset) => store.getRange!("/data", { offset, length: 10 })));
  };

  it("are one request", async () => {
    const parts = await readMerged();
    expect(parts.every(({ status }) => status === "fulfilled")).toBe(true);
    expect(requests()).toBe(1);
  });

  it("that failed are read member by member, once each", async () => {
    fail({ kind: "status", status: 500 }, { count: 5 });
    const parts = await readMerged();
    expect(parts).toEqual(
      [0, 1000, 2000, 3000].map((offset) => ({
        status: "fulfilled",
        value: bytes.slice(offset, offset + 10),
      })),
    );
    expect(requests()).toBe(5 + 4);
  });

  it.each([
    ["forbidden", { kind: "status", status: 403, code: "AccessDenied" }, 1],
    ["throttled", { kind: "status", status: 503, code: "SlowDown" }, 5],
  ] as const)("that are %s fail together: no part would fare better", async (code, fault, attempts) => {
    fail(fault);
    const parts = await readMerged();
    expect(parts.map((part) => part.status === "rejected" && part.reason.code)).toEqual(Array(4).fill(code));
    expect(requests()).toBe(attempts);
  });
});
