/**
 * @module Verification of AWS Signature Version 4, in the header and in the query, written from the published
 * algorithm and sharing nothing with the library's signer. Refusals carry the codes and fields AWS answers
 * (docs/design/object-storage.md §3, §9).
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.js";
import { encodeStrict, type Target } from "./target.js";
import type { Account } from "./types.js";

const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_EXPIRES_S = 7 * 24 * 3600;
const NEEDED_IN_QUERY = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Expires",
];

/** What the verifier needs to know of the server. */
export interface Verifier {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly derivedKeys: Map<string, Buffer>;
  readonly now: () => number;
}

/** Who asks. Chunk signatures of a streamed upload go on from `signature`. */
export type Identity =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "header" | "query";
      readonly account: Account;
      readonly signature: string;
      readonly signingKey: Buffer;
      readonly datetime: string;
      readonly scope: string;
    };

interface Claim {
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

/** Who sent the request. @throws S3Error with AWS's code for every way a signature can be wrong. */
export function verifyRequest(
  req: IncomingMessage,
  target: Target,
  region: string,
  verifier: Verifier,
): Identity {
  const authorization = req.headers.authorization;
  const inQuery = target.query.has("X-Amz-Algorithm") || target.query.has("X-Amz-Signature");
  if (authorization === undefined && !inQuery) {
    if (target.query.has("Signature") || target.query.has("AWSAccessKeyId")) throw oldSignature();
    return { kind: "anonymous" };
  }
  if (authorization !== undefined && inQuery) {
    throw new S3Error(
      "InvalidArgument",
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      { fields: { ArgumentName: "Authorization" } },
    );
  }
  const claim = authorization === undefined ? readQuery(target) : readHeader(req, authorization);
  checkScope(claim, region);
  const account = verifier.accounts.get(claim.accessKeyId);
  // AWS answers the same for a temporary key without its token as for a key nobody has.
  if (!account || (account.sessionToken !== undefined && claim.token === undefined)) {
    throw new S3Error("InvalidAccessKeyId", undefined, { fields: { AWSAccessKeyId: claim.accessKeyId } });
  }
  checkToken(account, claim.token, verifier.now());
  checkTime(claim, verifier.now());
  checkSignedHeaders(req, claim);

  const canonical = canonicalRequest(req, target, claim);
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const stringToSign = `${ALGORITHM}\n${claim.datetime}\n${scope}\n${sha256Hex(canonical)}`;
  const signingKey = deriveKey(account.secretAccessKey, claim, verifier.derivedKeys);
  const expected = createHmac("sha256", signingKey).update(stringToSign).digest("hex");
  if (!equalInConstantTime(expected, claim.signature)) {
    throw new S3Error("SignatureDoesNotMatch", undefined, {
      fields: {
        AWSAccessKeyId: claim.accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: claim.signature,
        StringToSignBytes: spacedHex(stringToSign),
        CanonicalRequest: canonical,
        CanonicalRequestBytes: spacedHex(canonical),
      },
    });
  }
  return {
    kind: claim.kind,
    account,
    signature: claim.signature,
    signingKey,
    datetime: claim.datetime,
    scope,
  };
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Compares without telling, by the time it takes, where the texts differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
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

function checkScope(claim: Claim, region: string): void {
  // AWS names the place of the mistake: the header or the query parameter.
  const refuse = (why: string, fields?: Record<string, string>): S3Error =>
    claim.kind === "header"
      ? malformed(why, fields)
      : badQuery(`Error parsing the X-Amz-Credential parameter; ${why}`, fields);
  if (claim.region !== region) {
    throw refuse(`the region '${claim.region}' is wrong; expecting '${region}'`, { Region: region });
  }
  if (claim.service !== "s3") {
    throw refuse(`incorrect service "${claim.service}". This endpoint belongs to "s3".`, { Region: region });
  }
  if (claim.payload === undefined) {
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (!/^\d{8}T\d{6}Z$/.test(claim.datetime)) {
    if (claim.kind === "query")
      throw badQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  }
  if (!claim.datetime.startsWith(claim.date)) {
    throw refuse(
      `Invalid credential date "${claim.date}". This date is not the same as X-Amz-Date: "${claim.datetime.slice(0, 8)}".`,
    );
  }
}

function checkToken(account: Account, token: string | undefined, now: number): void {
  if (token === undefined) return;
  if (account.sessionToken === undefined || !equalInConstantTime(account.sessionToken, token)) {
    throw new S3Error("InvalidToken", undefined, { fields: { "Token-0": token } });
  }
  if (account.expiration && now >= account.expiration.getTime()) {
    throw new S3Error("ExpiredToken", undefined, { fields: { "Token-0": token } });
  }
}

function checkTime(claim: Claim, now: number): void {
  const signedAt = parseAmzDate(claim.datetime);
  const serverTime = isoSeconds(now);
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(now - signedAt) > MAX_SKEW_MS) {
      throw new S3Error("RequestTimeTooSkewed", undefined, {
        fields: {
          RequestTime: claim.datetime,
          ServerTime: serverTime,
          MaxAllowedSkewMilliseconds: MAX_SKEW_MS,
        },
      });
    }
    return;
  }
  const end = signedAt + claim.expiresSeconds * 1000;
  if (signedAt - now > MAX_SKEW_MS) {
    throw new S3Error("AccessDenied", "Request is not yet valid", {
      fields: { "X-Amz-Date": signedAt, Expires: isoSeconds(end), ServerTime: serverTime },
    });
  }
  if (now > end) {
    throw new S3Error("AccessDenied", "Request has expired", {
      fields: { "X-Amz-Expires": claim.expiresSeconds, Expires: isoSeconds(end), ServerTime: serverTime },
    });
  }
}

function checkSignedHeaders(req: IncomingMessage, claim: Claim): void {
  const signed = new Set(claim.signedHeaders);
  const missing = ["host", ...Object.keys(req.headers).filter((name) => name.startsWith("x-amz-"))].filter(
    (name) => !signed.has(name),
  );
  if (missing.length > 0) {
    throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
      fields: { HeadersNotSigned: missing.join(", ") },
    });
  }
}

function canonicalRequest(req: IncomingMessage, target: Target, claim: Claim): string {
  const query = target.pairs
    .filter(([name]) => claim.kind === "header" || name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeStrict(name), encodeStrict(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = claim.signedHeaders
    .map((name) => `${name}:${(headerValue(req, name) ?? "").trim().replace(/\s+/g, " ")}\n`)
    .join("");
  const path = target.decodedPath.split("/").map(encodeStrict).join("/");
  return `${req.method}\n${path}\n${query}\n${headers}\n${claim.signedHeaders.join(";")}\n${claim.payload}`;
}

function deriveKey(secret: string, { date, region, service }: Claim, cache: Map<string, Buffer>): Buffer {
  const id = JSON.stringify([secret, date, region, service]);
  let key = cache.get(id);
  if (!key) {
    key = Buffer.from(`AWS4${secret}`);
    for (const part of [date, region, service, "aws4_request"])
      key = createHmac("sha256", key).update(part).digest();
    cache.set(id, key);
  }
  return key;
}

/** All values of a header as one text, bytes over 0x7f read as UTF-8. */
export function headerValue(req: IncomingMessage, name: string): string | undefined {
  const value = req.headersDistinct[name]?.join(",");
  return value !== undefined && /[\u0080-\u00ff]/.test(value)
    ? Buffer.from(value, "latin1").toString("utf8")
    : value;
}

function parseAmzDate(datetime: string): number {
  return Date.parse(datetime.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function fromHttpDate(text: string | undefined): string {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? "" : new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "");
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function spacedHex(text: string): string {
  return (Buffer.from(text).toString("hex").match(/../g) ?? []).join(" ");
}

function malformed(why: string, fields: Record<string, string> = {}): S3Error {
  return new S3Error("AuthorizationHeaderMalformed", `The authorization header is malformed; ${why}`, {
    fields,
  });
}

function badQuery(message: string, fields: Record<string, string> = {}): S3Error {
  return new S3Error("AuthorizationQueryParametersError", message, { fields });
}

function oldSignature(): S3Error {
  return new S3Error(
    "InvalidRequest",
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}
