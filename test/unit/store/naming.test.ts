/**
 * Keys, bucket addresses, listings and the option names of others.
 *
 * @module
 */

import { describe, expect, it } from "vitest";
import { resolveAliases } from "../../../src/store/aliases.js";
import { encodeKey } from "../../../src/store/keys.js";
import { bucketRoot, parseBucketUrl } from "../../../src/store/s3-address.js";
import { parseListing } from "../../../src/store/s3-list.js";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";

describe("encodeKey", () => {
  it("leaves only unreserved characters, and every segment", () => {
    expect(encodeKey("a b/c+d/ünï")).toBe("a%20b/c%2Bd/%C3%BCn%C3%AF");
    expect(encodeKey("par(1)!'*~")).toBe("par%281%29%21%27%2A~");
    expect(encodeKey("dbl//slash/")).toBe("dbl//slash/");
    expect(encodeKey("100%25 done")).toBe("100%2525%20done");
    expect(encodeKey("/lead")).toBe("/lead");
  });

  it.each(CONFORMANCE_KEYS)("survives a URL parser: %s", (key) => {
    const path = new URL(`https://host/${encodeKey(key)}`).pathname.slice(1);
    expect(path).toBe(encodeKey(key));
    expect(decodeURIComponent(path)).toBe(key);
  });

  it.each(["", ".", "..", "a/../b", "a/./b", "a/..", "x".repeat(1025), "half \ud800"])(
    "refuses %j",
    (key) => {
      expect(() => encodeKey(key)).toThrow(/config/);
    },
  );

  it("takes what only looks like dots", () => {
    expect(encodeKey("a/.../b")).toBe("a/.../b");
    expect(encodeKey(".zarray")).toBe(".zarray");
    expect(encodeKey("%2e%2e/a")).toBe("%252e%252e/a");
  });
});

describe("bucket addresses", () => {
  it.each([
    [{ bucket: "my-bucket", region: "eu-central-1" }, "https://my-bucket.s3.eu-central-1.amazonaws.com"],
    [{ bucket: "my.bucket", region: "eu-central-1" }, "https://s3.eu-central-1.amazonaws.com/my.bucket"],
    [{ bucket: "my-bucket" }, "https://my-bucket.s3.amazonaws.com"],
    [{ bucket: "Old_Name" }, "https://s3.amazonaws.com/Old_Name"],
    [{ bucket: "my-bucket", region: "cn-north-1" }, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn"],
    [
      { bucket: "my-bucket", region: "eu-west-1", addressing: "path" },
      "https://s3.eu-west-1.amazonaws.com/my-bucket",
    ],
    [{ bucket: "b", endpoint: "http://localhost:9000/" }, "http://localhost:9000/b"],
    [{ bucket: "b", endpoint: "https://h/base", addressing: "virtual" }, "https://b.h/base"],
    [{ bucket: "", endpoint: "https://b.h" }, "https://b.h"],
  ] as const)("%o is %s", (options, root) => {
    expect(bucketRoot(options)).toBe(root);
  });

  it("takes locations apart", () => {
    expect(parseBucketUrl("s3://b/a%20b/c d?e#f/")).toEqual({ bucket: "b", prefix: "a%20b/c d?e#f" });
    expect(parseBucketUrl("s3://b")).toEqual({ bucket: "b", prefix: "" });
    expect(parseBucketUrl(new URL("s3://b/a b/"))).toEqual({ bucket: "b", prefix: "a b" });
    expect(parseBucketUrl("s3+https://h:9/b/a%20b/")).toEqual({
      endpoint: "https://h:9",
      bucket: "b",
      prefix: "a b",
    });
  });
});

describe("listings", () => {
  const page = (inner: string): string =>
    `<?xml version="1.0"?><ListBucketResult xmlns="x"><EncodingType>url</EncodingType>${inner}</ListBucketResult>`;

  it("decodes keys once", () => {
    const xml = page(
      "<Contents><Key>a+b%2Bc%2525</Key><Size>7</Size></Contents><IsTruncated>false</IsTruncated>",
    );
    expect(parseListing(xml)).toEqual({ objects: [{ key: "a b+c%25", size: 7 }], next: undefined });
    const plain =
      "<ListBucketResult><Contents><Key>a&amp;b%20</Key><Size>1</Size></Contents></ListBucketResult>";
    expect(parseListing(plain).objects).toEqual([{ key: "a&b%20", size: 1 }]);
  });

  it.each([
    page("<IsTruncated>true</IsTruncated>"),
    page("<Contents><Key>a</Key></Contents>"),
    page("").slice(0, -5),
    `<!DOCTYPE x>${page("")}`,
    "<html></html>",
  ])("refuses %s", (xml) => {
    expect(() => parseListing(xml)).toThrow(/corrupt/);
  });
});

describe("resolveAliases", () => {
  it.each([
    [
      { key: "A", secret: "B", token: "T", client_kwargs: { region_name: "r" }, endpoint_url: "https://e" },
      {
        credentials: { accessKeyId: "A", secretAccessKey: "B", sessionToken: "T" },
        region: "r",
        endpoint: "https://e",
      },
    ],
    [
      {
        "vfs.s3.endpoint_override": "h:9000",
        "vfs.s3.scheme": "http",
        "vfs.s3.use_virtual_addressing": "false",
      },
      { endpoint: "http://h:9000", addressing: "path" },
    ],
    [
      { "vfs.s3.no_sign_request": "true", "vfs.s3.region": "r" },
      { credentials: "anonymous", region: "r" },
    ],
    [{ skip_signature: true, key: "A", secret: "B" }, { credentials: "anonymous" }],
    [{ anon: false, aws_region: "x", region: "y" }, { region: "y" }],
    [
      { s3_request_retries: { max_retries: 3 }, "vfs.s3.backoff_max_ms": "500" },
      { retries: { attempts: 4, maxDelayMs: 500 } },
    ],
    [
      // alsdb
      {
        storage_type: "s3",
        url: "s3.example.com",
        s3_config_overrides: { "vfs.s3.max_retries": "10", "vfs.s3.multipart_part_size": "1" },
      },
      { endpoint: "https://s3.example.com", retries: { attempts: 11 } },
    ],
    [
      // tensorstore
      {
        aws_credentials: { type: "profile", profile: "p" },
        host_header: "h",
        s3_request_retries: { initial_delay: "500ms", max_delay: "1.5s" },
        s3_request_concurrency: { limit: 3 },
        experimental_s3_rate_limiter: { read_rate: 20, doubling_time: "5m" },
      },
      {
        credentials: { type: "profile", profile: "p" },
        hostHeader: "h",
        retries: { baseMs: 500, maxDelayMs: 1500 },
        maxRequestsPerOrigin: 3,
        maxRequestsPerSecond: 20,
        doublingTimeMs: 300_000,
      },
    ],
    [
      { AWS_REGION: "r", aws_skip_signature: "true" },
      { region: "r", credentials: "anonymous" },
    ],
    [
      { account_name: "a", sas_token: "sv=1&sig=2" },
      { account: "a", credentials: { sas: "sv=1&sig=2" } },
    ],
    [
      { request_payer: "requester", virtual_hosted_style_request: true },
      { requesterPays: true, addressing: "virtual" },
    ],
  ])("%o", (given, meant) => {
    expect(resolveAliases("s3://b", given as never)).toMatchObject({ location: "s3://b", options: meant });
  });

  it("completes a location, and contradicts none", () => {
    const exzarr = { storage: "s3", bucket: "b", prefix: "a/b c", region: "r", endpoint_url: "http://h:1" };
    for (const location of ["", "s3:", "s3://"]) {
      expect(resolveAliases(location, exzarr as never)).toMatchObject({
        location: "s3://b/a/b c",
        options: { region: "r", endpoint: "http://h:1" },
      });
    }
    expect(resolveAliases("gs://", { bucket: "b" } as never).location).toBe("gs://b/");
    expect(() => resolveAliases("s3://other", exzarr as never)).toThrow(/config.*both say/);
    expect(() => resolveAliases("s3://b", { prefix: "p" } as never)).toThrow(/config/);
    expect(() => resolveAliases("https://h/p", { storage_type: "s3" } as never)).toThrow(/config.*S3/);
  });

  it("refuses half a pair of keys, and tells of names it does not know", () => {
    const resolve = (given: object) => resolveAliases("s3://b", given as never);
    expect(() => resolve({ key: "A" })).toThrow(/secret access key is missing/);
    expect(() => resolve({ "vfs.s3.max_parallel_ops": "many" })).toThrow(/not a number/);
    expect(() => resolve({ s3_request_retries: { max_delay: "soon" } })).toThrow(/length of time/);
    const told: string[] = [];
    resolve({
      "vfs.s3.strange": "1",
      onDiagnostic: ({ message }: { message: string }) => told.push(message),
    });
    expect(told).toEqual([expect.stringContaining("vfs.s3.strange")]);
  });
});
