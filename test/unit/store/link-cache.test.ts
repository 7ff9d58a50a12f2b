/**
 * Links made elsewhere: asked for once, in batches where that is offered, and again before they end.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { CredentialProvider } from "../../../src/store/credential-provider.js";
import type { PresignedLink, PresignRequest } from "../../../src/store/credentials.js";
import { LinkCache } from "../../../src/store/link-cache.js";
import { S3Store } from "../../../src/store/s3.js";
import { RequestSigner, ServerClock } from "../../../src/store/sign.js";
import { createS3Server } from "../../support/s3-server/server.js";

const get = (key: string): PresignRequest => ({ method: "GET", bucket: "b", key });
const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

afterEach(() => {
  vi.useRealTimers();
});

describe("LinkCache", () => {
  it("asks once for each request, until a minute before the link ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let asked = 0;
    const cache = new LinkCache({
      presign: async ({ method, key }) => ({
        url: `https://h/${method}/${key}/${++asked}`,
        expires: inSeconds(600),
      }),
    });
    expect(await Promise.all([cache.get(get("a")), cache.get(get("a"))])).toEqual([
      "https://h/GET/a/1",
      "https://h/GET/a/1",
    ]);
    expect(await cache.get({ ...get("a"), method: "HEAD" })).toBe("https://h/HEAD/a/2");
    expect(await cache.get({ ...get("a"), query: { "list-type": "2" } })).toBe("https://h/GET/a/3");
    vi.setSystemTime(Date.now() + 539_000);
    expect(await cache.get(get("a"))).toBe("https://h/GET/a/1");
    vi.setSystemTime(Date.now() + 2_000);
    expect(await Promise.all([cache.get(get("a")), cache.get(get("a"))])).toEqual([
      "https://h/GET/a/4",
      "https://h/GET/a/4",
    ]);
    cache.clear();
    expect(await cache.get(get("a"))).toBe("https://h/GET/a/5");
  });

  it("asks for all of one turn in one call, where it can", async () => {
    const batches: string[][] = [];
    const cache = new LinkCache({
      presign: () => Promise.reject(new Error("not this one")),
      presignMany: async (requests) => {
        batches.push(requests.map(({ key }) => key));
        return requests.map(({ key }) => ({ url: `https://h/${key}`, expires: inSeconds(600) }));
      },
    });
    const urls = await Promise.all(["a", "b", "a", "c"].map((key) => cache.get(get(key))));
    expect(urls).toEqual(["https://h/a", "https://h/b", "https://h/a", "https://h/c"]);
    await cache.get(get("d"));
    expect(batches).toEqual([["a", "b", "c"], ["d"]]);
  });

  it.each<[string, () => unknown]>([
    ["no link", () => undefined],
    ["a script", () => ({ url: "javascript:1", expires: inSeconds(9) })],
    ["no date", () => ({ url: "https://h" })],
  ])("takes %s for none, and asks again the next time", async (_name, answer) => {
    let asked = 0;
    const cache = new LinkCache({
      presign: async () => {
        asked++;
        return answer() as PresignedLink;
      },
    });
    await expect(cache.get(get("a"))).rejects.toMatchObject({ code: "config" });
    await expect(cache.get(get("a"))).rejects.toMatchObject({ code: "config" });
    expect(asked).toBe(2);
  });

  it("tells a failure without its text", async () => {
    const failing = [
      new LinkCache({ presign: () => Promise.reject(new Error("MARKER")) }),
      new LinkCache({ presign: vi.fn(), presignMany: () => Promise.reject(new Error("MARKER")) }),
      new LinkCache({
        presign: vi.fn(),
        presignMany: () => {
          throw new Error("MARKER");
        },
      }),
    ];
    for (const cache of failing) {
      const thrown = await cache.get(get("a")).catch((reason: unknown) => reason);
      expect(thrown).toMatchObject({ code: "forbidden" });
      expect(String(thrown)).not.toContain("MARKER");
    }
    const short = new LinkCache({ presign: vi.fn(), presignMany: async () => [] });
    await expect(short.get(get("a"))).rejects.toMatchObject({ code: "config" });
  });
});

describe("a store with a presigner", () => {
  it("reads and lists by links alone, and gets a new one when the server calls the last expired", async () => {
    const server = await createS3Server({ region: "eu-central-1" });
    server.createBucket("closed");
    server.put("closed", "p/data", "text");
    const { accessKeyId, secretAccessKey } = server.account;
    // In life another server signs.
    const signer = new RequestSigner({
      provider: new CredentialProvider({ accessKeyId, secretAccessKey }),
      mode: "query",
      region: "eu-central-1",
      clock: new ServerClock(),
      origin: server.url,
    });
    let asked = 0;
    const store = new S3Store("s3://closed/p", {
      endpoint: server.url,
      credentials: {
        presign: async ({ method, bucket, key, query = {} }) => {
          asked++;
          const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
          const { url } = await signer.sign(method, `${server.url}/${bucket}/${key}?${text.join("&")}`);
          return { url, expires: inSeconds(900) };
        },
      },
    });
    expect(await store.get("/data")).toHaveLength(4);
    const keys: string[] = [];
    for await (const { key } of store.list("/")) keys.push(key);
    expect(keys).toEqual(["/data"]);
    expect(asked).toBe(2);
    server.addFault({ fault: { kind: "status", status: 403, code: "ExpiredToken" }, count: 1 });
    expect(await store.get("/data")).toHaveLength(4);
    expect(asked).toBe(3);
    await server.close();
  });
});
