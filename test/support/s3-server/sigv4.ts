/**
 * @module Verification of AWS Signature Version 4, in the header and in the query, written from the published
 * algorithm and sharing nothing with the library's signer. Refusals carry the codes and fields AWS answers
 * (docs/design/object-storage.md §3, §9).
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ALGORITHM, badQuery, type Claim, headerValue, malformed, readClaim } from "./claim.js";
import { S3Error } from "./errors.js";
import { encodeStrict, type Target } from "./target.js";
import type { Account } from "./types.js";

const MAX_SKEW_MS = 15 * 60 * 1000;

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

/** Who sent the request. @throws S3Error with AWS's code for every way a signature can be wrong. */
export function verifyRequest(
  req: IncomingMessage,
  target: Target,
  region: string,
  verifier: Verifier,
): Identity {
  const claim = readClaim(req, target);
  if (!claim) return { kind: "anonymous" };
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

function parseAmzDate(datetime: string): number {
  return Date.parse(datetime.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function spacedHex(text: string): string {
  return (Buffer.from(text).toString("hex").match(/../g) ?? []).join(" ");
}
