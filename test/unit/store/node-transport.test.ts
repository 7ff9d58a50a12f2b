/**
 * Requests Node's own `fetch` cannot make: another Host, and locations that somebody else chose
 * (docs/design/object-storage.md §2, §13).
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createNodeFetch } from "../../../src/net/node-fetch.js";
import { isPublicAddress } from "../../../src/net/public-address.js";
import { S3Store } from "../../../src/store/s3.js";
import { createStore } from "../../../src/store/url.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "64:ff9b::8.8.8.8"])(
    "%s is",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "1.2.3",
    "1.2.3.256",
    "1::2::3",
    "localhost",
    "",
  ])("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));
});

describe("createNodeFetch", () => {
  let server: Server;
  let root: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    root = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  });
  afterAll(() => server.close());

  it("sends what it is given and returns what comes", async () => {
    answer = ({ headers, method, url }, response) => {
      response.setHeader("x-twice", ["a", "b"]);
      response.end(JSON.stringify({ host: headers.host, range: headers.range, method, url }));
    };
    const response = await createNodeFetch()(`${root}/a%20b?c`, {
      headers: { host: "other.example:1", range: "bytes=0-1" },
    });
    expect(await response.json()).toEqual({
      host: "other.example:1",
      range: "bytes=0-1",
      method: "GET",
      url: "/a%20b?c",
    });
    expect(response.headers.get("x-twice")).toBe("a, b");
    expect([response.url, response.redirected]).toEqual([`${root}/a%20b?c`, false]);
    const head = await createNodeFetch()(root, { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, null]);
  });

  it("decodes what is encoded, and breaks where that is cut", async () => {
    const packed = gzipSync(Buffer.alloc(100_000, "abc"));
    answer = ({ url }, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
      if (url === "/whole") response.end(packed);
      else response.write(packed.subarray(0, 60), () => response.destroy());
    };
    const whole = await createNodeFetch()(`${root}/whole`);
    expect((await whole.text()).length).toBe(100_000);
    const cut = await createNodeFetch()(`${root}/cut`);
    await expect(cut.arrayBuffer()).rejects.toThrow();
  });

  it("follows redirects as it is told", async () => {
    answer = ({ url }, response) => {
      if (url === "/end") response.end("there");
      else response.writeHead(302, { location: url === "/loop" ? "/loop" : "/end" }).end();
    };
    const send = createNodeFetch();
    const followed = await send(`${root}/start`, { redirect: "follow" });
    expect([await followed.text(), followed.redirected, followed.url]).toEqual([
      "there",
      true,
      `${root}/end`,
    ]);
    expect((await send(`${root}/start`, { redirect: "manual" })).status).toBe(302);
    await expect(send(`${root}/start`, { redirect: "error" })).rejects.toThrow(TypeError);
    await expect(send(`${root}/loop`)).rejects.toThrow(TypeError);
  });

  it("stops when it is aborted, before the headers and in the body", async () => {
    answer = ({ url }, response) => {
      if (url === "/body") response.writeHead(200, { "content-length": 10 }).write("12345");
    };
    for (const path of ["/silent", "/body"]) {
      const controller = new AbortController();
      const text = createNodeFetch()(root + path, { signal: controller.signal }).then((got) => got.text());
      setTimeout(() => controller.abort(new Error("enough")), 30);
      await expect(text).rejects.toThrow();
    }
  });

  it("connects to allowed addresses only, behind names and redirects too", async () => {
    const { port } = new URL(root);
    let hits = 0;
    answer = ({ url }, response) => {
      hits++;
      if (url === "/end") response.end("reached");
      else response.writeHead(302, { location: `${decodeURIComponent(url!.slice(1))}/end` }).end();
    };
    const send = createNodeFetch({ allows: (address) => address === "127.0.0.1" });
    expect(await (await send(`${root}/end`)).text()).toBe("reached");
    for (const target of [`http://127.0.0.2:${port}`, `http://[::1]:${port}`, "file:///etc/passwd"]) {
      hits = 0;
      const moved = send(`${root}/${encodeURIComponent(target)}`);
      await expect(moved).rejects.toMatchObject({ code: "config" });
      expect(hits).toBe(1);
    }
    const nowhere = createNodeFetch({ allows: () => false });
    hits = 0;
    await expect(nowhere(`http://localhost:${port}/end`)).rejects.toMatchObject({ code: "config" });
    expect(hits).toBe(0);
  });
});

describe("a store", () => {
  let server: S3Server;
  const data = new Uint8Array(500).fill(7);
  const { port } = { port: () => new URL(server.url).port };

  beforeAll(async () => {
    server = await createS3Server({ region: "eu-central-1" });
    server.createBucket("closed");
    server.createBucket("open", { publicRead: true });
    for (const bucket of ["open", "closed"]) server.put(bucket, "data", data);
  });
  afterEach(() => server.reset());
  afterAll(() => server.close());

  it.each(["query", "header", "anonymous"] as const)("sends and signs another Host: %s", async (mode) => {
    const { accessKeyId, secretAccessKey } = server.account;
    const isOpen = mode === "anonymous";
    const { store } = await createStore(`s3://${isOpen ? "open" : "closed"}`, {
      endpoint: server.url,
      region: "eu-central-1",
      hostHeader: "storage.example:8080",
      ...(isOpen ? {} : { credentials: { accessKeyId, secretAccessKey }, auth: { mode } }),
    });
    expect(await store.get("/data")).toEqual(data);
    expect(await store.getRange!("/data", { offset: 10, length: 20 })).toEqual(data.slice(10, 30));
    expect(server.log.map(({ host }) => host)).toEqual(["storage.example:8080"]);
  });

  it("does not pretend to send a Host that it cannot", async () => {
    const open = (): S3Store => new S3Store("s3://open", { endpoint: server.url, hostHeader: "h" });
    expect(open).toThrow(/config.*fetch/);
    vi.stubGlobal("document", {});
    try {
      expect(open).toThrow(/config.*Browsers/);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each([
    "http://127.0.0.1:PORT/open",
    "http://localhost:PORT/open",
    "http://0x7f.1:PORT/open",
    "http://[::1]:PORT/open",
    "http://[::ffff:127.0.0.1]:PORT/open",
    "s3+http://127.0.0.1:PORT/open",
  ])("reads nothing at %s when it is untrusted", async (pattern) => {
    const { store } = await createStore(pattern.replace("PORT", port()), { untrusted: true });
    const thrown = await store.get("/data").catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: "config" });
    expect(String(thrown)).toContain("no public address");
    expect(server.counters.requests).toBe(0);
  });

  it.each<[string, object]>([
    ["/etc", {}],
    ["file:///etc", {}],
    ["https://h/p", { headers: { authorization: "secret" } }],
    ["s3+https://h/b", { credentials: { accessKeyId: "A", secretAccessKey: "S" } }],
    ["https://h/p", { fetch: globalThis.fetch }],
  ])("refuses %s with %o when it is untrusted", async (location, options) => {
    const opened = createStore(location, { ...options, untrusted: true });
    await expect(opened).rejects.toMatchObject({ code: "config" });
  });
});
