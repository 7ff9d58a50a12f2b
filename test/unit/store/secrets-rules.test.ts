/**
 * The points of secrets hygiene that are rules of every request and every error body
 * (docs/design/object-storage.md §13: 2, 3, 6); the others: secrets.test.ts (1, 3, 4, 5), references.test.ts (4),
 * node-transport.test.ts (8), test/e2e/secrets.spec.ts (3, 7, 9).
 *
 * @module
 */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { diagnose, open } from "../../../src/index.js";
import { maxErrorBodyBytes, parseErrorBody } from "../../../src/net/error-body.js";
import { createStore } from "../../../src/store/url.js";
import { loadFixture } from "../../support/fixtures.js";
import { type Pages, startPages } from "../../support/pages.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../../support/s3-server/server.js";

const secret = "MARKERSECRET";
const token = "MARKERTOKEN/+=";
const fixture = loadFixture("zarr", "v3-layout");
const quick = { retries: { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 3 } };
let server: S3Server;
let keys: { accessKeyId: string; secretAccessKey: string; sessionToken: string };

beforeAll(async () => {
  server = await createS3Server();
  keys = { accessKeyId: "ASIAKEY", secretAccessKey: secret, sessionToken: token };
  server.addAccount({ ...keys, user: server.account.accessKeyId });
  server.createBucket("closed", { cors: RECOMMENDED_CORS });
  server.createBucket("silent");
  for (const bucket of ["closed", "silent"]) server.mount(bucket, "data/", fixture.path);
});
afterAll(() => server.close());

describe("2: of an error body", () => {
  it("the known harmless fields are read, and nothing else", () => {
    const body = `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>It does not match.</Message>
<AWSAccessKeyId>ASIAKEY</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 ${secret}</StringToSign>
<SignatureProvided>${secret}</SignatureProvided><CanonicalRequest>x-amz-security-token:${token}</CanonicalRequest>
<Token-0>${token}</Token-0><Region>eu-west-1</Region><RequestId>R1</RequestId><HostId>${secret}</HostId></Error>`;
    expect(parseErrorBody(body)).toEqual({
      code: "SignatureDoesNotMatch",
      message: "It does not match.",
      region: "eu-west-1",
      requestId: "R1",
    });
  });

  it("no more is read than its first part", async () => {
    const long = `${"x".repeat(500 * maxErrorBodyBytes)}${secret}`;
    const fault = server.addFault({ fault: { kind: "status", status: 400, code: "Odd", message: long } });
    const { store } = await createStore("s3://closed/data", {
      ...quick,
      endpoint: server.url,
      credentials: keys,
    });
    const thrown = await store.get("/zarr.json").catch((reason: unknown) => reason);
    fault.remove();
    expect(thrown).toHaveProperty("code", "server");
    expect(server.log.at(-1)!.bytes).toBeLessThan(long.length / 2);
    const text = inspect(thrown, { depth: 9, showHidden: true });
    expect(text).not.toContain("MARKER");
    expect(text.length).toBeLessThan(5000);
  });
});

describe("3: in a whole visit in Node", () => {
  it("nothing that is told, thrown, counted or logged holds a secret or an object that does", async () => {
    const told: unknown[] = [];
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...args) => void told.push(args)),
    );
    const options = {
      ...quick,
      endpoint: server.url,
      credentials: keys,
      pool: 0,
      onDiagnostic: (diagnostic: unknown) => told.push(diagnostic),
    };
    for (const mode of ["query", "header"] as const) {
      const data = await open("s3://closed/data", { ...options, auth: { mode } });
      const [name] = [...data.sources.keys()];
      const grid = data.grid(name);
      told.push(data.url, grid.info, await grid.explain());
      told.push(
        await grid.query({}, { onProgress: (progress) => told.push(progress) }).then(({ shape }) => shape),
      );
      data.close();
      told.push(await diagnose("s3://closed/data", { ...options, auth: { mode } }));
      const { store, url } = await createStore("s3://closed/data", { ...options, auth: { mode } });
      told.push(store, url, store.stats());
      for (const status of [400, 403, 408, 500, 503]) {
        const fault = server.addFault({
          fault: { kind: "status", status, code: "ExpiredToken", message: `${secret} ${token}` },
        });
        const thrown = await store.get(`/${status}`).catch((reason: unknown) => reason);
        fault.remove();
        told.push(
          thrown,
          String(thrown),
          JSON.stringify(thrown),
          structuredClone(JSON.parse(JSON.stringify(thrown))),
        );
        for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
          expect(Object.values(cause).some(isHolder)).toBe(false);
        }
      }
    }
    for (const spy of spies) spy.mockRestore();
    const text = told
      .map((each) => `${JSON.stringify(each)} ${inspect(each, { depth: 12, showHidden: true })}`)
      .join("\n");
    expect(text.length).toBeGreaterThan(2000);
    for (const spelling of [secret, token, encodeURIComponent(token)]) expect(text).not.toContain(spelling);
    expect(text).not.toMatch(/X-Amz-Signature=[0-9a-f]|Credential=ASIA/i);
  });
});

function isHolder(value: unknown): boolean {
  return value instanceof Request || value instanceof Response || value instanceof Headers;
}

describe("6: every request", () => {
  const isClean = (init: RequestInit | undefined): boolean =>
    init?.credentials === "omit" && init.referrerPolicy === "no-referrer";

  it("in Node goes without cookies and without a referrer", async () => {
    const inits: (RequestInit | undefined)[] = [];
    const watching: typeof fetch = (input, init) => {
      inits.push(init);
      return fetch(input, init);
    };
    const options = { ...quick, endpoint: server.url, credentials: keys, fetch: watching, pool: 0 };
    await diagnose("s3://closed/data", options);
    const { store } = await createStore("s3://closed/data", {
      ...options,
      listing: `${server.url}/closed/none.json`,
    });
    await store.getRange!("/zarr.json", { suffixLength: 5 });
    await expect(store.list!("/")[Symbol.asyncIterator]().next()).rejects.toHaveProperty("code");
    expect(inits.length).toBeGreaterThan(5);
    expect(inits.every(isClean)).toBe(true);
  });

  describe("in a page", () => {
    let pages: Pages;
    beforeAll(async () => {
      pages = await startPages();
    }, 60_000);
    afterAll(() => pages?.close());

    it("goes so too, and so does every probe; the server sees no cookie of its own", async () => {
      const page = await pages.newPage({
        init: () => {
          const inits: boolean[] = [];
          const own = globalThis.fetch;
          globalThis.fetch = (input, init) => {
            inits.push(init?.credentials === "omit" && init.referrerPolicy === "no-referrer");
            return own(input, init);
          };
          Object.assign(globalThis, { inits });
        },
      });
      await page.context().addCookies([{ name: "session", value: "MARKERCOOKIE", url: server.url }]);
      const cookies: (string | undefined)[] = [];
      page.on("request", async (request) => {
        if (request.url().startsWith(server.url)) cookies.push((await request.allHeaders()).cookie);
      });
      const inits = await page.evaluate(
        async ({ endpoint, credentials }) => {
          const { diagnose, open } = (
            globalThis as unknown as { cloudcrop: typeof import("../../../src/index.js") }
          ).cloudcrop;
          const quick = { retries: { baseMs: 1 }, endpoint };
          await diagnose("s3://closed/data", { ...quick, credentials });
          await diagnose("s3://closed/data", { ...quick, credentials, auth: { mode: "header" } });
          await diagnose("s3://silent/data", quick);
          await diagnose("s3://silent/data", { ...quick, credentials, auth: { mode: "header" } });
          await open("s3://silent/data", { ...quick, pool: 0 }).catch(() => {});
          return (globalThis as unknown as { inits: boolean[] }).inits;
        },
        { endpoint: server.url, credentials: keys },
      );
      expect(inits.length).toBeGreaterThan(15);
      expect(inits.every(Boolean)).toBe(true);
      expect(cookies.length).toBeGreaterThan(10);
      expect(cookies.every((cookie) => cookie === undefined)).toBe(true);
      await page.context().close();
    });
  });
});
