/**
 * What a browser may see that a Node server cannot show: opaque headers, decoded bodies, engines that lie about the end.
 * A `fetch` of our own plays them.
 *
 * @module
 */
import { describe, expect, it, vi } from "vitest";
import { classify, readRetryAfter } from "../../../src/net/classify.js";
import { parseErrorBody, regionOfEndpoint } from "../../../src/net/error-body.js";
import { perform } from "../../../src/net/perform.js";
import type { RemoteRead } from "../../../src/net/remote-read.js";
import { backoff, defaultRetryPolicy, sleep } from "../../../src/net/retry.js";
import { defaultTimeouts } from "../../../src/net/timer.js";

const read: RemoteRead = {
  method: "GET",
  url: "https://host/a",
  headers: {},
  cache: "no-store",
  redirect: "follow",
  key: "/a",
  root: "https://host/",
  signed: false,
};

interface Played {
  status?: number;
  headers?: Record<string, string>;
  type?: ResponseType;
  body?: Uint8Array;
  url?: string;
}

function play(answer: Played, request: Partial<RemoteRead> = {}) {
  const { status = 200, headers = {}, type, body = new Uint8Array(0), url } = answer;
  const fetched = async (): Promise<Response> => {
    const response = new Response(status === 204 || status === 416 ? null : (body as BodyInit), {
      status,
      headers,
    });
    if (type !== undefined) Object.defineProperty(response, "type", { value: type });
    if (url !== undefined) {
      Object.defineProperty(response, "url", { value: url });
      Object.defineProperty(response, "redirected", { value: true });
    }
    return response;
  };
  return perform({ ...read, ...request }, { timeouts: defaultTimeouts, fetch: fetched as typeof fetch });
}

const ten = Uint8Array.from({ length: 10 }, (_, index) => index);

describe("perform", () => {
  it("takes a decoded body longer than the Content-Length a browser shows", async () => {
    const answer = await play({ type: "cors", headers: { "content-length": "4" }, body: ten });
    expect(answer).toMatchObject({ kind: "bytes", bytes: ten });
    expect(answer).not.toHaveProperty("size");
  });

  it("calls a body of the same origin short, and a much shorter one of another origin too", async () => {
    const short = await play({ type: "basic", headers: { "content-length": "11" }, body: ten });
    expect(short).toMatchObject({ kind: "failure", failure: { class: "short-body" } });
    const cut = await play({ type: "cors", headers: { "content-length": "1000" }, body: ten });
    expect(cut).toMatchObject({
      kind: "failure",
      failure: { class: "short-body", reason: "sent 10 of 1000 bytes" },
    });
  });

  const range = { offset: 5, length: 10 };

  it("accepts a part without Content-Range only when its length is right", async () => {
    expect(await play({ status: 206, body: ten }, { range })).toEqual({ kind: "bytes", bytes: ten });
    expect(await play({ status: 206, body: ten.slice(0, 6) }, { range })).toMatchObject({ unverified: true });
    expect(await play({ status: 206, body: ten.slice(0, 6) }, { range, size: 11 })).toMatchObject({
      kind: "bytes",
    });
    expect(await play({ status: 206, body: ten.slice(0, 6) }, { range, size: 12 })).toMatchObject({
      failure: { class: "short-body" },
    });
    expect(await play({ status: 206, body: new Uint8Array(11) }, { range })).toMatchObject({
      failure: { class: "short-body" },
    });
  });

  it.each([
    ["bytes 5-14/100", ten, { kind: "bytes", size: 100 }],
    ["bytes 5-14/*", ten, { kind: "bytes" }],
    ["bytes 5-10/11", ten.slice(0, 6), { kind: "bytes", size: 11 }],
    ["bytes 5-10/100", ten.slice(0, 6), { failure: { class: "corrupt" } }],
    ["bytes 5-15/100", ten, { failure: { class: "corrupt" } }],
    ["bytes 4-14/100", ten, { failure: { class: "corrupt" } }],
    ["bytes 5-14/100", ten.slice(1), { failure: { class: "short-body" } }],
  ])("judges Content-Range %s", async (header, body, expected) => {
    const answer = await play({ status: 206, headers: { "content-range": header }, body }, { range });
    expect(answer).toMatchObject(expected);
  });

  it("refuses to cut encoded objects", async () => {
    const headers = { "content-range": "bytes 5-14/100", "content-encoding": "gzip" };
    expect(await play({ status: 206, headers, body: ten }, { range })).toMatchObject({
      failure: { class: "unsupported" },
    });
  });

  it("sees folders, downgrades, and empty answers", async () => {
    expect(await play({ url: "https://host/a/", body: ten })).toEqual({ kind: "absent" });
    expect(await play({ url: "http://host/b", body: ten })).toMatchObject({ failure: { class: "refused" } });
    expect(await play({ url: "https://other/b", body: ten })).toMatchObject({ kind: "bytes" });
    expect(await play({ status: 204 })).toEqual({ kind: "absent" });
    expect(await play({ status: 416, headers: { "content-range": "bytes */7" } }, { range })).toEqual({
      kind: "past-end",
      size: 7,
    });
  });

  it("takes the ETag without marks of compression, and no weak one", async () => {
    expect(await play({ headers: { etag: '"x-gzip"' } })).toMatchObject({ etag: '"x"' });
    expect(await play({ headers: { etag: 'W/"x"' } })).not.toHaveProperty("etag");
  });

  it("finds the region a redirect speaks of", () => {
    expect(regionOfEndpoint("b.s3-eu-west-1.amazonaws.com")).toBe("eu-west-1");
    expect(regionOfEndpoint("b.s3.cn-north-1.amazonaws.com.cn")).toBe("cn-north-1");
    expect(regionOfEndpoint("b.s3.amazonaws.com")).toBeUndefined();
    expect(regionOfEndpoint("s3.eu-west-1.amazonaws.com.evil.org")).toBeUndefined();
    expect(regionOfEndpoint(undefined)).toBeUndefined();
  });

  it("keeps of an error body only what is harmless", () => {
    const fields = parseErrorBody(
      "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>SECRET</StringToSign><Token-0>SECRET</Token-0>" +
        "<Message>a &lt;b&gt; &#x26; c</Message><RequestId>R</RequestId></Error>",
    );
    expect(fields).toEqual({ code: "SignatureDoesNotMatch", message: "a <b> & c", requestId: "R" });
    expect(parseErrorBody("<html><Code>x</Code></html>")).toEqual({});
  });
});

describe("classify", () => {
  it.each([
    [503, {}, "throttle"],
    [200, { code: "SlowDown" }, "throttle"],
    [400, { code: "ThrottlingException" }, "throttle"],
    [500, { code: "Strange" }, "transient"],
    [501, { code: "NotImplemented" }, "refused"],
    [400, { code: "AuthorizationHeaderMalformed", region: "eu" }, "region"],
    [400, { code: "AuthorizationHeaderMalformed" }, "refused"],
    [301, {}, "region"],
    [401, {}, "expired"],
    [403, {}, "forbidden"],
    [403, { code: "AccessDenied", message: "Request has expired" }, "expired"],
    [403, { code: "RequestTimeTooSkewed" }, "clock"],
    [404, { code: "NoSuchBucket" }, "no-container"],
    [400, {}, "refused"],
    [418, {}, "refused"],
  ] as const)("%d %o is %s", (status, fields, expected) => {
    expect(classify(status, fields)).toBe(expected);
  });

  it("reads how long to wait", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const wait = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now);
    expect(wait({ "retry-after": "3" })).toBe(3000);
    expect(wait({ "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT" })).toBe(5000);
    expect(wait({ "retry-after": "Wed, 31 Dec 2025 00:00:05 GMT" })).toBe(0);
    expect(wait({ "x-amz-retry-after": "250" })).toBe(250);
    expect(wait({ "retry-after": "soon" })).toBeUndefined();
    expect(wait({})).toBeUndefined();
  });

  it("waits a random time that doubles and is capped", () => {
    const longest = (kind: "transient" | "throttle", retries: number): number =>
      Math.max(
        ...Array.from({ length: 400 }, () =>
          backoff({ class: kind, reason: "" }, retries, defaultRetryPolicy),
        ),
      );
    expect(longest("transient", 0)).toBeLessThanOrEqual(100);
    expect(longest("transient", 3)).toBeGreaterThan(400);
    expect(longest("transient", 3)).toBeLessThanOrEqual(800);
    expect(longest("throttle", 0)).toBeGreaterThan(250);
    expect(longest("throttle", 20)).toBeLessThanOrEqual(10_000);
  });
});

describe("requests", () => {
  it("carry no cookie and no referrer, and follow redirects only without keys", async () => {
    const sent: RequestInit[] = [];
    const fetched = async (_url: string, init: RequestInit): Promise<Response> => {
      sent.push(init);
      return new Response(null, { status: 404 });
    };
    const options = { timeouts: defaultTimeouts, fetch: fetched as unknown as typeof fetch };
    await perform({ ...read, range: { offset: 4, length: 3 } }, options);
    await perform(
      { ...read, redirect: "refuse", range: { suffixLength: 9 } },
      { ...options, lowPriority: true },
    );
    expect(sent[0]).toMatchObject({
      method: "GET",
      headers: { range: "bytes=4-6" },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "follow",
    });
    expect(sent[1]).toMatchObject({ headers: { range: "bytes=-9" }, redirect: "manual", priority: "low" });
  });
});

describe("the protocol", () => {
  const entry = (name: string, nextHopProtocol: string) => ({ name, nextHopProtocol });
  const ask = async (entries: object[], wantsProtocol = true): Promise<unknown> => {
    const looking = vi.spyOn(performance, "getEntriesByType").mockReturnValue(entries as never);
    const fetched = async (): Promise<Response> => new Response("x");
    const options = { timeouts: defaultTimeouts, fetch: fetched as typeof fetch, wantsProtocol };
    const answer = await perform(read, options);
    looking.mockRestore();
    return "protocol" in answer ? answer.protocol : undefined;
  };

  it("is told where the browser shows it", async () => {
    const hidden = entry("https://host/b", "");
    expect(await ask([entry("https://hostile/", "h3"), hidden, entry("https://host/c", "h2")])).toBe("h2");
    expect(await ask([hidden])).toBeUndefined();
    expect(await ask([entry("https://host/c", "h2")], false)).toBeUndefined();
  });
});

describe("bodies and sleeps", () => {
  it("cancels a body that goes on beyond what was asked", async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(8));
      },
      cancel() {
        cancelled = true;
      },
    });
    const fetched = async (): Promise<Response> => new Response(endless, { status: 206 });
    const answer = await perform(
      { ...read, range: { offset: 0, length: 10 } },
      { timeouts: defaultTimeouts, fetch: fetched as typeof fetch },
    );
    expect(answer).toMatchObject({ failure: { class: "short-body" } });
    expect(cancelled).toBe(true);
  });

  it("wakes with the signal's reason", async () => {
    const controller = new AbortController();
    const asleep = sleep(60_000, controller.signal);
    controller.abort("woken");
    await expect(asleep).rejects.toBe("woken");
    await expect(sleep(60_000, AbortSignal.abort("before"))).rejects.toBe("before");
    await sleep(1);
  });
});
