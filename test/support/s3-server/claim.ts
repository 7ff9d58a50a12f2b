/**
 * @module What a request claims about its signature: read from the Authorization header or from the query, its form
 * checked, nothing believed yet.
 */
import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.js";
import type { Target } from "./target.js";

export const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_EXPIRES_S = 7 * 24 * 3600;
const NEEDED_IN_QUERY = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Expires",
];

export interface Claim {
  readonly kind: "header" | "query";
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly datetime: string;
  readonly token: string | undefined;
  /** What the canonical request ends with: a hash, or a word for what is not hashed. */
  readonly payload: string | undefined;
  readonly expiresSeconds: number | undefined;
}

/** Undefined for an anonymous request. @throws S3Error for everything that looks like a signature and is none. */
export function readClaim(req: IncomingMessage, target: Target): Claim | undefined {
  const authorization = req.headers.authorization;
  const inQuery = target.query.has("X-Amz-Algorithm") || target.query.has("X-Amz-Signature");
  if (authorization === undefined && !inQuery) {
    if (target.query.has("Signature") || target.query.has("AWSAccessKeyId")) throw oldSignature();
    return undefined;
  }
  if (authorization !== undefined && inQuery) {
    throw new S3Error(
      "InvalidArgument",
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      { fields: { ArgumentName: "Authorization" } },
    );
  }
  return authorization === undefined ? readQuery(target) : readHeader(req, authorization);
}

function readHeader(req: IncomingMessage, authorization: string): Claim {
  if (/^AWS\s/.test(authorization)) throw oldSignature();
  if (!authorization.startsWith(`${ALGORITHM} `)) {
    if (authorization.startsWith("AWS4-")) throw malformed("the algorithm is not supported");
    throw new S3Error("InvalidArgument", "Unsupported Authorization Type", {
      fields: { ArgumentName: "Authorization", ArgumentValue: authorization.split(" ")[0] ?? "" },
    });
  }
  const parts = new Map<string, string>();
  for (const part of authorization.slice(ALGORITHM.length + 1).split(",")) {
    const [name = "", ...rest] = part.trim().split("=");
    parts.set(name, rest.join("="));
  }
  const credential = parts.get("Credential");
  const signedHeaders = parts.get("SignedHeaders");
  const signature = parts.get("Signature");
  if (!credential || !signedHeaders || !signature) {
    throw malformed(
      "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    );
  }
  const scope = splitCredential(credential);
  if (!scope) {
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  return {
    kind: "header",
    ...scope,
    signedHeaders: signedHeaders.split(";"),
    signature,
    datetime: headerValue(req, "x-amz-date") ?? fromHttpDate(headerValue(req, "date")),
    token: headerValue(req, "x-amz-security-token"),
    payload: headerValue(req, "x-amz-content-sha256"),
    expiresSeconds: undefined,
  };
}

function readQuery({ query }: Target): Claim {
  if (NEEDED_IN_QUERY.some((name) => !query.get(name))) {
    throw badQuery(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  const get = (name: string): string => query.get(name) ?? "";
  if (get("X-Amz-Algorithm") !== ALGORITHM) throw badQuery(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const scope = splitCredential(get("X-Amz-Credential"));
  if (!scope) {
    throw badQuery(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const expires = get("X-Amz-Expires");
  if (!/^-?\d+$/.test(expires)) throw badQuery("X-Amz-Expires should be a number");
  if (Number(expires) < 1) throw badQuery("X-Amz-Expires must be a positive number of seconds");
  if (Number(expires) > MAX_EXPIRES_S) {
    throw badQuery(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_S} seconds`,
    );
  }
  return {
    kind: "query",
    ...scope,
    signedHeaders: get("X-Amz-SignedHeaders").split(";"),
    signature: get("X-Amz-Signature"),
    datetime: get("X-Amz-Date"),
    token: query.get("X-Amz-Security-Token"),
    payload: query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expiresSeconds: Number(expires),
  };
}

function splitCredential(
  credential: string,
): Pick<Claim, "accessKeyId" | "date" | "region" | "service"> | undefined {
  const match = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential);
  if (!match) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = ""] = match;
  return { accessKeyId, date, region, service };
}

/** All values of a header as one text, bytes over 0x7f read as UTF-8. */
export function headerValue(req: IncomingMessage, name: string): string | undefined {
  const value = req.headersDistinct[name]?.join(",");
  return value !== undefined && /[\u0080-\u00ff]/.test(value)
    ? Buffer.from(value, "latin1").toString("utf8")
    : value;
}

function fromHttpDate(text: string | undefined): string {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? "" : new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "");
}

export function malformed(why: string, fields: Record<string, string> = {}): S3Error {
  return new S3Error("AuthorizationHeaderMalformed", `The authorization header is malformed; ${why}`, {
    fields,
  });
}

export function badQuery(message: string, fields: Record<string, string> = {}): S3Error {
  return new S3Error("AuthorizationQueryParametersError", message, { fields });
}

function oldSignature(): S3Error {
  return new S3Error(
    "InvalidRequest",
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}
