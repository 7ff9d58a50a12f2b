/**
 * @module The embedded S3 server under the AWS SDK with default settings: what the reference client stores, it gets.
 */

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1", minPartBytes: 8, maxKeys: 3 });
  client = new S3Client({
    endpoint: server.url,
    region: server.region,
    forcePathStyle: true,
    credentials: server.account,
    maxAttempts: 1,
  });
  await client.send(new CreateBucketCommand({ Bucket: "first" }));
});

afterAll(async () => {
  client.destroy();
  await server.close();
});

async function refused(promise: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  const error = await promise.then(
    () => {
      throw new Error("should have been refused");
    },
    (e: { name: string; $metadata?: { httpStatusCode?: number } }) => e,
  );
  return { code: error.name, status: error.$metadata?.httpStatusCode };
}

describe("objects", () => {
  it("gives back what was put, with its headers, type and MD5 as ETag", async () => {
    const Body = Buffer.from("some bytes");
    const put = await client.send(
      new PutObjectCommand({
        Bucket: "first",
        Key: "k",
        Body,
        ContentType: "text/plain",
        CacheControl: "max-age=60",
        Metadata: { colour: "blue" },
      }),
    );
    const etag = `"${createHash("md5").update(Body).digest("hex")}"`;
    expect(put.ETag).toBe(etag);
    expect(put.ChecksumCRC32).toBeTypeOf("string");
    const got = await client.send(new GetObjectCommand({ Bucket: "first", Key: "k" }));
    expect(await got.Body?.transformToString()).toBe("some bytes");
    expect(got).toMatchObject({
      ETag: etag,
      ContentType: "text/plain",
      CacheControl: "max-age=60",
      ContentLength: 10,
      AcceptRanges: "bytes",
      Metadata: { colour: "blue" },
      ChecksumCRC32: put.ChecksumCRC32,
    });
    const head = await client.send(new HeadObjectCommand({ Bucket: "first", Key: "k" }));
    expect(head.ContentLength).toBe(10);
    expect(head.LastModified?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each(CONFORMANCE_KEYS)("round-trips the key %s", async (Key) => {
    await client.send(new PutObjectCommand({ Bucket: "first", Key, Body: `<${Key}>` }));
    expect([...(await server.buckets.get("first")!.sortedKeys())]).toContain(Key);
    const got = await client.send(new GetObjectCommand({ Bucket: "first", Key }));
    expect(await got.Body?.transformToString()).toBe(`<${Key}>`);
    await client.send(new DeleteObjectCommand({ Bucket: "first", Key }));
    expect(await refused(client.send(new GetObjectCommand({ Bucket: "first", Key })))).toEqual({
      code: "NoSuchKey",
      status: 404,
    });
  });

  it("takes streams, which the SDK sends aws-chunked with a trailing checksum", async () => {
    const bytes = Buffer.alloc(200_000, "stream ");
    const Body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]);
    await client.send(new PutObjectCommand({ Bucket: "first", Key: "s", Body, ContentLength: bytes.length }));
    const stored = await server.buckets.get("first")!.find("s");
    expect(stored?.size).toBe(bytes.length);
    expect(bytes.equals(await stored!.read(0, stored!.size))).toBe(true);
    expect(stored?.checksum?.name).toBe("x-amz-checksum-crc32");
    expect(stored?.headers).not.toHaveProperty("Content-Encoding");
  });

  it.each(["CRC32", "CRC32C", "SHA1", "SHA256"] as const)(
    "verifies uploads by %s",
    async (ChecksumAlgorithm) => {
      const put = new PutObjectCommand({ Bucket: "first", Key: "c", Body: "checked", ChecksumAlgorithm });
      expect((await client.send(put)).ETag).toBeDefined();
      const name = `Checksum${ChecksumAlgorithm}` as const;
      const wrong = new PutObjectCommand({ Bucket: "first", Key: "c", Body: "checked", [name]: "AAAAAA==" });
      expect(await refused(client.send(wrong))).toEqual({ code: "BadDigest", status: 400 });
    },
  );

  it("assembles multipart uploads and refuses small, missing and disordered parts", async () => {
    const target = { Bucket: "first", Key: "multi" };
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...target, ContentType: "x/y" }),
    );
    const put = async (PartNumber: number, Body: string) => {
      const { ETag } = await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    const complete = (...Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    const one = await put(1, "12345678");
    const two = await put(2, "tail");
    expect(await refused(complete(one, { ...two, ETag: '"0"' }))).toEqual({
      code: "InvalidPart",
      status: 400,
    });
    expect(await refused(complete(two, one))).toEqual({ code: "EntityTooSmall", status: 400 });
    expect(await refused(complete(one, one))).toEqual({ code: "InvalidPartOrder", status: 400 });
    const done = await complete(one, two);
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const got = await client.send(new GetObjectCommand(target));
    expect(await got.Body?.transformToString()).toBe("12345678tail");
    expect(got.ContentType).toBe("x/y");
    expect(await refused(complete(one))).toEqual({ code: "NoSuchUpload", status: 404 });
    const other = await client.send(new CreateMultipartUploadCommand(target));
    const abort = new AbortMultipartUploadCommand({ ...target, UploadId: other.UploadId });
    expect((await client.send(abort)).$metadata.httpStatusCode).toBe(204);
  });

  it("answers conditions of reads and writes", async () => {
    const target = { Bucket: "first", Key: "cond" };
    const { ETag } = await client.send(new PutObjectCommand({ ...target, Body: "1" }));
    const read = (more: object) => client.send(new GetObjectCommand({ ...target, ...more }));
    const write = (more: object) => client.send(new PutObjectCommand({ ...target, Body: "2", ...more }));
    expect((await read({ IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
    expect(await refused(read({ IfMatch: '"no"' }))).toMatchObject({ status: 412 });
    expect(await refused(read({ IfNoneMatch: ETag }))).toMatchObject({ status: 304 });
    expect((await read({ IfNoneMatch: '"no"' })).$metadata.httpStatusCode).toBe(200);
    expect(await refused(read({ IfModifiedSince: new Date(Date.now() + 1000) }))).toMatchObject({
      status: 304,
    });
    expect(await refused(read({ IfUnmodifiedSince: new Date(0) }))).toMatchObject({ status: 412 });
    expect(await refused(write({ IfNoneMatch: "*" }))).toEqual({ code: "PreconditionFailed", status: 412 });
    expect(await refused(write({ IfMatch: '"no"' }))).toEqual({ code: "PreconditionFailed", status: 412 });
    expect((await write({ IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
  });
});

describe("buckets", () => {
  it("creates, shows, refuses and deletes", async () => {
    expect((await client.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toContain("first");
    expect((await client.send(new HeadBucketCommand({ Bucket: "first" }))).BucketRegion).toBe("eu-central-1");
    expect(await refused(client.send(new CreateBucketCommand({ Bucket: "first" })))).toEqual({
      code: "BucketAlreadyOwnedByYou",
      status: 409,
    });
    expect(await refused(client.send(new CreateBucketCommand({ Bucket: "Bad_Name" })))).toEqual({
      code: "InvalidBucketName",
      status: 400,
    });
    await client.send(new CreateBucketCommand({ Bucket: "second" }));
    await client.send(new PutObjectCommand({ Bucket: "second", Key: "x", Body: "x" }));
    expect(await refused(client.send(new DeleteBucketCommand({ Bucket: "second" })))).toEqual({
      code: "BucketNotEmpty",
      status: 409,
    });
    await client.send(new DeleteObjectsCommand({ Bucket: "second", Delete: { Objects: [{ Key: "x" }] } }));
    await client.send(new DeleteBucketCommand({ Bucket: "second" }));
    expect(await refused(client.send(new GetObjectCommand({ Bucket: "second", Key: "x" })))).toEqual({
      code: "NoSuchBucket",
      status: 404,
    });
  });

  it("lists by pages, prefix and delimiter", async () => {
    const keys = ["a", "b/1", "b/2", "b/c/3", "d", "e/4", "e\uffff", "e😀", "z"];
    server.createBucket("lister", {});
    for (const key of keys) server.put("lister", key, key);
    const list = async (options: object) => {
      const seen: string[] = [];
      let pages = 0;
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: "lister",
            ...options,
            ...(ContinuationToken ? { ContinuationToken } : {}),
          }),
        );
        seen.push(
          ...(page.Contents ?? []).map((c) => c.Key!),
          ...(page.CommonPrefixes ?? []).map((p) => p.Prefix!),
        );
        expect(page.KeyCount).toBe((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
        ContinuationToken = page.NextContinuationToken;
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
        pages++;
      } while (ContinuationToken);
      return { seen, pages };
    };
    expect(await list({})).toEqual({ seen: keys, pages: 3 });
    expect(await list({ MaxKeys: 1 })).toEqual({ seen: keys, pages: 9 });
    expect((await list({ Delimiter: "/", MaxKeys: 1 })).seen).toEqual([
      "a",
      "b/",
      "d",
      "e/",
      "e\uffff",
      "e😀",
      "z",
    ]);
    expect((await list({ Delimiter: "/", Prefix: "b/" })).seen).toEqual(["b/1", "b/2", "b/c/"]);
    expect((await list({ Prefix: "b/" })).seen).toEqual(["b/1", "b/2", "b/c/3"]);
    expect((await list({ StartAfter: "b/1" })).seen).toEqual(keys.slice(2));
    expect((await list({ StartAfter: "b/1", Delimiter: "/" })).seen.sort()).toEqual(
      ["b/", "d", "e/", "e\uffff", "e😀", "z"].sort(),
    );
    expect((await list({ Prefix: "none" })).seen).toEqual([]);
    const bad = client.send(new ListObjectsV2Command({ Bucket: "lister", ContinuationToken: "junk" }));
    expect(await refused(bad)).toEqual({ code: "InvalidArgument", status: 400 });
  });

  it("takes CORS rules and a public policy from the SDK", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "opened" }));
    server.put("opened", "pub/x", "1");
    server.put("opened", "priv/x", "2");
    expect(await refused(client.send(new GetBucketCorsCommand({ Bucket: "opened" })))).toEqual({
      code: "NoSuchCORSConfiguration",
      status: 404,
    });
    const CORSRules = [
      {
        AllowedOrigins: ["https://a.example"],
        AllowedMethods: ["GET"],
        AllowedHeaders: ["*"],
        ExposeHeaders: ["ETag"],
        MaxAgeSeconds: 5,
      },
    ];
    await client.send(new PutBucketCorsCommand({ Bucket: "opened", CORSConfiguration: { CORSRules } }));
    expect((await client.send(new GetBucketCorsCommand({ Bucket: "opened" }))).CORSRules).toEqual(CORSRules);
    expect((await fetch(`${server.url}/opened/pub/x`)).status).toBe(403);
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::opened/pub/*" },
      ],
    });
    await client.send(new PutBucketPolicyCommand({ Bucket: "opened", Policy }));
    const answer = await fetch(`${server.url}/opened/pub/x`, { headers: { Origin: "https://a.example" } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "https://a.example",
    ]);
    expect((await fetch(`${server.url}/opened/priv/x`)).status).toBe(403);
    expect((await fetch(`${server.url}/opened/pub/absent`)).status).toBe(403);
    const deny = JSON.stringify({
      Statement: [
        { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::opened/*" },
      ],
    });
    expect(
      await refused(client.send(new PutBucketPolicyCommand({ Bucket: "opened", Policy: deny }))),
    ).toEqual({
      code: "NotImplemented",
      status: 501,
    });
  });
});
