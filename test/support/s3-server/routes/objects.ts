/**
 * @module Requests on one object: GET, HEAD, PUT, DELETE.
 */
import { demand, userOf } from "../access.js";
import type { Bucket, StoredObject } from "../bucket.js";
import { headerValue } from "../claim.js";
import { S3Error } from "../errors.js";
import { type Body, bucketOf, type Exchange, type Reply, refuseOthers } from "../exchange.js";
import { readPayload } from "../payload.js";
import { checkWriteConditions, isUnchanged, rangeStillValid, readRange } from "../ranges.js";
import { abortUpload, completeUpload, putPart, startUpload } from "./multipart.js";

const OVERRIDES: Readonly<Record<string, string>> = {
  "response-content-type": "Content-Type",
  "response-content-language": "Content-Language",
  "response-expires": "Expires",
  "response-cache-control": "Cache-Control",
  "response-content-disposition": "Content-Disposition",
  "response-content-encoding": "Content-Encoding",
};
const STORED_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "Content-Type",
  "content-language": "Content-Language",
  expires: "Expires",
  "cache-control": "Cache-Control",
  "content-disposition": "Content-Disposition",
};

export async function routeObject(exchange: Exchange): Promise<Reply> {
  const { req, target } = exchange;
  const bucket = bucketOf(exchange);
  switch (req.method) {
    case "GET":
    case "HEAD":
      refuseOthers(exchange, []);
      return getObject(exchange, bucket);
    case "PUT":
      refuseOthers(exchange, ["partNumber", "uploadId"]);
      demand(exchange.identity, "s3:PutObject", bucket, target.key);
      if (req.headers["x-amz-copy-source"] !== undefined) {
        throw new S3Error("NotImplemented", "Copying objects is not implemented here.");
      }
      return target.query.has("uploadId") ? putPart(exchange, bucket) : putObject(exchange, bucket);
    case "POST":
      refuseOthers(exchange, ["uploads", "uploadId"]);
      demand(exchange.identity, "s3:PutObject", bucket, target.key);
      if (target.query.has("uploads")) return startUpload(exchange, bucket, storedHeaders(exchange));
      if (target.query.has("uploadId")) return completeUpload(exchange, bucket);
      break;
    case "DELETE":
      refuseOthers(exchange, ["uploadId"]);
      demand(exchange.identity, "s3:DeleteObject", bucket, target.key);
      if (target.query.has("uploadId")) return abortUpload(exchange, bucket);
      bucket.delete(target.key);
      return { status: 204 };
  }
  throw new S3Error("MethodNotAllowed", undefined, {
    fields: { Method: req.method ?? "", ResourceType: "OBJECT" },
  });
}

async function getObject(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  const { req, target, identity, faults } = exchange;
  demand(identity, "s3:GetObject", bucket, target.key);
  const charged = checkPayer(exchange, bucket);
  const found = bucket.find(target.key);
  const object = found instanceof Promise ? await found : found;
  if (!object) {
    // Who may not list is not told whether the key exists.
    demand(identity, "s3:ListBucket", bucket, target.key);
    throw new S3Error("NoSuchKey", undefined, { fields: { Key: target.key } });
  }
  const headers: Record<string, string> = {
    ...object.headers,
    "Accept-Ranges": "bytes",
    "Last-Modified": object.lastModified.toUTCString(),
    ETag: object.etag,
    ...charged,
    ...overrides(exchange),
  };
  if (isUnchanged(req.headers, object)) {
    const { ETag, "Last-Modified": modified = "", "Cache-Control": cache } = headers;
    return {
      status: 304,
      headers: {
        ETag: ETag ?? "",
        "Last-Modified": modified,
        ...(cache ? { "Cache-Control": cache } : {}),
        ...charged,
      },
    };
  }
  const ignored =
    faults.get("ignore-range") !== undefined || !rangeStillValid(headerValue(req, "if-range"), object);
  const range = ignored ? undefined : readRange(req.headers.range, object.size);
  if (!range) {
    if (object.checksum && req.headers["x-amz-checksum-mode"] === "ENABLED") {
      headers[object.checksum.name] = object.checksum.value;
      headers["x-amz-checksum-type"] = "FULL_OBJECT";
    }
    return { status: 200, headers, body: partOf(object, 0, object.size) };
  }
  headers["Content-Range"] = `bytes ${range.offset}-${range.offset + range.length - 1}/${object.size}`;
  return { status: 206, headers, body: partOf(object, range.offset, range.length) };
}

function partOf(object: StoredObject, start: number, size: number): Body {
  return { length: size, read: (offset, length) => object.read(start + offset, length) };
}

/** Requester pays: strangers must say that they know. */
export function checkPayer({ req, target, identity }: Exchange, bucket: Bucket): Record<string, string> {
  if (!bucket.requesterPays) return {};
  if (identity.kind !== "anonymous" && userOf(identity.account) === bucket.owner) return {};
  const said = req.headers["x-amz-request-payer"] ?? target.query.get("x-amz-request-payer");
  if (identity.kind === "anonymous" || said !== "requester") throw new S3Error("AccessDenied");
  return { "x-amz-request-charged": "requester" };
}

function overrides({ target, identity }: Exchange): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(OVERRIDES)) {
    const value = target.query.get(name);
    if (value === undefined) continue;
    if (identity.kind === "anonymous") {
      throw new S3Error(
        "InvalidRequest",
        "Request specific response headers cannot be used for anonymous GET requests.",
      );
    }
    headers[header] = value;
  }
  return headers;
}

async function putObject(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  const { req, target } = exchange;
  const { bytes, checksum } = await readPayload(exchange);
  checkWriteConditions(req.headers, await bucket.find(target.key), target.key);
  const object = bucket.put(target.key, bytes, {
    headers: storedHeaders(exchange),
    lastModified: new Date(exchange.state.now()),
    ...(checksum ? { checksum } : {}),
  });
  return {
    status: 200,
    headers: { ETag: object.etag, ...(checksum ? { [checksum.name]: checksum.value } : {}) },
  };
}

function storedHeaders({ req }: Exchange): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(STORED_HEADERS)) {
    const value = req.headers[name];
    if (typeof value === "string") headers[header] = value;
  }
  const encoding = (req.headers["content-encoding"] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "aws-chunked");
  if (encoding.length > 0) headers["Content-Encoding"] = encoding.join(",");
  for (const [name, value] of Object.entries(req.headers)) {
    if (name.startsWith("x-amz-meta-") && typeof value === "string") headers[name] = value;
  }
  return headers;
}
