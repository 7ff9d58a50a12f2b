/**
 * Nothing that is printed, thrown, described or counted may hold a secret (docs/design/object-storage.md §13).
 *
 * @module
 */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { redactUrl } from "../../../src/net/redact.js";
import { CredentialProvider } from "../../../src/store/credential-provider.js";
import { HttpStore } from "../../../src/store/http.js";
import { S3Store } from "../../../src/store/s3.js";
import { RequestSigner, ServerClock } from "../../../src/store/sign.js";
import { createStore } from "../../../src/store/url.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const marker = "MARKERSECRET";
const token = "MARKERTOKEN/+=";
let server: S3Server;

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("closed");
});
afterAll(() => server.close());

function expectClean(text: string): void {
  expect(text).not.toContain("MARKER");
}

const everything = (thrown: unknown): string =>
  [String(thrown), JSON.stringify(thrown), inspect(thrown, { depth: 9, showHidden: true })].join("\n");

describe("keys", () => {
  const credentials = { accessKeyId: "AKID", secretAccessKey: marker, sessionToken: token };

  it("are not printable", () => {
    const provider = new CredentialProvider(credentials);
    const signer = new RequestSigner({
      provider,
      mode: "query",
      region: "us-east-1",
      clock: new ServerClock(),
      origin: "https://example.com",
    });
    const store = new S3Store("s3://closed", { credentials, endpoint: server.url });
    for (const holder of [provider, signer, store]) {
      expectClean(`${holder}${JSON.stringify(holder)}${inspect(holder, { depth: 9, showHidden: true })}`);
    }
  });

  it.each(["query", "header"] as const)("are in no error, in %s mode", async (mode) => {
    const store = new S3Store("s3://closed", { credentials, endpoint: server.url, auth: { mode } });
    const faults = [403, 500, 400].map((status) =>
      server.addFault({
        fault: { kind: "status", status, message: `you sent ${marker} and ${token}` },
        path: new RegExp(`/${status}$`),
      }),
    );
    for (const key of ["/data", "/403", "/500", "/400"] as const) {
      const thrown = await store.get(key).catch((reason: unknown) => reason);
      expect(thrown).toHaveProperty("code");
      expectClean(everything(thrown));
      expect(everything(thrown)).not.toMatch(/X-Amz-Signature=[0-9a-f]/);
    }
    for (const fault of faults) fault.remove();
  });

  it("that a callback fails to get are in no error", async () => {
    const store = new S3Store("s3://closed", {
      endpoint: server.url,
      credentials: async () => {
        throw new Error(`could not use ${marker}`);
      },
    });
    const thrown = await store.get("/data").catch((reason: unknown) => reason);
    expect(thrown).toHaveProperty("code", "expired");
    expectClean(everything(thrown));
  });

  it("go to their own origin only, and over https", async () => {
    const provider = new CredentialProvider(credentials);
    const common = { provider, mode: "query", region: "us-east-1", clock: new ServerClock() } as const;
    const signer = new RequestSigner({ ...common, origin: "https://example.com" });
    await expect(signer.sign("GET", "https://example.com.evil.org/a")).rejects.toThrow(/not used for/);
    await expect(signer.sign("GET", "http://example.com/a")).rejects.toThrow(/not used for/);
    expect(() => new RequestSigner({ ...common, origin: "http://example.com" })).toThrow(/over http/);
    expect(new RequestSigner({ ...common, origin: "http://example.com", allowHttp: true })).toBeDefined();
    expect(new RequestSigner({ ...common, origin: "http://localhost:9000" })).toBeDefined();
  });

  it("are not sent on by a redirect", async () => {
    const elsewhere = await createS3Server();
    server.createBucket("away", { owner: server.account.accessKeyId });
    const fault = server.addFault({
      fault: { kind: "redirect", location: `${elsewhere.url}/away/data`, status: 307 },
      path: /away/,
    });
    const { accessKeyId, secretAccessKey } = server.account;
    const store = new S3Store("s3://away", {
      endpoint: server.url,
      credentials: { accessKeyId, secretAccessKey },
    });
    await expect(store.get("/data")).rejects.toHaveProperty("code");
    const http = new HttpStore(`${server.url}/away`, { headers: { "x-api-key": marker } });
    const thrown = await http.get("/data").catch((reason: unknown) => reason);
    expect(thrown).toHaveProperty("code", "config");
    expectClean(everything(thrown));
    expect(elsewhere.counters.requests).toBe(0);
    fault.remove();
    await elsewhere.close();
  });
});

describe("signed URLs", () => {
  it("stay the same for a quarter of an hour, whatever the range", async () => {
    const store = new S3Store("s3://closed", {
      credentials: { accessKeyId: "AKID", secretAccessKey: marker },
      endpoint: server.url,
      auth: { mode: "query" },
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 0, 2, 3, 15, 1) });
    const first = await store.describe("/data", { offset: 0, length: 10 });
    vi.setSystemTime(Date.UTC(2026, 0, 2, 3, 29, 59));
    const second = await store.describe("/data", { offset: 10, length: 10 });
    vi.setSystemTime(Date.UTC(2026, 0, 2, 3, 30, 0));
    const third = await store.describe("/data", { offset: 10, length: 10 });
    vi.useRealTimers();
    expect(new URL(first.url).searchParams.get("X-Amz-Date")).toBe("20260102T031500Z");
    expect(second.url).toBe(first.url);
    expect(third.url).not.toBe(first.url);
    expect(first.headers).toEqual({});
    expect(first.cache).toBe("no-store");
    expectClean(JSON.stringify(first));
  });

  it("are shown without what makes them work", async () => {
    const url =
      "https://user:pass@host/a/b?X-Amz-Signature=S1&x-amz-credential=S2&X-Amz-Security-Token=S3&sig=S4&sv=S5" +
      "&se=S6&X-Goog-Signature=S7&token=S8&access_token=S9&AWSAccessKeyId=S10&Signature=S11&list-type=2#S12";
    const shown = redactUrl(url);
    expect(shown).not.toMatch(/S\d|pass|user/);
    expect(shown).toContain("https://host/a/b?");
    expect(shown).toContain("list-type=2");
    expect(redactUrl("not a url?sig=S1")).toBe("not a url");
    expect(redactUrl("https://a.b/c")).toBe("https://a.b/c");
    const { url: opened } = await createStore(`${server.url}/closed?sig=S1&keep=1`);
    expect(opened).toBe(`${server.url}/closed?sig=redacted&keep=1`);
  });

  it("of the user's expire with a sentence", async () => {
    server.put("closed", "old", new Uint8Array(5));
    const store = new HttpStore(`${server.url}/closed?X-Amz-Signature=${marker}&sig=${marker}`);
    const thrown = await store.get("/old").catch((reason: unknown) => reason);
    expect(thrown).toHaveProperty("code");
    expectClean(everything(thrown));
  });
});
