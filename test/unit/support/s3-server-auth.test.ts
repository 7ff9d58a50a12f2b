/**
 * @module Signatures at the embedded S3 server: accepted from aws4fetch and from the examples AWS publishes, and every
 * refusal by status and code.
 */
import { createHash, createHmac } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";
import { type Account, createS3Server, type S3Server } from "../../support/s3-server/server.js";
import { rawRequest } from "./raw-request.js";

const OWNER: Account = { accessKeyId: "AKOWNER", secretAccessKey: "owner/secret+with=signs" };
const OTHER: Account = { accessKeyId: "AKOTHER", secretAccessKey: "other" };
const NARROW: Account = {
  accessKeyId: "AKNARROW",
  secretAccessKey: "n",
  user: "AKOWNER",
  actions: ["s3:GetObject"],
};
const SESSION: Account = {
  accessKeyId: "ASIASESSION",
  secretAccessKey: "s",
  sessionToken: "tok/en+=with signs",
  user: "AKOWNER",
};
const ENDED: Account = { ...SESSION, accessKeyId: "ASIAENDED", expiration: new Date(Date.now() - 1000) };
const MODES = ["header", "query"] as const;
type Mode = (typeof MODES)[number];

let server: S3Server;
let clock = 0;

beforeAll(async () => {
  server = await createS3Server({
    region: "eu-central-1",
    accounts: [OWNER, OTHER, NARROW, SESSION, ENDED],
    now: () => Date.now() + clock,
  });
  server.createBucket("closed");
  server.put("closed", "k", "secret");
});
beforeEach(() => {
  clock = 0;
});
afterAll(() => server.close());

interface Signing {
  account?: Partial<Account>;
  region?: string;
  service?: string;
  datetime?: string;
  expires?: string;
  method?: string;
  headers?: Record<string, string>;
  query?: string;
  host?: string;
  body?: string;
}

function encodeKey(key: string): string {
  return key
    .split("/")
    .map((s) =>
      encodeURIComponent(s).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join("/");
}

async function sign(mode: Mode, key: string, options: Signing = {}) {
  const { region = "eu-central-1", service = "s3", account = OWNER } = options;
  const url = new URL(`${options.host ?? `${server.url}/closed`}/${encodeKey(key)}${options.query ?? ""}`);
  if (mode === "query" && options.expires !== undefined)
    url.searchParams.set("X-Amz-Expires", options.expires);
  const signer = new AwsV4Signer({
    accessKeyId: account.accessKeyId ?? "",
    secretAccessKey: account.secretAccessKey ?? "",
    ...(account.sessionToken === undefined ? {} : { sessionToken: account.sessionToken }),
    url: url.href,
    method: options.method ?? "GET",
    headers: options.headers ?? {},
    region,
    service,
    signQuery: mode === "query",
    ...(options.datetime ? { datetime: options.datetime } : {}),
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  const signed = await signer.sign();
  return { url: signed.url, headers: Object.fromEntries(signed.headers), method: signed.method };
}

async function ask(mode: Mode, key: string, options: Signing = {}) {
  const { url, headers, method } = await sign(mode, key, options);
  return summary(
    await fetch(url, { headers, method, ...(options.body === undefined ? {} : { body: options.body }) }),
  );
}

async function summary(response: Response) {
  const text = await response.text();
  return { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1], text };
}

function amzDate(offsetMs: number): string {
  return new Date(Date.now() + offsetMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
}

describe.each(MODES)("signed in the %s", (mode) => {
  it.each(CONFORMANCE_KEYS)("reads the key %s", async (key) => {
    server.put("closed", key, `<${key}>`);
    expect(await ask(mode, key)).toMatchObject({ status: 200, text: `<${key}>` });
  });

  it("reads with a session token, lists with odd query values, on a virtual host", async () => {
    expect(await ask(mode, "k", { account: SESSION })).toMatchObject({ status: 200, text: "secret" });
    const query = `?list-type=2&prefix=${encodeURIComponent("a b/c+d/")}&delimiter=%2F`;
    expect((await ask(mode, "", { query })).text).toContain("<Prefix>a b/c+d/ünï/</Prefix>");
    const host = `http://closed.s3.localhost:${server.port}`;
    const { url, headers } = await sign(mode, "k", { host });
    const answer = await rawRequest(server, url.pathname + url.search, {
      headers: { ...headers, host: url.host },
    });
    expect([answer.status, answer.text]).toEqual([200, "secret"]);
    const moved = await rawRequest(server, url.pathname + url.search, {
      headers: { ...headers, host: `closed.s3.localhost` },
    });
    expect([moved.status, moved.code]).toEqual([403, "SignatureDoesNotMatch"]);
  });

  it("takes a bare plus in a path for a plus, so that aws4fetch, which signs a space, is refused", async () => {
    server.put("closed", "plus+plus", "1");
    const signer = new AwsV4Signer({
      ...OWNER,
      url: `${server.url}/closed/plus+plus`,
      service: "s3",
      region: "eu-central-1",
      signQuery: mode === "query",
    });
    const { url, headers } = await signer.sign();
    const answer = await summary(await fetch(url, { headers }));
    expect(answer).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(answer.text).toContain("/closed/plus%2Bplus");
  });

  it("does not care for Range, which is not signed", async () => {
    const { url, headers } = await sign(mode, "k");
    for (const [range, part] of [
      ["bytes=0-1", "se"],
      ["bytes=-3", "ret"],
    ]) {
      const response = await fetch(url, { headers: { ...headers, range: range! } });
      expect([response.status, await response.text()]).toEqual([206, part]);
    }
  });

  it("refuses a wrong secret and echoes what it signed", async () => {
    const answer = await ask(mode, "k", { account: { ...OWNER, secretAccessKey: "wrong" } });
    expect(answer).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(answer.text).toContain("<AWSAccessKeyId>AKOWNER</AWSAccessKeyId>");
    expect(answer.text).toMatch(
      /<StringToSign>AWS4-HMAC-SHA256&#xa;\d{8}T\d{6}Z&#xa;\d{8}\/eu-central-1\/s3\/aws4_request&#xa;/,
    );
    expect(answer.text).toContain("<CanonicalRequest>GET&#xa;/closed/k&#xa;");
    expect(answer.text).toMatch(/<StringToSignBytes>41 57 53 34 /);
    expect(answer.text).toMatch(/<SignatureProvided>[0-9a-f]{64}</);
  });

  it("refuses when path, query, method or a signed header differ from what was signed", async () => {
    server.put("closed", "k2", "2");
    const { url, headers } = await sign(mode, "k", { headers: { "x-amz-meta-a": "1" } });
    const tell = async (target: string, more: object = {}) => {
      const { status, code } = await rawRequest(server, target, {
        headers: { ...headers, host: url.host },
        ...more,
      });
      return [status, code];
    };
    const target = url.pathname + url.search;
    const wrong = [403, "SignatureDoesNotMatch"];
    expect(await tell(target)).toEqual([200, undefined]);
    expect(await tell(target.replace("/k", "/k2"))).toEqual(wrong);
    expect(await tell(`${target}${url.search ? "&" : "?"}extra=1`)).toEqual(wrong);
    expect(await tell(target, { method: "DELETE" })).toEqual(wrong);
    expect(await tell(target, { headers: { ...headers, host: url.host, "x-amz-meta-a": "2" } })).toEqual(
      wrong,
    );
  });

  it("refuses unknown keys", async () => {
    const answer = await ask(mode, "k", { account: { accessKeyId: "AKNOBODY", secretAccessKey: "x" } });
    expect(answer).toMatchObject({ status: 403, code: "InvalidAccessKeyId" });
    expect(answer.text).toContain("<AWSAccessKeyId>AKNOBODY</AWSAccessKeyId>");
  });

  it("refuses missing, wrong, superfluous and expired tokens", async () => {
    const { sessionToken, ...bare } = SESSION;
    expect(sessionToken).toBeDefined();
    expect(await ask(mode, "k", { account: bare })).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
    });
    const invalid = { status: 400, code: "InvalidToken" };
    expect(await ask(mode, "k", { account: { ...SESSION, sessionToken: "no" } })).toMatchObject(invalid);
    expect(await ask(mode, "k", { account: { ...OWNER, sessionToken: "no" } })).toMatchObject(invalid);
    expect(await ask(mode, "k", { account: ENDED })).toMatchObject({ status: 400, code: "ExpiredToken" });
  });

  it("names the right region for a wrong scope", async () => {
    const code = mode === "header" ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError";
    const region = await ask(mode, "k", { region: "us-east-1" });
    expect(region).toMatchObject({ status: 400, code });
    expect(region.text).toContain("the region &apos;us-east-1&apos; is wrong".replaceAll("&apos;", "'"));
    expect(region.text).toContain("<Region>eu-central-1</Region>");
    const service = await ask(mode, "k", { service: "execute-api" });
    expect(service).toMatchObject({ status: 400, code });
  });

  it("knows who owns what, and what the keys may do", async () => {
    const denied = { status: 403, code: "AccessDenied" };
    expect(await ask(mode, "k", { account: OTHER })).toMatchObject(denied);
    expect(await ask(mode, "k", { account: NARROW })).toMatchObject({ status: 200 });
    expect(await ask(mode, "", { account: NARROW, query: "?list-type=2" })).toMatchObject(denied);
    expect(await ask(mode, "absent", { account: NARROW })).toMatchObject(denied);
    expect(await ask(mode, "absent")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await ask(mode, "k", { account: NARROW, method: "DELETE" })).toMatchObject(denied);
  });

  it("expects the bucket's own region", async () => {
    server.createBucket("west", { region: "us-west-2" });
    server.put("west", "k", "w");
    const host = `${server.url}/west`;
    expect(await ask(mode, "k", { host, region: "us-west-2" })).toMatchObject({ status: 200, text: "w" });
    const { url, headers } = await sign(mode, "k", { host });
    const response = await fetch(url, { headers });
    expect([response.status, response.headers.get("x-amz-bucket-region")]).toEqual([400, "us-west-2"]);
    expect(await response.text()).toContain("<Region>us-west-2</Region>");
  });

  it("makes strangers say that they pay, and the owner not", async () => {
    server.createBucket("paid", { publicRead: true, requesterPays: true });
    server.put("paid", "k", "p");
    const host = `${server.url}/paid`;
    expect(await ask(mode, "k", { host })).toMatchObject({ status: 200 });
    expect(await ask(mode, "k", { host, account: OTHER })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    const said =
      mode === "query"
        ? { query: "?x-amz-request-payer=requester" }
        : { headers: { "x-amz-request-payer": "requester" } };
    const { url, headers } = await sign(mode, "k", { host, account: OTHER, ...said });
    const response = await fetch(url, { headers });
    expect([response.status, response.headers.get("x-amz-request-charged")]).toEqual([200, "requester"]);
    await response.text();
  });

  it("compares the expected bucket owner", async () => {
    server.createBucket("owned", { ownerId: "123456789012" });
    server.put("owned", "k", "o");
    const host = `${server.url}/owned`;
    const expecting = (id: string) =>
      ask(mode, "k", { host, headers: { "x-amz-expected-bucket-owner": id } });
    expect(await expecting("123456789012")).toMatchObject({ status: 200 });
    expect(await expecting("210987654321")).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("wants host and every x-amz-* header signed", async () => {
    const { url, headers } = await sign(mode, "k");
    const response = await fetch(url, { headers: { ...headers, "x-amz-request-payer": "requester" } });
    const answer = await summary(response);
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("<HeadersNotSigned>x-amz-request-payer</HeadersNotSigned>");
    const strip = (text: string) => text.replace(/SignedHeaders=host(;|%3B)?/, "SignedHeaders=x-amz-date$1");
    const unsigned = await fetch(strip(url.href), {
      headers: {
        ...headers,
        ...(headers.authorization ? { authorization: strip(headers.authorization) } : {}),
      },
    });
    const text = await unsigned.text();
    expect(unsigned.status).toBe(403);
    expect(text).toMatch(/<HeadersNotSigned>host/);
  });
});

describe("time", () => {
  it("allows 15 minutes of skew in header mode, both ways", async () => {
    for (const minutes of [-14, 14]) {
      clock = minutes * 60_000;
      expect(await ask("header", "k")).toMatchObject({ status: 200 });
    }
    for (const minutes of [-16, 16]) {
      clock = minutes * 60_000;
      const answer = await ask("header", "k");
      expect(answer).toMatchObject({ status: 403, code: "RequestTimeTooSkewed" });
      const told = Date.parse(/<ServerTime>(.*?)</.exec(answer.text)?.[1] ?? "");
      expect(Math.abs(told - (Date.now() + clock))).toBeLessThan(3000);
    }
  });

  it("tells its own time in Date", async () => {
    clock = 3_600_000;
    const response = await fetch(server.url);
    expect(Math.abs(Date.parse(response.headers.get("date") ?? "") - Date.now() - clock)).toBeLessThan(3000);
    await response.text();
  });

  it("keeps signed URLs to their expiry", async () => {
    expect(await ask("query", "k", { datetime: amzDate(-50_000), expires: "60" })).toMatchObject({
      status: 200,
    });
    const late = await ask("query", "k", { datetime: amzDate(-62_000), expires: "60" });
    expect(late).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(late.text).toContain(
      "<Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires><Expires>",
    );
    expect(late.text).toContain("<ServerTime>");
    const early = await ask("query", "k", { datetime: amzDate(16 * 60_000) });
    expect(early).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(early.text).toContain("Request is not yet valid");
    const week = 7 * 86_400_000;
    expect(await ask("query", "k", { datetime: amzDate(60_000 - week), expires: "604800" })).toMatchObject({
      status: 200,
    });
  });

  it.each(["0", "-1", "604801", "soon"])("refuses the expiry %s", async (expires) => {
    const answer = await ask("query", "k", { expires });
    expect(answer).toMatchObject({ status: 400, code: "AuthorizationQueryParametersError" });
    expect(answer.text).toContain("X-Amz-Expires");
  });
});

describe("what is no signature", () => {
  const get = async (headers: Record<string, string>, query = "") =>
    summary(await fetch(`${server.url}/closed/k${query}`, { headers }));

  it("refuses anonymous requests to a private bucket", async () => {
    expect(await get({})).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await summary(await fetch(`${server.url}/closed?list-type=2`))).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    expect(await summary(await fetch(`${server.url}/nowhere/k`))).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
    const put = await fetch(`${server.url}/closed/k`, { method: "PUT", body: "x" });
    expect(await summary(put)).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it.each([
    ["another scheme", { authorization: "Bearer x" }, "", 400, "InvalidArgument"],
    ["version 2", { authorization: "AWS AK:sig" }, "", 400, "InvalidRequest"],
    ["version 2 in the query", {}, "?AWSAccessKeyId=A&Signature=b&Expires=1", 400, "InvalidRequest"],
    [
      "another algorithm",
      { authorization: "AWS4-ECDSA-P256-SHA256 x" },
      "",
      400,
      "AuthorizationHeaderMalformed",
    ],
    ["no components", { authorization: "AWS4-HMAC-SHA256 x" }, "", 400, "AuthorizationHeaderMalformed"],
    [
      "a broken credential",
      { authorization: "AWS4-HMAC-SHA256 Credential=AK/s3, SignedHeaders=host, Signature=0" },
      "",
      400,
      "AuthorizationHeaderMalformed",
    ],
    [
      "no payload hash",
      {
        authorization:
          "AWS4-HMAC-SHA256 Credential=AK/20300101/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0",
      },
      "",
      400,
      "InvalidRequest",
    ],
    ["half a signed URL", {}, "?X-Amz-Signature=0", 400, "AuthorizationQueryParametersError"],
    ["two at once", { authorization: "AWS4-HMAC-SHA256 x" }, "?X-Amz-Signature=0", 400, "InvalidArgument"],
  ] as const)("refuses %s", async (_, headers, query, status, code) => {
    expect(await get(headers, query)).toMatchObject({ status, code });
  });

  it("refuses a missing date and a date that is not the scope's", async () => {
    const credential = `Credential=AKOWNER/20300101/eu-central-1/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`;
    const headers = { authorization, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(await get(headers)).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await get({ ...headers, "x-amz-date": "20300102T000000Z" })).toMatchObject({
      status: 400,
      code: "AuthorizationHeaderMalformed",
    });
  });

  it("keeps signatures, credentials and tokens out of its log", async () => {
    server.reset();
    await ask("query", "k", { account: SESSION });
    expect(server.log).toHaveLength(1);
    expect(server.log[0]).toMatchObject({
      method: "GET",
      path: "/closed/k",
      auth: "query",
      status: 200,
      bytes: 6,
    });
    expect(server.log[0]?.query).toMatch(/X-Amz-Signature=-/);
    expect(JSON.stringify(server.log)).not.toMatch(/ASIASESSION|tok|[0-9a-f]{64}/);
    expect(server.counters).toMatchObject({ GET: 1, signedQuery: 1, signedHeader: 0, bytesOut: 6 });
  });
});

describe("payloads", () => {
  it("compares the body with the signed hash", async () => {
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    const put = (body: string, of: string) =>
      ask("header", "p", { method: "PUT", body, headers: { "x-amz-content-sha256": hash(of) } });
    expect(await put("good", "good")).toMatchObject({ status: 200 });
    expect(await put("bad", "good")).toMatchObject({ status: 400, code: "XAmzContentSHA256Mismatch" });
    const md5 = { "content-md5": createHash("md5").update("x").digest("base64") };
    expect(await ask("header", "p", { method: "PUT", body: "y", headers: md5 })).toMatchObject({
      status: 400,
      code: "BadDigest",
    });
    expect(await ask("header", "p")).toMatchObject({ text: "good" });
  });

  it("takes uploads by signed URL", async () => {
    expect(await ask("query", "up", { method: "PUT", body: "uploaded" })).toMatchObject({ status: 200 });
    expect(await ask("query", "up")).toMatchObject({ text: "uploaded" });
  });

  it("refuses framing it does not know", async () => {
    const headers = { "x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" };
    expect(await ask("header", "p", { method: "PUT", body: "x", headers })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
  });

  it("verifies signed chunks and signed trailers", async () => {
    const datetime = amzDate(0);
    const crc = { "x-amz-checksum-sha256": createHash("sha256").update("hello world").digest("base64") };
    const send = async (
      bend: { chunk?: string; trailer?: string; length?: string; body?: string; checksum?: string } = {},
    ) => {
      const headers = {
        "content-encoding": "aws-chunked",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": bend.length ?? "11",
        "x-amz-trailer": "x-amz-checksum-sha256",
      };
      const signed = await sign("header", "chunked", { method: "PUT", headers, datetime });
      const day = datetime.slice(0, 8);
      let key: Buffer | string = `AWS4${OWNER.secretAccessKey}`;
      for (const part of [day, "eu-central-1", "s3", "aws4_request"])
        key = createHmac("sha256", key).update(part).digest();
      const scope = `${day}/eu-central-1/s3/aws4_request`;
      const sha = (text: string) => createHash("sha256").update(text).digest("hex");
      let previous = /Signature=(\w+)/.exec(signed.headers.authorization ?? "")?.[1] ?? "";
      const chain = (algorithm: string, rest: string) => {
        previous = createHmac("sha256", key)
          .update(`${algorithm}\n${datetime}\n${scope}\n${previous}\n${rest}`)
          .digest("hex");
        return previous;
      };
      let body = "";
      for (const text of ["hello ", bend.body ?? "world", ""]) {
        const signature = chain("AWS4-HMAC-SHA256-PAYLOAD", `${sha("")}\n${sha(text)}`);
        body += `${text.length.toString(16)};chunk-signature=${text === "hello " ? (bend.chunk ?? signature) : signature}\r\n${text}${text ? "\r\n" : ""}`;
      }
      const trailer = `x-amz-checksum-sha256:${bend.checksum ?? crc["x-amz-checksum-sha256"]}`;
      const signature = chain("AWS4-HMAC-SHA256-TRAILER", sha(`${trailer}\n`));
      body += `${trailer}\r\nx-amz-trailer-signature:${bend.trailer ?? signature}\r\n\r\n`;
      return summary(await fetch(signed.url, { method: "PUT", headers: signed.headers, body }));
    };
    expect(await send()).toMatchObject({ status: 200 });
    expect(await ask("header", "chunked")).toMatchObject({ text: "hello world" });
    const zeros = "0".repeat(64);
    expect(await send({ chunk: zeros })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(await send({ trailer: zeros })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(await send({ length: "10" })).toMatchObject({ status: 400, code: "IncompleteBody" });
    expect(await send({ checksum: "AAAA" })).toMatchObject({ status: 400, code: "BadDigest" });
    expect(await send({ body: "w0rld" })).toMatchObject({ status: 400, code: "BadDigest" });
  });
});

describe("the examples AWS publishes", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth.html and
  // sigv4-streaming.html: keys, requests and signatures as printed there.
  const account = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  let aws: S3Server;
  beforeAll(async () => {
    aws = await createS3Server({
      accounts: [account],
      now: () => Date.parse("2013-05-24T00:00:00Z"),
      hostSuffixes: ["s3.amazonaws.com"],
    });
    aws.createBucket("examplebucket");
    aws.put("examplebucket", "test.txt", "0123456789abcdef");
  });
  afterAll(() => aws.close());
  const scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

  it("GET with Range among the signed headers", async () => {
    const answer = await rawRequest(aws, "/test.txt", {
      headers: {
        Host: "examplebucket.s3.amazonaws.com",
        Range: "bytes=0-9",
        "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-amz-date": "20130524T000000Z",
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
      },
    });
    expect([answer.status, answer.text]).toEqual([206, "0123456789"]);
  });

  it("a signed URL", async () => {
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`;
    const answer = await rawRequest(aws, `/test.txt?${query}`, {
      headers: { Host: "examplebucket.s3.amazonaws.com" },
    });
    expect(answer.status).toBe(200);
  });

  it("an upload in signed chunks", async () => {
    const chunk = (size: number, signature: string) =>
      `${size.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(size)}\r\n`;
    const body =
      chunk(65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
      chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
      chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    expect(body).toHaveLength(66824);
    const answer = await rawRequest(aws, "/examplebucket/chunkObject.txt", {
      method: "PUT",
      body,
      headers: {
        Host: "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "Content-Length": "66824",
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
      },
    });
    expect(answer.status).toBe(200);
    expect((await aws.buckets.get("examplebucket")!.find("chunkObject.txt"))?.size).toBe(66560);
  });
});
