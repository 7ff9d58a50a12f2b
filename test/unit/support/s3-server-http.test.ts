/**
 * @module The embedded S3 server as plain HTTP: ranges, paths, CORS, lists as text, mounts, counters, closing.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";
import {
  type CorsRule,
  createS3Server,
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
  server.put("open", "empty", "");
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const get = (key: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${server.url}/open/${key}`, { headers, method });

describe("reading", () => {
  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-5", "2345", "bytes 2-5/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=7-99", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", digits, "bytes 0-9/10"],
  ])("answers %s with 206", async (range, text, contentRange) => {
    const response = await get("k", { range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(response.headers.get("content-length")).toBe(String(text.length));
    expect(await response.text()).toBe(text);
    const head = await get("k", { range }, "HEAD");
    expect([head.status, head.headers.get("content-range"), await head.text()]).toEqual([
      206,
      contentRange,
      "",
    ]);
  });

  it.each(["bytes=10-", "bytes=10-20", "bytes=-0"])("answers %s with 416 and the size", async (range) => {
    const response = await get("k", { range });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    expect(await response.text()).toContain("<Code>InvalidRange</Code>");
  });

  it("answers any range of an empty object with 416", async () => {
    for (const range of ["bytes=0-", "bytes=-1"]) {
      const response = await get("empty", { range });
      expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */0"]);
      await response.arrayBuffer();
    }
    const whole = await get("empty");
    expect([whole.status, whole.headers.get("content-length")]).toEqual([200, "0"]);
  });

  it.each(["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "lines=0-1", "bytes=a-b"])(
    "ignores %s",
    async (range) => {
      const response = await get("k", { range });
      expect([response.status, await response.text()]).toEqual([200, digits]);
    },
  );

  it("heeds If-Range", async () => {
    const etag = (await get("k", {}, "HEAD")).headers.get("etag") ?? "";
    expect((await get("k", { range: "bytes=0-1", "if-range": etag })).status).toBe(206);
    expect((await get("k", { range: "bytes=0-1", "if-range": '"no"' })).status).toBe(200);
  });

  it("answers HEAD with the length of its GET and no body", async () => {
    const response = await get("k", {}, "HEAD");
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([
      200,
      "10",
      "",
    ]);
    expect(response.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
    const absent = await get("absent", {}, "HEAD");
    expect([absent.status, absent.headers.get("x-amz-bucket-region"), await absent.text()]).toEqual([
      404,
      "us-east-1",
      "",
    ]);
  });

  it("takes the key as the bytes say: nothing collapsed, plus is plus, dots stay", async () => {
    for (const key of [...CONFORMANCE_KEYS, "/lead", "a//b", "a/b/", "a/./b", "a/../b"]) {
      server.put("open", key, `<${key}>`);
      const path = key
        .split("/")
        .map((s) => encodeURIComponent(s).replaceAll("%2B", "+"))
        .join("/");
      expect((await rawRequest(server, `/open/${path}`)).text).toBe(`<${key}>`);
      const host = { host: `open.s3.localhost:${server.port}` };
      expect((await rawRequest(server, `/${path}`, { headers: host })).text).toBe(`<${key}>`);
      server.buckets.get("open")!.delete(key);
    }
    expect((await rawRequest(server, "/open//k")).code).toBe("NoSuchKey");
    expect((await rawRequest(server, "http://elsewhere/open/k")).text).toBe(digits);
  });

  it.each(["/open/%", "/open/%zz", "/open/%ff"])("refuses the path %s", async (target) => {
    expect(await rawRequest(server, target)).toMatchObject({ status: 400, code: "InvalidURI" });
  });

  it("refuses keys over 1024 bytes and what it does not implement", async () => {
    expect(await rawRequest(server, `/open/${"k".repeat(1025)}`)).toMatchObject({
      status: 400,
      code: "KeyTooLongError",
    });
    for (const query of ["versionId=1", "acl", "tagging", "uploads"]) {
      expect(await rawRequest(server, `/open/k?${query}`)).toMatchObject({
        status: 501,
        code: "NotImplemented",
      });
    }
    expect((await rawRequest(server, "/open/k?cache-buster=1")).text).toBe(digits);
    expect(await rawRequest(server, "/open/k", { method: "PATCH" })).toMatchObject({
      status: 405,
      code: "MethodNotAllowed",
    });
  });

  it("makes strangers pay where asked", async () => {
    server.createBucket("paid", { publicRead: true, requesterPays: true });
    server.put("paid", "k", "1");
    expect(await rawRequest(server, "/paid/k")).toMatchObject({ status: 403, code: "AccessDenied" });
    const query = await rawRequest(server, "/paid/k?x-amz-request-payer=requester");
    expect(query).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("opens prefixes only", async () => {
    server.createBucket("partly", { publicRead: ["pub/"] });
    for (const key of ["pub/a", "priv/a"]) server.put("partly", key, key);
    expect((await rawRequest(server, "/partly/pub/a")).text).toBe("pub/a");
    expect((await rawRequest(server, "/partly/pub/no")).code).toBe("NoSuchKey");
    expect((await rawRequest(server, "/partly/priv/a")).code).toBe("AccessDenied");
    expect((await rawRequest(server, "/partly?list-type=2&prefix=pub/")).text).toContain("<Key>pub/a</Key>");
    expect((await rawRequest(server, "/partly?list-type=2")).code).toBe("AccessDenied");
    server.createBucket("blind", { publicRead: true, publicList: false });
    expect((await rawRequest(server, "/blind/absent")).code).toBe("AccessDenied");
  });
});

describe("lists", () => {
  beforeAll(() => {
    server.createBucket("lists", { publicRead: true });
    for (const key of [
      "a b.txt",
      "a+b.txt",
      "100%.csv",
      "한글/x.txt",
      "run books/x.txt",
      "q&<x>\u0001",
      "par(1)",
    ]) {
      server.put("lists", key, key);
    }
  });

  it("encodes names as AWS does, or as RadosGW does", async () => {
    const { text } = await rawRequest(server, "/lists?list-type=2&encoding-type=url&delimiter=/");
    expect([...text.matchAll(/<Key>(.*?)<\/Key>/g)].map((m) => m[1])).toEqual([
      "100%25.csv",
      "a+b.txt",
      "a%2Bb.txt",
      "par%281%29",
      "q%26%3Cx%3E%01",
    ]);
    expect([...text.matchAll(/<Prefix>([^<]+)<\/Prefix>/g)].map((m) => m[1])).toEqual([
      "run+books/",
      "%ED%95%9C%EA%B8%80/",
    ]);
    expect(text).toContain("<EncodingType>url</EncodingType>");
    const other = await createS3Server({ listSpace: "percent" });
    other.createBucket("lists", { publicRead: true });
    other.put("lists", "a b", "1");
    expect((await rawRequest(other, "/lists?list-type=2&encoding-type=url")).text).toContain(
      "<Key>a%20b</Key>",
    );
    await other.close();
  });

  it("escapes names otherwise", async () => {
    const { text } = await rawRequest(server, "/lists?list-type=2&prefix=q");
    expect(text).toContain("<Key>q&amp;&lt;x&gt;&#x1;</Key>");
  });

  it("speaks version 1 as well", async () => {
    const seen: (string | undefined)[] = [];
    let marker = "";
    do {
      const query = `max-keys=1&delimiter=/&encoding-type=url&marker=${marker}`;
      const { text } = await rawRequest(server, `/lists?${query}`);
      seen.push(/<Key>(.*?)</.exec(text)?.[1] ?? /<CommonPrefixes><Prefix>(.*?)</.exec(text)?.[1]);
      marker = /<NextMarker>(.*?)</.exec(text)?.[1] ?? "";
    } while (marker !== "" && seen.length < 20);
    expect(seen).toEqual([
      "100%25.csv",
      "a+b.txt",
      "a%2Bb.txt",
      "par%281%29",
      "q%26%3Cx%3E%01",
      "run+books/",
      "%ED%95%9C%EA%B8%80/",
    ]);
  });

  it("refuses bad parameters and counts itself", async () => {
    for (const query of ["max-keys=x", "max-keys=-1", "encoding-type=xml", "continuation-token=%25"]) {
      expect(await rawRequest(server, `/lists?list-type=2&${query}`)).toMatchObject({
        status: 400,
        code: "InvalidArgument",
      });
    }
    const none = await rawRequest(server, "/lists?list-type=2&max-keys=0");
    expect(none.text).toContain("<KeyCount>0</KeyCount><MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated>");
    expect(server.counters.LIST).toBe(5);
  });
});

describe("CORS", () => {
  const rules: CorsRule[] = [
    {
      AllowedOrigins: ["https://*.a.example"],
      AllowedMethods: ["GET"],
      AllowedHeaders: ["x-amz-*", "Range"],
      MaxAgeSeconds: 9,
    },
    {
      AllowedOrigins: ["https://b.example"],
      AllowedMethods: ["GET", "PUT"],
      ExposeHeaders: ["ETag", "Date"],
    },
  ];
  const A = "https://x.a.example";
  const B = "https://b.example";
  beforeAll(() => {
    server.createBucket("ruled", { publicRead: true, cors: rules });
    server.put("ruled", "k", digits);
    server.createBucket("bare", { publicRead: true });
    server.put("bare", "k", digits);
  });
  const preflight = async (bucket: string, headers: Record<string, string>) => {
    const answer = await rawRequest(server, `/${bucket}/k`, { method: "OPTIONS", headers });
    return { status: answer.status, code: answer.code, headers: answer.headers };
  };

  it("answers actual requests by origin and method", async () => {
    const a = await rawRequest(server, "/ruled/k", { headers: { origin: A } });
    expect(a.headers).toMatchObject({
      "access-control-allow-origin": A,
      "access-control-allow-methods": "GET",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "9",
      vary: expect.stringContaining("Origin"),
    });
    expect(a.headers).not.toHaveProperty("access-control-expose-headers");
    const b = await rawRequest(server, "/ruled/k", { headers: { origin: B } });
    expect(b.headers).toMatchObject({ "access-control-expose-headers": "ETag, Date" });
    for (const [bucket, method, origin] of [
      ["ruled", "GET", "https://c.example"],
      ["ruled", "HEAD", B],
      ["bare", "GET", B],
    ] as const) {
      const other = await rawRequest(server, `/${bucket}/k`, { method, headers: { origin } });
      expect(other.status).toBe(200);
      expect(other.headers).not.toHaveProperty("access-control-allow-origin");
    }
    const any = await rawRequest(server, "/open/k", { headers: { origin: B } });
    expect(any.headers).toMatchObject({ "access-control-allow-origin": "*" });
    expect(any.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("answers preflights by origin, method and headers", async () => {
    const ask = { "access-control-request-method": "GET" };
    const good = await preflight("ruled", {
      ...ask,
      origin: A,
      "access-control-request-headers": "X-Amz-Date, range",
    });
    expect(good).toMatchObject({
      status: 200,
      headers: { "access-control-allow-headers": "x-amz-date, range" },
    });
    const refused = { status: 403, code: "AccessForbidden" };
    expect(
      await preflight("ruled", { ...ask, origin: A, "access-control-request-headers": "authorization" }),
    ).toMatchObject(refused);
    expect(
      await preflight("ruled", { ...ask, origin: B, "access-control-request-headers": "range" }),
    ).toMatchObject(refused);
    expect(await preflight("ruled", { ...ask, origin: "https://c.example" })).toMatchObject(refused);
    expect(await preflight("ruled", { "access-control-request-method": "DELETE", origin: B })).toMatchObject(
      refused,
    );
    expect(await preflight("ruled", { "access-control-request-method": "PUT", origin: B })).toMatchObject({
      status: 200,
    });
    expect(await preflight("bare", { ...ask, origin: A })).toMatchObject(refused);
    expect(await preflight("nowhere", { ...ask, origin: A })).toMatchObject(refused);
    expect(await preflight("ruled", ask)).toMatchObject({ status: 400, code: "BadRequest" });
    expect(await preflight("ruled", { origin: A })).toMatchObject({ status: 400, code: "BadRequest" });
    expect((await preflight("bare", { ...ask, origin: A })).headers).not.toHaveProperty(
      "access-control-allow-origin",
    );
    expect(server.counters.OPTIONS).toBe(11);
  });

  it("puts CORS headers on errors, unless told not to", async () => {
    const ask = () => rawRequest(server, "/ruled/absent", { headers: { origin: B } });
    expect((await ask()).headers).toHaveProperty("access-control-allow-origin", B);
    server.corsOnErrors = false;
    expect((await ask()).headers).not.toHaveProperty("access-control-allow-origin");
    const fine = await rawRequest(server, "/ruled/k", { headers: { origin: B } });
    expect(fine.headers).toHaveProperty("access-control-allow-origin", B);
    server.corsOnErrors = true;
  });
});

describe("directories", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), "s3-server-"));
    mkdirSync(path.join(dir, "c/0"), { recursive: true });
    writeFileSync(path.join(dir, "zarr.json"), "{}");
    writeFileSync(path.join(dir, "c/0/a b"), digits);
    writeFileSync(path.join(dir, "big"), Buffer.alloc(9 * 1024 * 1024, 7));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("reads them into memory", async () => {
    server.createBucket("copied", { publicRead: true });
    expect((await server.putDirectory("copied", "p/", dir)).sort()).toEqual([
      "p/big",
      "p/c/0/a b",
      "p/zarr.json",
    ]);
    expect((await rawRequest(server, "/copied/p/c/0/a%20b")).text).toBe(digits);
  });

  it("mounts them", async () => {
    server.createBucket("mounted", { publicRead: true });
    server.mount("mounted", "p/", dir);
    const json = await rawRequest(server, "/mounted/p/zarr.json");
    expect(json).toMatchObject({ status: 200, text: "{}" });
    expect(json.headers).toMatchObject({
      "content-type": "application/json",
      etag: '"99914b932bd37a50b983c5e7c90ae93b"',
    });
    const part = await rawRequest(server, "/mounted/p/c/0/a%20b", { headers: { range: "bytes=3-5" } });
    expect(part).toMatchObject({ status: 206, text: "345" });
    const big = await (await fetch(`${server.url}/mounted/p/big`)).arrayBuffer();
    expect(Buffer.from(big).equals(Buffer.alloc(9 * 1024 * 1024, 7))).toBe(true);
    const listed = await rawRequest(server, "/mounted?list-type=2&prefix=p/c");
    expect(listed.text).toContain("<Key>p/c/0/a b</Key>");
    expect(listed.text).toContain("<Size>10</Size>");
    server.put("mounted", "p/zarr.json", "[]");
    expect((await rawRequest(server, "/mounted/p/zarr.json")).text).toBe("[]");
  });

  it("lets nobody out of a mounted directory", async () => {
    const outside = path.basename(dir);
    for (const target of [
      `p/../${outside}/zarr.json`,
      `p/c/..%2Fzarr.json`,
      "p//zarr.json",
      "p/./zarr.json",
      "p/c",
      "p/",
    ]) {
      expect(await rawRequest(server, `/mounted/${target}`)).toMatchObject({
        status: 404,
        code: "NoSuchKey",
      });
    }
  });
});

describe("looking and closing", () => {
  it("counts requests, bytes and concurrency, and logs each request", async () => {
    server.latencyMs = 30;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 4 }, async () => (await get("k", { origin: "https://a.example" })).text()),
    );
    expect(performance.now() - started).toBeGreaterThanOrEqual(28);
    await (await get("absent", { range: "bytes=0-1" })).text();
    expect(server.counters).toMatchObject({ requests: 5, GET: 5, HEAD: 0, errors: 1, maxConcurrent: 4 });
    expect(server.log).toHaveLength(5);
    expect(server.log[0]).toMatchObject({
      method: "GET",
      path: "/open/k",
      bucket: "open",
      key: "k",
      status: 200,
      bytes: 10,
      origin: "https://a.example",
      auth: "anonymous",
    });
    expect(server.log[4]).toMatchObject({ status: 404, code: "NoSuchKey", range: "bytes=0-1" });
    const total = server.log.reduce((sum, entry) => sum + entry.bytes, 0);
    expect(server.counters.bytesOut).toBe(total);
    server.reset();
    expect([server.log.length, server.counters.requests, server.latencyMs]).toEqual([0, 0, 0]);
  });

  it("keeps its log bounded", async () => {
    const small = await createS3Server({ maxLogEntries: 3 });
    for (let i = 0; i < 20; i++) await rawRequest(small, `/x${i}`);
    expect(small.log.length).toBeLessThanOrEqual(6);
    expect(small.log.at(-1)?.path).toBe("/x19");
    await small.close();
  });

  it("closes at once, whatever is under way", async () => {
    const other = await createS3Server({ latencyMs: 60_000 });
    const pending = fetch(other.url).then(
      () => "answered",
      () => "failed",
    );
    while (other.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const started = performance.now();
    await other.close();
    expect(await pending).toBe("failed");
    expect(performance.now() - started).toBeLessThan(500);
    const again = await createS3Server({ port: other.port });
    expect(again.port).toBe(other.port);
    await again.close();
  });

  it("names a bucket that is missing to the test that fills it", () => {
    expect(() => server.put("nowhere", "k", "")).toThrow(/no bucket "nowhere"/);
  });
});
