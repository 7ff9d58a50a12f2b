/**
 * @module Each fault of the embedded S3 server, seen from the client's side of the socket.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createS3Server,
  type Fault,
  RECOMMENDED_CORS,
  type S3Server,
} from "../../support/s3-server/server.js";
import { rawRequest } from "./raw-request.js";

let server: S3Server;
const digits = "0123456789";

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true, cors: RECOMMENDED_CORS });
  server.put("open", "k", digits);
  server.put("open", "other", digits);
  server.put("open", "large", Buffer.alloc(3 * 1024 * 1024, 1));
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const origin = "https://a.example";
const get = (key = "k", headers: Record<string, string> = {}) =>
  rawRequest(server, `/open/${key}`, { headers: { origin, ...headers } });

/** Everything that comes over the wire, and how the connection ended. */
function wire(
  path: string,
  forMs?: number,
): Promise<{ text: string; end: "fin" | "rst" | "open"; firstMs: number; lastMs: number }> {
  return new Promise((resolve) => {
    const started = performance.now();
    let text = "";
    let firstMs = Number.NaN;
    let lastMs = Number.NaN;
    const socket = connect(server.port, "127.0.0.1", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    const finish = (end: "fin" | "rst" | "open") => {
      socket.destroy();
      resolve({ text, end, firstMs, lastMs });
    };
    socket.on("data", (piece) => {
      lastMs = performance.now() - started;
      if (text === "") firstMs = lastMs;
      text += piece.toString("latin1");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", () => finish("rst"));
    if (forMs !== undefined) setTimeout(() => finish("open"), forMs);
  });
}

const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);

describe("which requests a rule hits", () => {
  const fault: Fault = { kind: "status", status: 503 };
  const statuses = async (...keys: string[]) => {
    const seen: number[] = [];
    for (const key of keys) seen.push((await get(key)).status);
    return seen;
  };

  it("goes by path, whatever the addressing", async () => {
    const handle = server.addFault({ fault, path: /^\/open\/k$/g });
    expect(await statuses("k", "other", "k")).toEqual([503, 200, 503]);
    const virtual = await rawRequest(server, "/k", { headers: { host: "open.s3.localhost" } });
    expect(virtual.status).toBe(503);
    expect(handle.hits).toBe(3);
    handle.remove();
    expect(await statuses("k")).toEqual([200]);
  });

  it("goes by count, after some", async () => {
    const handle = server.addFault({ fault, skip: 1, count: 2 });
    expect(await statuses("k", "k", "k", "k")).toEqual([200, 503, 503, 200]);
    expect(handle.hits).toBe(2);
  });

  it("goes by method, and leaves preflights alone unless named", async () => {
    const ask = { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } };
    server.addFault({ fault });
    expect((await rawRequest(server, "/open/k", ask)).status).toBe(200);
    server.clearFaults();
    server.addFault({ fault, method: ["OPTIONS", "HEAD"] });
    expect((await rawRequest(server, "/open/k", ask)).status).toBe(503);
    expect((await rawRequest(server, "/open/k", { method: "HEAD" })).status).toBe(503);
    expect(await statuses("k")).toEqual([200]);
  });
});

describe("before the headers", () => {
  it("delays", async () => {
    server.addFault({ fault: { kind: "delay", ms: 60 }, count: 1 });
    const slow = await wire("/open/k", 300);
    expect(slow.firstMs).toBeGreaterThanOrEqual(58);
    expect(bodyOf(slow.text)).toBe(digits);
  });

  it("answers with a status, a code and Retry-After", async () => {
    server.addFault({
      fault: { kind: "status", status: 503, code: "SlowDown", retryAfter: 2, message: "Wait." },
      count: 1,
    });
    const answer = await get();
    expect(answer).toMatchObject({ status: 503, code: "SlowDown" });
    expect(answer.headers).toMatchObject({ "retry-after": "2", "access-control-allow-origin": "*" });
    expect(answer.text).toContain("<Message>Wait.</Message>");
    expect(server.log[0]).toMatchObject({ status: 503, code: "SlowDown" });
    server.addFault({ fault: { kind: "status", status: 500, headers: { "x-why": "test" } } });
    expect(await get()).toMatchObject({ status: 500, text: "", headers: { "x-why": "test" } });
  });

  it("redirects", async () => {
    server.addFault({ fault: { kind: "redirect", location: `${server.url}/open/other` }, path: /\/k$/ });
    expect(await get()).toMatchObject({ status: 307, headers: { location: `${server.url}/open/other` } });
    const followed = await fetch(`${server.url}/open/k`);
    expect([followed.redirected, await followed.text()]).toEqual([true, digits]);
    server.reset();
    server.addFault({ fault: { kind: "redirect", location: "/x", status: 301 } });
    expect((await get()).status).toBe(301);
  });

  it("resets", async () => {
    server.addFault({ fault: { kind: "reset" } });
    expect(await wire("/open/k")).toMatchObject({ text: "", end: "rst" });
    await expect(fetch(`${server.url}/open/k`)).rejects.toThrow();
    await expect.poll(() => server.log[0]).toMatchObject({ status: undefined, aborted: true });
  });

  it("stalls, for a time or for good", async () => {
    server.addFault({ fault: { kind: "stall" }, count: 1 });
    expect(await wire("/open/k", 80)).toMatchObject({ text: "", end: "open" });
    server.addFault({ fault: { kind: "stall", ms: 40 } });
    const slow = await wire("/open/k", 200);
    expect(slow.firstMs).toBeGreaterThanOrEqual(38);
    expect(bodyOf(slow.text)).toBe(digits);
  });
});

describe("in the body", () => {
  it.each(["fin", "rst"] as const)("cuts a body of stated length with %s", async (how) => {
    server.addFault({ fault: { kind: "cut", afterBytes: 4, how } });
    const { text, end } = await wire("/open/k");
    expect(text).toMatch(/content-length: 10\r\n/i);
    expect([bodyOf(text), end]).toEqual(["0123", how]);
    await expect(fetch(`${server.url}/open/k`).then((r) => r.text())).rejects.toThrow();
    await expect.poll(() => server.log.at(-1)).toMatchObject({ status: 200, bytes: 4, aborted: true });
  });

  it("tells no length, of a body or in a HEAD answer", async () => {
    server.addFault({ fault: { kind: "no-length" }, method: ["GET", "HEAD"] });
    expect((await wire("/open/k", 200)).text).not.toMatch(/content-length/i);
    const head = await fetch(`${server.url}/open/k`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, null]);
    expect(await fetch(`${server.url}/open/k`).then((answer) => answer.text())).toBe(digits);
  });

  it("cuts a chunked body", async () => {
    server.addFault({ fault: { kind: "cut", afterBytes: 4, chunked: true } });
    const { text, end } = await wire("/open/k");
    expect(text).toMatch(/transfer-encoding: chunked\r\n/i);
    expect(text).not.toMatch(/content-length/i);
    expect([bodyOf(text), end]).toEqual(["4\r\n0123\r\n", "fin"]);
  });

  it("cuts at nothing and far inside a large body", async () => {
    server.addFault({ fault: { kind: "cut", afterBytes: 0 }, count: 1 });
    expect(bodyOf((await wire("/open/k")).text)).toBe("");
    server.addFault({ fault: { kind: "cut", afterBytes: 2_500_000 } });
    expect(bodyOf((await wire("/open/large")).text)).toHaveLength(2_500_000);
  });

  it("stalls midway, for a time or for good", async () => {
    server.addFault({ fault: { kind: "stall", afterBytes: 3 }, count: 1 });
    const stuck = await wire("/open/k", 80);
    expect([bodyOf(stuck.text), stuck.end]).toEqual(["012", "open"]);
    server.addFault({ fault: { kind: "stall", afterBytes: 3, ms: 40 } });
    const slow = await wire("/open/k", 200);
    expect(bodyOf(slow.text)).toBe(digits);
    expect(slow.lastMs - slow.firstMs).toBeGreaterThanOrEqual(35);
  });

  it("drips", async () => {
    server.addFault({ fault: { kind: "drip", bytes: 2, everyMs: 10 } });
    const slow = await wire("/open/k", 300);
    expect(bodyOf(slow.text)).toBe(digits);
    expect(slow.lastMs - slow.firstMs).toBeGreaterThanOrEqual(36);
  });

  it("sends less, consistently", async () => {
    server.addFault({ fault: { kind: "truncate", dropBytes: 3 } });
    expect(await get()).toMatchObject({ status: 200, text: "0123456", headers: { "content-length": "7" } });
    expect(await get("k", { range: "bytes=2-7" })).toMatchObject({
      status: 206,
      text: "234",
      headers: { "content-length": "3", "content-range": "bytes 2-7/10" },
    });
  });

  it("flips one bit", async () => {
    server.addFault({ fault: { kind: "flip-bit", at: 2 }, count: 2 });
    expect((await get()).text).toBe("0133456789");
    expect((await get("k", { range: "bytes=4-8" })).text).toBe("45778");
    server.addFault({ fault: { kind: "flip-bit", at: -1 }, count: 1 });
    expect((await get()).text).toBe("0123456788");
    expect((await get()).text).toBe(digits);
  });
});

describe("in the headers", () => {
  const range = "bytes=2-4";

  it("ignores Range", async () => {
    server.addFault({ fault: { kind: "ignore-range" } });
    const answer = await get("k", { range });
    expect(answer).toMatchObject({ status: 200, text: digits });
    expect(answer.headers).not.toHaveProperty("content-range");
  });

  it("lies in Content-Range", async () => {
    const contentRange = async () => (await get("k", { range })).headers["content-range"];
    server.addFault({ fault: { kind: "wrong-content-range" }, count: 1 });
    expect(await contentRange()).toBe("bytes 3-5/10");
    server.addFault({ fault: { kind: "wrong-content-range", value: "bytes 0-1/2" }, count: 1 });
    expect(await contentRange()).toBe("bytes 0-1/2");
    server.addFault({ fault: { kind: "wrong-content-range", value: "" }, count: 1 });
    expect(await contentRange()).toBeUndefined();
    expect(await contentRange()).toBe("bytes 2-4/10");
  });

  it("changes the ETag", async () => {
    const { etag } = (await get()).headers;
    server.addFault({ fault: { kind: "etag-flip" }, count: 2 });
    const tags = [(await get()).headers.etag, (await get()).headers.etag, (await get()).headers.etag];
    expect(tags[2]).toBe(etag);
    expect(new Set([etag, ...tags]).size).toBe(3);
  });

  it("leaves out CORS on errors, or on everything", async () => {
    const allowed = async (key: string) => (await get(key)).headers["access-control-allow-origin"];
    const handle = server.addFault({ fault: { kind: "no-cors" } });
    expect([await allowed("k"), await allowed("absent")]).toEqual(["*", undefined]);
    handle.remove();
    server.addFault({ fault: { kind: "no-cors", on: "all" } });
    expect(await allowed("k")).toBeUndefined();
  });

  it("combines kinds", async () => {
    server.addFault({ fault: { kind: "status", status: 503, code: "SlowDown" } });
    server.addFault({ fault: { kind: "no-cors" } });
    server.addFault({ fault: { kind: "delay", ms: 20 } });
    const started = performance.now();
    const answer = await get();
    expect(answer.code).toBe("SlowDown");
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    expect(performance.now() - started).toBeGreaterThanOrEqual(18);
  });
});
