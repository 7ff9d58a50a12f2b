/**
 * Every row of the table of failures in real browsers, by a real cause: the error of a read and the doctor's list say
 * the same sentence (docs/design/object-storage.md §11).
 *
 * @module
 */
import type { Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { corsRulesFor } from "../../../src/doctor/cors-rules.js";
import type { CheckId, Diagnosis } from "../../../src/index.js";
import { loadFixture } from "../../support/fixtures.js";
import { engines, type Pages, startPages } from "../../support/pages.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../../support/s3-server/server.js";
import { hasWebServer, startWebServer } from "../../support/web-servers.js";

type Options = Record<string, unknown>;
interface Loaded {
  cloudcrop: typeof import("../../../src/index.js");
  stores: typeof import("../../../src/exports/store.js");
}
interface Told {
  code?: string;
  message?: string;
  verdict?: string;
  /** Requests for the read that failed, those of the search for the reason not counted. */
  attempts?: number;
}

/** Requests until a failure is told: silence is asked again once, a busy server four times, one that says no is believed. */
const attemptsOf = {
  cors: 2,
  network: 2,
  throttled: 5,
  forbidden: 1,
  expired: 1,
  clock: 1,
  region: 1,
  "not-found": 1,
  config: undefined,
  "unknown-format": undefined,
} as const;

const fixture = loadFixture("zarr", "v3-layout");
describe.each(engines)("%s", (engine) => {
  let pages: Pages;
  let page: Page;
  let server: S3Server;
  let skewMs = 0;

  beforeAll(async () => {
    pages = await startPages(engine);
    page = await pages.newPage();
  }, 60_000);
  beforeEach(async () => {
    server = await createS3Server({ region: "eu-central-1", now: () => Date.now() + skewMs });
    server.createBucket("open", { publicRead: true, publicList: true, cors: RECOMMENDED_CORS });
    server.createBucket("closed", { cors: RECOMMENDED_CORS });
    server.createBucket("silent", { publicRead: true });
    for (const bucket of ["open", "closed", "silent"]) server.mount(bucket, "data/", fixture.path);
  });
  afterEach(() => {
    skewMs = 0;
    return server.close();
  });
  afterAll(() => pages?.close());

  /** What `open` throws, and what the doctor says, in one page. */
  async function ask(
    location: string,
    options: Options = {},
    on: Page = page,
  ): Promise<Told & { list: Diagnosis }> {
    const told = await on.evaluate(
      async ({ location, options }) => {
        const { open, diagnose } = (
          globalThis as unknown as { cloudcrop: typeof import("../../../src/index.js") }
        ).cloudcrop;
        const quick = { retries: { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5 }, pool: 0, ...options };
        const thrown: Told = await open(location, quick).then(
          (data) => {
            data.close();
            return {};
          },
          ({ code, message, detail }) => ({
            code,
            message,
            verdict: detail?.verdict,
            attempts: detail?.attempts,
          }),
        );
        return { ...thrown, list: await diagnose(location, quick) };
      },
      { location, options },
    );
    expect(JSON.stringify(told)).not.toContain("MARKER");
    return told;
  }

  const over = (more: Options = {}): Options => ({ endpoint: server.url, region: "eu-central-1", ...more });
  const signed = (more: Options = {}): Options => {
    const { accessKeyId, secretAccessKey } = server.account;
    return over({ credentials: { accessKeyId, secretAccessKey }, ...more });
  };
  const check = ({ list }: { list: Diagnosis }, id: CheckId) => list.checks.find((each) => each.id === id)!;

  /** The list fails where the error says it does, with the error's sentence. */
  function expectFailed(
    told: Told & { list: Diagnosis },
    code: keyof typeof attemptsOf,
    id: CheckId,
    words: RegExp,
    attempts: readonly (number | undefined)[] = [attemptsOf[code]],
  ): void {
    expect(told.code).toBe(code);
    expect(attempts).toContain(told.attempts);
    expect(told.message).toMatch(words);
    expect(check(told, id)).toMatchObject({ state: "failed" });
    expect(check(told, id).message.replace(/request \S+|in [\d.]+ s/g, "")).toBe(
      told.message!.replace(`${code}: `, "").replace(/request \S+|in [\d.]+ s/g, ""),
    );
    expect(told.list.ok).toBe(false);
  }

  describe("nothing wrong", () => {
    it("is said of public and of signed data, with every check", async () => {
      for (const told of [await ask("s3://open/data", over()), await ask("s3://closed/data", signed())]) {
        expect(told.code).toBeUndefined();
        expect(told.list.ok).toBe(true);
        expect(told.list.corsRules).toEqual([]);
        expect(told.list.checks.map(({ id, state }) => [id, state])).toEqual([
          ["address", "ok"],
          ["secure-page", "ok"],
          ["mixed-content", "ok"],
          ["local-network", "ok"],
          ["policy", "ok"],
          ["reachable", "ok"],
          ["cors", "ok"],
          ["preflight", "ok"],
          ["region", "ok"],
          ["clock", "ok"],
          ["credentials", "ok"],
          ["format", "ok"],
          ["range", "ok"],
          ["size", "ok"],
          ["exposed-headers", "ok"],
          ["listing", "ok"],
        ]);
      }
    });

    it("is said of a page and data of one origin", async () => {
      const told = await ask(`${pages.origin}/test/fixtures/zarr/v3-layout.zarr`);
      expect(told.list.ok).toBe(true);
      expect(check(told, "exposed-headers").message).toContain("same origin");
    });
  });

  describe("no answer", () => {
    it("cors: no rule on the bucket; the rule that is handed out works", async () => {
      const told = await ask("s3://silent/data", over());
      expectFailed(told, "cors", "cors", /did not allow this page \(http:\/\/127\.0\.0\.1:\d+\) to read it/);
      expect(told.message).toContain(
        'A bucket that does not exist looks the same from a page: check the name "silent".',
      );
      expect(check(told, "reachable").state).toBe("ok");
      const rule = told.list.corsRules[0]!;
      expect(rule.service).toBe("S3");
      server.buckets.get("silent")!.cors = JSON.parse(rule.text);
      expect((await ask("s3://silent/data", over())).list.ok).toBe(true);
      // With keys the same silence has one more cause.
      server.createBucket("hushed");
      expect((await ask("s3://hushed/data", signed())).message).toContain("also check them");
    });

    it("cors: a bucket that does not exist", async () => {
      const told = await ask("s3://no-such-bucket/data", over());
      expectFailed(told, "cors", "cors", /check the name "no-such-bucket"/);
    });

    it("cors, preflight: headers that the rule does not allow", async () => {
      server.buckets.get("closed")!.cors = [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }];
      const told = await ask("s3://closed/data", signed({ auth: { mode: "header" } }));
      expectFailed(told, "cors", "preflight", /refuses the preflight.*A wrong region gives the same symptom/);
      expect(check(told, "cors").state).toBe("ok");
      expect(told.list.corsRules).toHaveLength(4);
    });

    it("network: nobody listens", async () => {
      const gone = await createS3Server();
      await gone.close();
      const told = await ask("s3://open/data", { endpoint: gone.url });
      expectFailed(
        told,
        "network",
        "reachable",
        /No connection to .*Check the address, network, certificate or VPN/,
      );
      expect(check(told, "cors")).toMatchObject({
        state: "unknown",
        message: 'Not looked at, because of "Reachable".',
      });
      expect(told.list.corsRules).toEqual([]);
    });

    it("network: this computer is offline", async () => {
      await pages.usePage({}, async (own) => {
        // The library's own modules must have come before; of the data, some is in the browser's cache then.
        await ask("s3://open/data", over(), own);
        await own.context().setOffline(true);
        const told = await ask("s3://open/data", over(), own);
        // Where the browser's cache answered first, the host counts as reached, and is asked as often as any.
        expectFailed(told, "network", "reachable", /this computer is offline/, [2, 5]);
      });
    });

    it("network or CORS: under cross-origin isolation the browser hides which", async () => {
      await pages.usePage({ isolated: true }, async (own) => {
        expect(await own.evaluate(() => crossOriginIsolated)).toBe(true);
        const told = await ask("s3://silent/data", over(), own);
        expect([told.code, told.attempts]).toEqual(["network", 2]);
        expect(told.message).toContain("Either it is unreachable or it lacks a CORS rule");
        expect(told.message).toContain(`Test: open ${server.url}/silent/ in a new tab`);
        for (const id of ["reachable", "cors"] as const) {
          expect(check(told, id)).toMatchObject({
            state: "unknown",
            message: told.message!.slice("network: ".length),
          });
        }
        expect(told.list.corsRules).not.toEqual([]);
        expect((await ask("s3://open/data", over(), own)).list.ok).toBe(true);
      });
    });

    it("mixed content: an https page, http data", async () => {
      await pages.usePage({ origin: "https://app.example" }, async (own) => {
        const told = await ask("http://data.example/data", {}, own);
        expectFailed(
          told,
          "network",
          "mixed-content",
          /An https page cannot read http:\/\/data\.example\/data\//,
        );
        expect(told.message).toContain("Serve the data over https");
      });
    });

    it("local network: a page of the internet, data on this machine", async () => {
      await pages.usePage({ origin: "https://app.example" }, async (own) => {
        const told = await ask("s3://open/data", over(), own);
        // Firefox lets pages of the internet read local addresses.
        if (engine === "Firefox") {
          expect(told.code).toBeUndefined();
          return;
        }
        expectFailed(
          told,
          "network",
          "local-network",
          /blocked access to a local address.*Allow local network access/,
        );
      });
    });

    it("the page's own policy", async () => {
      await pages.usePage({ csp: "connect-src 'self'" }, async (own) => {
        const told = await ask("s3://open/data", over(), own);
        expectFailed(told, "network", "policy", /Content-Security-Policy.*connect-src/);
      });
    });

    it("an insecure page, which has no WebCrypto", async () => {
      await pages.usePage({ origin: "http://app.example" }, async (own) => {
        expect(await own.evaluate(() => globalThis.crypto.subtle === undefined)).toBe(true);
        const told = await ask("s3://closed/data", signed(), own);
        expectFailed(told, "config", "secure-page", /Signing needs a secure page \(https or localhost\)/);
        const without = await ask("http://data.example/data", {}, own);
        expect(check(without, "secure-page")).toMatchObject({ state: "warning" });
      });
    });
  });

  describe("the rules to paste", () => {
    it("are for each kind of host, the one at hand first", async () => {
      const first: Record<string, string> = {
        "https://storage.googleapis.com/b/data": "Google Cloud Storage",
        "https://a.blob.core.windows.net/c/data": "Azure Blob Storage",
        "https://b.s3.eu-west-1.amazonaws.com/data": "S3",
        "s3+https://minio.example/b/data": "S3",
        "https://data.example/data": "nginx",
      };
      for (const [location, service] of Object.entries(first)) {
        const rules = corsRulesFor(location, "https://app.example");
        expect(rules.map((rule) => rule.service).sort()).toEqual([
          "Azure Blob Storage",
          "Google Cloud Storage",
          "S3",
          "nginx",
        ]);
        expect(rules[0]!.service).toBe(service);
        for (const { how, text } of rules) {
          expect(how).not.toBe("");
          expect(text).toContain("https://app.example");
          expect(text).toMatch(/Content-Range/);
        }
      }
      const [gcs] = corsRulesFor("gs://b", "https://app.example");
      expect(JSON.parse(gcs!.text)).toMatchObject([
        { origin: ["https://app.example"], method: ["GET", "HEAD"] },
      ]);
      const [s3] = corsRulesFor("s3://b", "*");
      expect(JSON.parse(s3!.text)).toEqual(RECOMMENDED_CORS);
    });

    // Where nginx is not installed the rule is only read; test/unit/store/index-pages.test.ts says so loudly.
    it.runIf(hasWebServer("nginx"))(
      "nginx's lines work in nginx, with headers of the user's too",
      async () => {
        const silent = await startWebServer("nginx", fixture.path);
        const refused = await ask(silent.url);
        await silent.close();
        expectFailed(refused, "cors", "cors", /did not allow this page/);
        const rule = refused.list.corsRules[0]!;
        expect(rule.service).toBe("nginx");
        const server = await startWebServer("nginx", fixture.path, rule.text);
        for (const options of [{}, { headers: { "x-api-key": "MARKER" } }]) {
          const told = await ask(server.url, options);
          expect(told.list.ok).toBe(true);
          expect(told.list.corsRules).toEqual([]);
        }
        const preflight = await ask(server.url, { headers: { "x-another": "MARKER" } });
        expectFailed(preflight, "cors", "preflight", /and those you set yourself/);
        await server.close();
      },
    );
  });

  describe("an answer that says no", () => {
    it("forbidden, signature", async () => {
      const { accessKeyId } = server.account;
      const told = await ask(
        "s3://closed/data",
        over({ credentials: { accessKeyId, secretAccessKey: "MARKER" } }),
      );
      expectFailed(
        told,
        "forbidden",
        "credentials",
        /another signature.*wrong secret key.*region eu-central-1/,
      );
    });

    it("forbidden, key", async () => {
      const told = await ask(
        "s3://closed/data",
        over({ credentials: { accessKeyId: "NO", secretAccessKey: "MARKER" } }),
      );
      expectFailed(told, "forbidden", "credentials", /Access key unknown to 127/);
    });

    it("forbidden, denied: without keys, and for keys that may not", async () => {
      const anonymous = await ask("s3://closed/data", over());
      expectFailed(anonymous, "forbidden", "credentials", /denied.*give credentials.*requesterPays/);
      server.addAccount({
        accessKeyId: "LIMITED",
        secretAccessKey: "MARKER",
        user: server.account.accessKeyId,
        actions: ["s3:ListBucket"],
      });
      const keys = { accessKeyId: "LIMITED", secretAccessKey: "MARKER" };
      const denied = await ask("s3://closed/data", over({ credentials: keys }));
      expectFailed(denied, "forbidden", "credentials", /denied.*s3:GetObject \(and s3:ListBucket/);
    });

    it("expired", async () => {
      const keys = { accessKeyId: "OLD", secretAccessKey: "MARKERKEY", sessionToken: "MARKERTOKEN" };
      server.addAccount({ ...keys, user: server.account.accessKeyId, expiration: new Date(0) });
      const told = await ask("s3://closed/data", over({ credentials: keys }));
      expectFailed(told, "expired", "credentials", /expired.*refresh failed: .*cannot be renewed/);
    });

    it("clock: off beyond correction, and corrected", async () => {
      skewMs = -50 * 60_000;
      const corrected = await ask("s3://closed/data", signed());
      expect(corrected.code).toBeUndefined();
      expect(check(corrected, "clock")).toMatchObject({ state: "warning" });
      expect(check(corrected, "clock").message).toContain("50 min off");
      // A server that never believes: it tells another time with every answer.
      server.addFault({
        fault: { kind: "status", status: 403, code: "RequestTimeTooSkewed" },
        path: /closed/,
      });
      const told = await ask("s3://closed/data", signed());
      expectFailed(told, "clock", "clock", /clock is/);
    });

    it("region", async () => {
      server.createBucket("far", { region: "us-west-2", cors: RECOMMENDED_CORS });
      server.mount("far", "data/", fixture.path);
      const moved = await ask("s3://far/data", signed());
      expect(moved.code).toBeUndefined();
      expect(check(moved, "region")).toMatchObject({ state: "warning" });
      expect(check(moved, "region").message).toContain("in us-west-2, not in eu-central-1");
      server.addFault({ fault: { kind: "status", status: 301, code: "PermanentRedirect" }, path: /far/ });
      const told = await ask("s3://far/data", signed());
      // Where redirects are not followed, Firefox shows none of them, not even one that leads nowhere.
      const [verdict, attempts] = engine === "Firefox" ? ["redirect", 2] : [undefined, 1];
      expectFailed(told, "region", "region", /Bucket far is not in .*Set region/, [attempts]);
      expect(told.verdict).toBe(verdict);
    });

    it("region: redirects that lead elsewhere, shown to the page and hidden from it", async () => {
      const elsewhere = { kind: "redirect", location: `${server.url}/open/data`, status: 301 } as const;
      server.addFault({ fault: elsewhere, path: /^\/closed/ });
      const shown = await ask("s3://closed/data", signed());
      expectFailed(shown, "region", "region", /Bucket closed is not in .*Set region; .* check endpoint/, [2]);
      expect(shown.verdict).toBe("redirect");
      server.addFault({ fault: { kind: "no-cors", on: "all" }, path: /^\/closed/ });
      const hidden = await ask("s3://closed/data", signed());
      expectFailed(
        hidden,
        "cors",
        "cors",
        /in another region or at another endpoint, whose server redirects/,
      );
    });

    it("throttled", async () => {
      server.addFault({ fault: { kind: "status", status: 503, code: "SlowDown" } });
      const told = await ask("s3://open/data", over());
      expectFailed(told, "throttled", "reachable", /asks to slow down; gave up after 5 tries/);
    });

    it("range-unsupported", async () => {
      server.addFault({ fault: { kind: "ignore-range" } });
      const told = await ask("s3://open/data", over());
      expect(check(told, "range")).toMatchObject({ state: "warning" });
      expect(check(told, "range").message).toContain("ignores Range");
      server.put("open", "large", new Uint8Array(5 * 1024 * 1024));
      const asked = server.counters.GET;
      const message = await page.evaluate(async (endpoint) => {
        const { createStore } = (
          globalThis as unknown as { stores: typeof import("../../../src/exports/store.js") }
        ).stores;
        const { store } = await createStore("s3://open", { endpoint });
        return store.getRange!("/large", { offset: 100, length: 10 }).catch(
          (thrown: Error) => thrown.message,
        );
      }, server.url);
      expect(message).toMatch(
        /range-unsupported: .* ignores Range.*5242880 bytes.*\/large cannot be read in parts/,
      );
      expect(server.counters.GET - asked).toBe(1);
    });

    it("short-body", async () => {
      // Chromium keeps what came of a cut body and asks for the rest next time, so each must be the first to read.
      server.addFault({ fault: { kind: "cut", afterBytes: 10 }, path: /zarr\.json$/ });
      const list = await page.evaluate(async (endpoint) => {
        const { diagnose } = (globalThis as unknown as Loaded).cloudcrop;
        return diagnose("s3://open/data", { endpoint, retries: { baseMs: 1 } });
      }, server.url);
      expect(list.checks.find(({ id }) => id === "reachable")).toMatchObject({ state: "failed" });
      server.mount("open", "other/", fixture.path);
      const told = await ask("s3://open/other", over());
      expect(["short-body", "network"]).toContain(told.code);
      expect(told.attempts).toBe(5);
      expect(told.message).toMatch(/sent \d+ of \d+ bytes for|broke while .* was read/);
    });

    it("not-found: a bucket that is not there, where the server shows it", async () => {
      server.addFault({ fault: { kind: "status", status: 404, code: "NoSuchBucket" }, path: /^\/open\// });
      const told = await ask("s3://open/data", over());
      expectFailed(told, "not-found", "address", /Bucket or container open does not exist at 127/);
      expect(check(told, "cors").state).toBe("ok");
    });

    it("unknown-format", async () => {
      const told = await ask("s3://open/elsewhere", over());
      expectFailed(told, "unknown-format", "format", /Nothing known is stored at s3:\/\/open\/elsewhere/);
    });

    it("headers that are not exposed are a warning, with a rule", async () => {
      server.buckets.get("open")!.cors = [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }];
      const told = await ask("s3://open/data", over());
      expect(told.list.ok).toBe(true);
      expect(check(told, "exposed-headers")).toMatchObject({ state: "warning" });
      expect(check(told, "exposed-headers").message).toMatch(/etag .*content-range .*date /);
      expect(check(told, "clock").state).toBe("unknown");
      server.buckets.get("open")!.cors = JSON.parse(told.list.corsRules[0]!.text);
      expect(check(await ask("s3://open/data", over()), "exposed-headers").state).toBe("ok");
    });
  });
});
