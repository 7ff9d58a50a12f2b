/**
 * What Google Cloud Storage and Azure Blob answer, as their documentation has it, and what becomes of it
 * (docs/design/object-storage.md §9, §12).
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import { createStore } from "../../../src/store/url.js";

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const azureError = (status: number, code: string): Reply => ({
  status,
  headers: { "x-ms-error-code": code, "x-ms-request-id": "id" },
  body: `\u{feff}<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>told</Message></Error>`,
});
/** HEAD, and pages that may not see the body's CORS-less header, have one of the two only. */
const bodiless = ({ status, headers }: Reply): Reply => ({ status, ...(headers ? { headers } : {}) });
const headerless = ({ status, body }: Reply): Reply => ({ status, ...(body ? { body } : {}) });
const gcsXml = (status: number, code: string): Reply => ({
  status,
  body: `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>told</Message><Details>more</Details></Error>`,
});
const gcsJson = (status: number, reason: string, message = "told"): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify({ error: { code: status, message, errors: [{ domain: "global", reason }] } }),
});

const quick = { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 2 };

/** Reads `/key` from a server that gives one answer to everything: bytes, `undefined`, or the error's code and attempts. */
async function readFrom(location: string, options: StorageOptions, reply: Reply): Promise<unknown> {
  let attempts = 0;
  const send: typeof fetch = async () => {
    attempts++;
    return new Response(reply.body ?? null, { status: reply.status, headers: reply.headers ?? {} });
  };
  const { store } = await createStore(location, { cache: 0, retries: quick, fetch: send, ...options });
  return store.get("/key").catch((thrown: { code?: string }) => `${thrown.code} after ${attempts}`);
}

const sas = { credentials: { sas: "sv=2021-12-02&sig=MARKER" } };
const token = { credentials: { token: "MARKER" } };

describe("Azure Blob", () => {
  it.each<[StorageOptions, Reply, unknown]>([
    [sas, azureError(404, "BlobNotFound"), undefined],
    [sas, bodiless(azureError(404, "BlobNotFound")), undefined],
    [sas, headerless(azureError(404, "BlobNotFound")), undefined],
    [sas, azureError(404, "ContainerNotFound"), "not-found after 1"],
    [sas, bodiless(azureError(404, "ContainerNotFound")), "not-found after 1"],
    [sas, headerless(azureError(404, "ContainerNotFound")), "not-found after 1"],
    [sas, azureError(409, "ContainerBeingDeleted"), "not-found after 1"],
    [{}, azureError(404, "ResourceNotFound"), "not-found after 1"],
    [sas, azureError(404, "AccountIsDisabled"), "server after 1"],
    [sas, azureError(403, "AuthenticationFailed"), "forbidden after 1"],
    [sas, azureError(403, "AuthorizationFailure"), "forbidden after 1"],
    [sas, azureError(403, "AuthorizationPermissionMismatch"), "forbidden after 1"],
    [{}, azureError(409, "PublicAccessNotPermitted"), "forbidden after 1"],
    [sas, azureError(409, "BlobArchived"), "forbidden after 1"],
    [token, azureError(401, "InvalidAuthenticationInfo"), "expired after 1"],
    [{}, azureError(401, "NoAuthenticationInformation"), "forbidden after 1"],
    [sas, azureError(503, "ServerBusy"), "throttled after 5"],
    [sas, azureError(500, "OperationTimedOut"), "server after 5"],
    [sas, azureError(500, "InternalError"), "server after 5"],
    [sas, azureError(400, "InvalidQueryParameterValue"), "server after 1"],
  ])("%o: %o", async (options, reply, outcome) => {
    expect(await readFrom("az://account/data", options, reply)).toEqual(outcome);
  });

  it("is asked for no range from the end: for the size, and a bounded one", async () => {
    const asked: string[] = [];
    const send: typeof fetch = async (_url, init) => {
      const range = new Headers(init?.headers).get("range");
      asked.push(`${init?.method} ${range ?? ""}`.trim());
      if (init?.method === "HEAD") return new Response(null, { headers: { "content-length": "100" } });
      return new Response("0123456789", { status: 206, headers: { "content-range": "bytes 90-99/100" } });
    };
    const { store } = await createStore("az://account/data", { fetch: send });
    expect(await store.getRange!("/key", { suffixLength: 10 })).toHaveLength(10);
    expect(asked).toEqual(["HEAD", "GET bytes=90-99"]);
  });

  it("gets a new SAS when the old one is about to end, or a token when it is refused", async () => {
    const sent: string[] = [];
    let given = 0;
    const send: typeof fetch = async (url, init) => {
      const authorization = new Headers(init?.headers).get("authorization") ?? "";
      sent.push(new URL(String(url)).searchParams.get("sig") ?? authorization);
      return authorization === "Bearer 1" ? new Response(null, { status: 401 }) : new Response("x");
    };
    const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString();
    const bySas = async () => ({ sas: `?sv=1&se=${encodeURIComponent(minutes(4))}&sig=${++given}` });
    const first = await createStore("az://account/data", { cache: 0, fetch: send, credentials: bySas });
    await first.store.get("/a");
    await first.store.get("/b");
    expect(sent).toEqual(["1", "2"]);
    sent.length = given = 0;
    const byToken = async () => ({ token: String(++given) });
    const second = await createStore("az://account/data", { cache: 0, fetch: send, credentials: byToken });
    expect(await second.store.get("/a")).toHaveLength(1);
    expect(sent).toEqual(["Bearer 1", "Bearer 2"]);
  });

  it("is not asked with a SAS that ended long ago", async () => {
    const ended = { credentials: { sas: "sv=1&se=2020-01-01T00%3A00%3A00Z&sig=MARKER" } };
    expect(await readFrom("az://account/data", ended, { status: 200 })).toBe("expired after 0");
  });
});

describe("Google Cloud Storage", () => {
  const xml = {};
  const json = { gcsApi: "json" } as const;
  it.each<[StorageOptions, Reply, unknown]>([
    [xml, gcsXml(404, "NoSuchKey"), undefined],
    [xml, gcsXml(404, "NoSuchBucket"), "not-found after 1"],
    [xml, gcsXml(403, "AccessDenied"), "forbidden after 1"],
    [{ ...xml, ...token }, gcsXml(401, "AuthenticationRequired"), "expired after 1"],
    [{ ...xml, ...token }, gcsXml(400, "UserProjectMissing"), "forbidden after 1"],
    [xml, gcsXml(429, "SlowDown"), "throttled after 5"],
    [xml, gcsXml(503, "ServiceUnavailable"), "server after 5"],
    [xml, gcsXml(500, "InternalError"), "server after 5"],
    [json, gcsJson(404, "notFound"), undefined],
    [json, gcsJson(404, "notFound", "The specified bucket does not exist."), "not-found after 1"],
    [json, { status: 404, body: "The specified bucket does not exist." }, "not-found after 1"],
    [json, { status: 404, body: "No such object: bucket/key" }, undefined],
    [json, gcsJson(403, "forbidden"), "forbidden after 1"],
    [json, gcsJson(403, "rateLimitExceeded"), "throttled after 5"],
    [json, gcsJson(429, "rateLimitExceeded"), "throttled after 5"],
    [json, gcsJson(503, "backendError"), "server after 5"],
    [{ ...json, ...token }, gcsJson(401, "authError"), "expired after 1"],
    [json, gcsJson(400, "invalid"), "server after 1"],
    [json, { status: 502, body: "{ not JSON" }, "server after 5"],
  ])("%o: %o", async (options, reply, outcome) => {
    expect(await readFrom("gs://bucket", options, reply)).toEqual(outcome);
  });

  it("lists by the JSON API page after page, and half a page is none", async () => {
    const pages = [
      { items: [{ name: "p/a", size: "1" }], nextPageToken: "CgNw/2E=" },
      { items: [{ name: "p/b c", size: "22" }] },
    ];
    const asked: (string | null)[] = [];
    const send: typeof fetch = async (url) => {
      const { searchParams } = new URL(String(url));
      asked.push(searchParams.get("prefix"), searchParams.get("pageToken"));
      return Response.json(pages.shift() ?? { items: "none" });
    };
    const { store } = await createStore("gs://bucket/p", { fetch: send, gcsApi: "json" });
    const found: unknown[] = [];
    for await (const item of store.list!("/")) found.push(item);
    expect(found).toEqual([
      { key: "/a", size: 1 },
      { key: "/b c", size: 22 },
    ]);
    expect(asked).toEqual(["p/", null, "p/", "CgNw/2E="]);
    await expect(store.list!("/")[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "corrupt" });
  });
});

describe("secrets", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each<[string, StorageOptions]>([
    ["az://account/data", sas],
    ["az://account/data", token],
    ["gs://bucket", token],
    ["gs://bucket", { ...token, gcsApi: "json" }],
  ])("of %s are in no error, and go along with no redirect: %o", async (location, options) => {
    const seen: string[] = [];
    const send: typeof fetch = async (url, init) => {
      seen.push(new URL(String(url)).host);
      expect(init).toMatchObject({ redirect: "manual", credentials: "omit", referrerPolicy: "no-referrer" });
      return new Response("<Error><Code>AccessDenied</Code><Message>MARKER</Message></Error>", {
        status: seen.length === 1 ? 302 : 403,
        headers: { location: "https://elsewhere/" },
      });
    };
    const { store } = await createStore(location, { cache: 0, fetch: send, ...options });
    for (const key of ["/a", "/b"] as const) {
      const thrown = await store.get(key).catch((reason: unknown) => reason);
      expect(thrown).toHaveProperty("code");
      expect(`${String(thrown)}${JSON.stringify(thrown)}`).not.toContain("MARKER");
    }
    expect(seen).not.toContain("elsewhere");
  });

  it("in headers are told to slow a page down, once", async () => {
    vi.stubGlobal("document", {});
    const told: string[] = [];
    const send: typeof fetch = async () => new Response("x");
    for (const [location, options] of [
      ["gs://bucket", token],
      ["az://account/data", token],
      ["az://account/data", sas],
    ] as const) {
      const onDiagnostic = ({ code }: { code: string }): void => void told.push(`${location} ${code}`);
      const { store } = await createStore(location, { fetch: send, onDiagnostic, ...options });
      await store.get("/a");
      await store.get("/b");
    }
    expect(told).toEqual(["gs://bucket slow-auth", "az://account/data slow-auth"]);
  });
});
