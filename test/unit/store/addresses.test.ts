/**
 * From locations and options to the requests that are sent, and to refusals (docs/design/object-storage.md §2, §12).
 *
 * @module
 */
import { describe, expect, it, vi } from "vitest";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import { createStore } from "../../../src/store/url.js";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";

const keys = { accessKeyId: "AKID", secretAccessKey: "SECRET" };

/** What is asked for `/a/key`, without the parameters of signatures, and with the headers that were set. */
async function requestFor(
  location: string | URL,
  options: StorageOptions = {},
): Promise<{ url: string; headers: Record<string, string> }> {
  const sent: { url: string; headers: Record<string, string> }[] = [];
  const send: typeof fetch = async (input, init) => {
    sent.push({ url: String(input), headers: { ...(init?.headers as Record<string, string>) } });
    return new Response("x");
  };
  const { store } = await createStore(location, { cache: 0, fetch: send, ...options });
  await store.get("/a/key");
  return sent[0]!;
}

describe("where a location is read", () => {
  it.each<[string | URL, StorageOptions, string]>([
    ["s3://bucket/p", { region: "eu-central-1" }, "https://bucket.s3.eu-central-1.amazonaws.com/p/a/key"],
    [
      "s3://dotted.bucket/p",
      { region: "eu-west-1" },
      "https://s3.eu-west-1.amazonaws.com/dotted.bucket/p/a/key",
    ],
    ["s3://bucket", {}, "https://bucket.s3.amazonaws.com/a/key"],
    ["s3://bucket", { addressing: "path" }, "https://s3.amazonaws.com/bucket/a/key"],
    ["s3://bucket/p/", { endpoint: "https://h:9000/base/" }, "https://h:9000/base/bucket/p/a/key"],
    ["s3://bucket", { endpoint: "https://h", addressing: "virtual" }, "https://bucket.h/a/key"],
    ["s3:///p", { endpoint: "https://bucket.h" }, "https://bucket.h/p/a/key"],
    ["s3+https://h:9000/bucket/a%20b", {}, "https://h:9000/bucket/a%20b/a/key"],
    ["s3+http://localhost/bucket", {}, "http://localhost/bucket/a/key"],
    ["s3://", { bucket: "bucket", prefix: "p" } as StorageOptions, "https://bucket.s3.amazonaws.com/p/a/key"],
    ["https://h/p?token=t", {}, "https://h/p/a/key?token=t"],
    ["http://h:81/p/", {}, "http://h:81/p/a/key"],
    ["gs://bucket/p q", {}, "https://storage.googleapis.com/bucket/p%20q/a/key"],
    [
      "gs://dotted.bucket_1",
      { endpoint: "http://localhost:4443" },
      "http://localhost:4443/dotted.bucket_1/a/key",
    ],
    ["az://account/data/p", {}, "https://account.blob.core.windows.net/data/p/a/key"],
    ["az://data/p", { account: "account" }, "https://account.blob.core.windows.net/data/p/a/key"],
    ["az://dev/data", { endpoint: "http://127.0.0.1:10000/dev" }, "http://127.0.0.1:10000/dev/data/a/key"],
    ["abfs://data@account.dfs.core.windows.net/p/", {}, "https://account.blob.core.windows.net/data/p/a/key"],
    [
      new URL("abfss://data@account.dfs.core.windows.net"),
      {},
      "https://account.blob.core.windows.net/data/a/key",
    ],
    [new URL("az://account/data/a b"), {}, "https://account.blob.core.windows.net/data/a%20b/a/key"],
  ])("%s with %o", async (location, options, url) => {
    expect(await requestFor(location, options)).toEqual({ url, headers: {} });
  });

  it("takes the endpoint and region of the environment, as the AWS tools do", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://localhost:9000");
    try {
      expect((await requestFor("s3://bucket")).url).toBe("http://localhost:9000/bucket/a/key");
      const options = { endpoint: "https://h" };
      expect((await requestFor("s3://bucket", options)).url).toBe("https://h/bucket/a/key");
      expect((await requestFor("gs://bucket")).url).toContain("storage.googleapis.com");
    } finally {
      vi.unstubAllEnvs();
    }
    vi.stubEnv("AWS_DEFAULT_REGION", "eu-north-1");
    try {
      const { url } = await requestFor("s3://bucket", { credentials: keys });
      expect(url).toBe("https://bucket.s3.eu-north-1.amazonaws.com/a/key");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("by Google's JSON API: the key encoded once, its slashes too, and a parameter of this store's own", async () => {
    const { url } = await requestFor("gs://bucket/p", { gcsApi: "json", userProject: "who pays" });
    expect(url).toMatch(
      /^https:\/\/storage\.googleapis\.com\/storage\/v1\/b\/bucket\/o\/p%2Fa%2Fkey\?alt=media&userProject=who%20pays&cloudcrop=[a-z0-9]+$/,
    );
  });
});

describe("what goes with a request", () => {
  it("HMAC keys of Google: SigV4 in region auto", async () => {
    const { url, headers } = await requestFor("gs://bucket", { credentials: keys, userProject: "p" });
    expect(url).toBe("https://storage.googleapis.com/bucket/a/key?userProject=p");
    expect(headers.authorization).toMatch(/Credential=AKID\/\d{8}\/auto\/s3\/aws4_request/);
    const signed = await requestFor("gs://bucket", { credentials: keys, auth: { mode: "query" } });
    expect(new URL(signed.url).searchParams.get("X-Amz-Credential")).toMatch(/\/auto\/s3\/aws4_request$/);
    expect(signed.headers).toEqual({});
  });

  it.each(["xml", "json"] as const)("a token of Google, by the %s API", async (gcsApi) => {
    const { headers } = await requestFor("gs://bucket", { gcsApi, credentials: { token: "ya29.x" } });
    expect(headers).toEqual({ authorization: "Bearer ya29.x" });
    const later = async () => ({ token: "later", expiration: new Date(Date.now() + 3_600_000) });
    expect((await requestFor("gs://bucket", { gcsApi, credentials: later })).headers).toEqual({
      authorization: "Bearer later",
    });
  });

  it("links made elsewhere, with what the reader pays for", async () => {
    const asked: unknown[] = [];
    const credentials = {
      presign: async (request: { key: string }) => {
        asked.push(request);
        return {
          url: `https://links/${request.key}?X-Goog-Signature=1`,
          expires: new Date(Date.now() + 1e6),
        };
      },
    };
    const { url } = await requestFor("gs://bucket/p", { credentials, userProject: "pays" });
    expect(url).toBe("https://links/p/a/key?X-Goog-Signature=1");
    expect(asked).toEqual([
      { method: "GET", bucket: "bucket", key: "p/a/key", query: { userProject: "pays" } },
    ]);
  });

  it("a SAS of Azure in the query, a token in headers with the version it needs", async () => {
    const sas = "?sv=2021-12-02&sig=a%2Bb%3D";
    expect(await requestFor("az://account/data", { credentials: { sas } })).toEqual({
      url: "https://account.blob.core.windows.net/data/a/key?sv=2021-12-02&sig=a%2Bb%3D",
      headers: {},
    });
    const { headers } = await requestFor("az://account/data", { credentials: { token: "eyJ" } });
    expect(headers).toEqual({
      authorization: "Bearer eyJ",
      "x-ms-version": expect.stringMatching(/^20\d\d-/) as string,
    });
  });

  it("requester pays and the bucket's owner, where S3 has them", async () => {
    const options = { region: "eu-west-1", credentials: keys, requesterPays: true };
    const inQuery = await requestFor("s3://bucket", { ...options, auth: { mode: "query" } });
    expect(new URL(inQuery.url).searchParams.get("x-amz-request-payer")).toBe("requester");
    const owned = await requestFor("s3://bucket", {
      ...options,
      expectedBucketOwner: "123456789012",
      auth: { mode: "query" },
    });
    expect(owned.headers).toMatchObject({
      "x-amz-request-payer": "requester",
      "x-amz-expected-bucket-owner": "123456789012",
    });
    expect(owned.headers.authorization).toMatch(/x-amz-expected-bucket-owner/);
  });

  it("tokens to https, and to this machine", async () => {
    const options = { endpoint: "http://storage.example", credentials: { token: "t" } };
    await expect(createStore("gs://bucket", options)).rejects.toMatchObject({ code: "config" });
    await expect(createStore("az://a/data", options)).rejects.toMatchObject({ code: "config" });
    expect((await requestFor("gs://bucket", { ...options, allowHttp: true })).url).toContain(
      "http://storage",
    );
  });
});

describe("what is refused", () => {
  it.each<[string, object]>([
    ["https://user:secret@host/a", {}],
    ["s3://no", {}],
    ["s3://UPPER", { region: "eu-west-1" }],
    ["s3://under_score", { region: "eu-west-1" }],
    ["s3://-bucket", { region: "eu-west-1" }],
    ["s3://a..b", { region: "eu-west-1" }],
    ["s3://xn--bucket", { region: "eu-west-1" }],
    ["s3://sthree-bucket", { region: "eu-west-1" }],
    [`s3://${"b".repeat(64)}`, { region: "eu-west-1" }],
    ["s3://127.0.0.1/x", { region: "eu-west-1" }],
    ["s3:///key", {}],
    ["s3://key:secret@bucket/a", {}],
    ["s3://bucket", { endpoint: "host:9000/x?y" }],
    ["s3://bucket", { endpoint: "https://h/#f" }],
    ["s3://bucket", { endpoint: "ftp://h" }],
    ["s3://bucket", { endpoint: "https://u:p@host" }],
    ["s3://bucket", { region: "eu/../west" }],
    ["s3://bucket", { requesterPays: true }],
    ["s3://bucket", { expectedBucketOwner: "123456789012" }],
    ["s3://bucket", { expectedBucketOwner: "owner", credentials: keys }],
    ["s3://bucket", { credentials: { accessKeyId: "A", secretAccessKey: "b\n" } }],
    ["s3://bucket", { hostHeader: "a b" }],
    ["gs://bucket", { requesterPays: true, credentials: keys }],
    ["gs://bucket", { expectedBucketOwner: "123456789012", credentials: keys }],
    ["gs://BAD/x", { gcsApi: "json" }],
    ["az://account", {}],
    ["az://Account/data", {}],
    ["az://account/Data", {}],
    ["az://evil.host%2f/data", {}],
    ["az://account/data?sv=1&sig=2", {}],
    ["az://account/data", { credentials: { presign: async () => ({}) } }],
  ])("%s with %o", async (location, options) => {
    await expect(createStore(location, options)).rejects.toMatchObject({ code: "config" });
  });

  it.each<[string, StorageOptions]>([
    ["s3://bucket", { region: "eu-west-1", credentials: { token: "t" } }],
    ["az://account/data", { credentials: keys }],
    ["gs://bucket", { gcsApi: "json", credentials: keys }],
  ])("%s with credentials of another service", async (location, options) => {
    await expect(requestFor(location, options)).rejects.toMatchObject({ code: "config" });
  });

  it.each([
    "ftp://host/a",
    "data:x",
    "abfs://c@account.dfs.evil.net/a",
    "s3://b--x-s3/a",
    "s3://alias-s3alias/a",
    "s3://point--ol-s3/a",
    "s3://arn:aws:s3/a",
  ])("%s, by name", async (location) => {
    await expect(createStore(location)).rejects.toMatchObject({ code: "unsupported" });
  });

  it.each(["s3://bucket", "gs://bucket", "az://account/data", "https://h/p"])(
    "keys with dot segments, and prefixes, below %s",
    async (location) => {
      const { store } = await createStore(location, {
        fetch: () => Promise.reject(new Error("nothing must be sent")),
      });
      await expect(store.get("/a/../b")).rejects.toMatchObject({ code: "config" });
      await expect(store.get("/.")).rejects.toMatchObject({ code: "config" });
      if (location.startsWith("https:")) return;
      const { store: below } = await createStore(`${location}/x/../y`, {
        fetch: () => Promise.reject(new Error("nothing must be sent")),
      });
      await expect(below.get("/b")).rejects.toMatchObject({ code: "config" });
    },
  );

  it.each([{ gcsApi: "json" }, {}] as const)(
    "no odd key: every one goes through gs: with %o",
    async (options) => {
      for (const key of CONFORMANCE_KEYS) {
        const { store } = await createStore("gs://bucket", {
          ...options,
          cache: 0,
          fetch: async (input) => {
            const path = new URL(String(input)).pathname.replace(/^\/(storage\/v1\/b\/)?bucket\/(o\/)?/, "");
            expect(decodeURIComponent(path)).toBe(key);
            return new Response("x");
          },
        });
        await store.get(`/${key}`);
      }
    },
  );
});
