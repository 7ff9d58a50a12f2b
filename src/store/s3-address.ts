/**
 * Which host and path a bucket lives at (docs/design/object-storage.md §2).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { redactUrl } from "../net/redact.js";
import { checkEndpoint } from "./endpoint.js";
import { encodeSegment } from "./keys.js";

export interface S3Location {
  /** Empty: the endpoint already names it. */
  readonly bucket: string;
  /** Below the bucket, without a slash at its end. */
  readonly prefix: string;
  readonly endpoint?: string | undefined;
}

export interface AddressOptions {
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly addressing?: "path" | "virtual" | undefined;
}

/**
 * Takes `s3://bucket/prefix`, `gs://bucket/prefix` or `s3+https://host/bucket/prefix` apart. In `s3:` and `gs:` the
 * prefix is the key as it is stored, as the command lines have it; in `s3+https:` it is a URL path and is decoded.
 *
 * @throws ReaderError `config` or `unsupported`
 */
export function parseBucketUrl(location: string | URL): S3Location {
  const text = String(location);
  const plain = /^(?:s3|gs):\/\/([^/]*)\/?(.*)$/is.exec(text);
  if (plain !== null) {
    if (plain[1]!.includes("@")) {
      throw new ReaderError("config", "A bucket's URL takes no user name or password; pass credentials.");
    }
    // A URL object has escaped what a string may hold as it is.
    const rest = typeof location === "string" ? plain[2]! : decode(plain[2]!);
    return { bucket: plain[1]!, prefix: trimSlash(rest) };
  }
  const hosted = /^s3\+(https?:\/\/[^/]+)\/?([^/]*)\/?(.*)$/is.exec(text);
  if (hosted === null) throw new ReaderError("config", `"${redactUrl(text)}" is not an S3 URL.`);
  const [, endpoint, bucket, rest] = hosted;
  return { endpoint: endpoint!, bucket: decode(bucket!), prefix: trimSlash(decode(rest!)) };
}

function trimSlash(prefix: string): string {
  return prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ReaderError("config", `"${path}" is not a percent-encoded path.`);
  }
}

/**
 * URL of the bucket, without a slash at its end.
 *
 * @throws ReaderError `config` or `unsupported` for endpoints and names that cannot be
 */
export function bucketRoot(options: AddressOptions): string {
  const { bucket, region, addressing } = options;
  if (options.endpoint === undefined) {
    checkAwsBucket(bucket, region);
    const host = region === undefined ? "s3.amazonaws.com" : `s3.${region}.${awsDomain(region)}`;
    const path = addressing === "path" || (addressing === undefined && !isHostLabel(bucket));
    return path ? `https://${host}/${encodeSegment(bucket)}` : `https://${bucket}.${host}`;
  }
  const endpoint = checkEndpoint(options.endpoint);
  const base = endpoint.origin + endpoint.pathname.replace(/\/$/, "");
  if (bucket === "") return base;
  checkBucket(bucket);
  if (addressing !== "virtual") return `${base}/${encodeSegment(bucket)}`;
  if (!isHostLabel(bucket.replaceAll(".", ""))) {
    throw new ReaderError(
      "config",
      `Bucket "${bucket}" cannot be part of a host name; use addressing "path".`,
    );
  }
  return `${endpoint.protocol}//${bucket}.${endpoint.host}${endpoint.pathname.replace(/\/$/, "")}`;
}

/** Whether it can be part of a host name. */
export function isRegion(region: string): boolean {
  return /^[a-z0-9-]{1,64}$/i.test(region);
}

/** @throws ReaderError `config` when a region could not be part of a host name */
export function checkRegion(region: string): string {
  if (isRegion(region)) return region;
  throw new ReaderError("config", `"${region.slice(0, 80)}" is not a region.`);
}

function awsDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

/** Only names without a dot fit under the wildcard certificate; old names with capitals or `_` fit under none. */
function isHostLabel(bucket: string): boolean {
  return /^[a-z0-9-]+$/.test(bucket);
}

function checkBucket(bucket: string): void {
  if (/^arn:/i.test(bucket) || /-s3alias$|--ol-s3$|--x-s3$/.test(bucket)) {
    throw new ReaderError("unsupported", `"${bucket}" is an access point or directory bucket.`, {
      hint: "Give the name of a general purpose bucket.",
    });
  }
  if (!/^[A-Za-z0-9._:-]{1,255}$/.test(bucket) || /^\.+$/.test(bucket)) {
    throw new ReaderError("config", `"${bucket.slice(0, 80)}" is not a bucket name.`);
  }
}

function checkAwsBucket(bucket: string, region: string | undefined): void {
  checkBucket(bucket);
  const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
  const modern =
    bucket.length >= 3 &&
    bucket.length <= 63 &&
    bucket.split(".").every((part) => label.test(part)) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(bucket) &&
    !/^(xn--|sthree-)/.test(bucket);
  const old = (region === undefined || region === "us-east-1") && /^[A-Za-z0-9._-]{3,255}$/.test(bucket);
  if (!modern && !old) throw new ReaderError("config", `"${bucket}" is not a bucket name of AWS S3.`);
}
