/**
 * @module What a GET of one object answers to Range and to conditions (RFC 9110 §13, §14, as S3 applies them).
 */
import type { IncomingHttpHeaders } from "node:http";
import type { StoredObject } from "./bucket.js";
import { S3Error } from "./errors.js";

/**
 * The part asked for; undefined for the whole object. Several ranges or a malformed one are ignored, as S3 does.
 * @throws S3Error `InvalidRange`
 */
export function readRange(
  header: string | undefined,
  size: number,
): { offset: number; length: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [, first, last] = match;
  if (first === "") {
    const length = Math.min(Number(last), size);
    if (length === 0) throw outside(header ?? "", size);
    return { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < offset) return undefined;
  if (offset >= size) throw outside(header ?? "", size);
  return { offset, length: end - offset + 1 };
}

function outside(range: string, size: number): S3Error {
  return new S3Error("InvalidRange", undefined, {
    fields: { RangeRequested: range, ActualObjectSize: size },
    headers: { "Content-Range": `bytes */${size}` },
  });
}

/** True when the answer is 304. @throws S3Error `PreconditionFailed` */
export function isUnchanged(headers: IncomingHttpHeaders, object: StoredObject): boolean {
  const modified = Math.floor(object.lastModified.getTime() / 1000) * 1000;
  const match = headers["if-match"];
  const unmodifiedSince = Date.parse(headers["if-unmodified-since"] ?? "");
  if (match !== undefined) {
    if (!hasTag(match, object.etag)) throw failed("If-Match");
  } else if (modified > unmodifiedSince) throw failed("If-Unmodified-Since");
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined) return hasTag(noneMatch, object.etag);
  return modified <= Date.parse(headers["if-modified-since"] ?? "");
}

/** Conditions of a PUT. @throws S3Error `PreconditionFailed`, `NoSuchKey` */
export function checkWriteConditions(
  headers: IncomingHttpHeaders,
  existing: StoredObject | undefined,
  key: string,
): void {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined && noneMatch !== "*") {
    throw new S3Error("NotImplemented", "Uploads know If-None-Match only as *.");
  }
  if (noneMatch === "*" && existing) throw failed("If-None-Match");
  if (match !== undefined && !existing) throw new S3Error("NoSuchKey", undefined, { fields: { Key: key } });
  if (match !== undefined && existing && !hasTag(match, existing.etag)) throw failed("If-Match");
}

/** True when If-Range lets the range count. */
export function rangeStillValid(ifRange: string | undefined, object: StoredObject): boolean {
  if (ifRange === undefined) return true;
  if (/^(W\/)?"/.test(ifRange)) return ifRange === object.etag;
  return Math.floor(object.lastModified.getTime() / 1000) * 1000 === Date.parse(ifRange);
}

function hasTag(list: string, etag: string): boolean {
  return list.split(",").some((raw) => {
    const tag = raw.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}` || `"${tag}"` === etag;
  });
}

function failed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", undefined, { fields: { Condition: condition } });
}
