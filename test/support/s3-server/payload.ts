/**
 * @module Request bodies: plain, hashed, or in `aws-chunked` framing with signed chunks and trailers. Nothing is
 * stored before every length, hash, signature and checksum the request names has been compared.
 */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { verifyChecksums } from "./checksums.js";
import { headerValue } from "./claim.js";
import { S3Error } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { equalInConstantTime, type Identity, sha256Hex } from "./sigv4.js";

const EMPTY_SHA256 = sha256Hex("");
const STREAMED = new Set([
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
]);

export interface Payload {
  readonly bytes: Buffer;
  readonly checksum: { readonly name: string; readonly value: string } | undefined;
}

/** Reads, unwraps and verifies the body. @throws S3Error */
export async function readPayload({ req, state, identity, target }: Exchange): Promise<Payload> {
  const raw = await readAll(req, (bytes) => {
    state.counters.bytesIn += bytes;
  });
  const claimed = headerValue(req, "x-amz-content-sha256") ?? target.query.get("X-Amz-Content-Sha256");
  const checked = new Map<string, string>();
  for (const name of Object.keys(req.headers)) checked.set(name, headerValue(req, name) ?? "");

  let bytes = raw;
  if (claimed?.startsWith("STREAMING-")) {
    if (!STREAMED.has(claimed))
      throw new S3Error("NotImplemented", `Payloads of kind ${claimed} are not implemented here.`);
    const chunks = decodeChunks(raw, claimed, identity);
    bytes = chunks.bytes;
    const declared = req.headers["x-amz-decoded-content-length"];
    if (declared === undefined || Number(declared) !== bytes.length) {
      throw new S3Error("IncompleteBody", "The decoded length differs from x-amz-decoded-content-length.");
    }
    checkTrailers(headerValue(req, "x-amz-trailer"), chunks.trailers);
    for (const [name, value] of chunks.trailers) checked.set(name, value);
  } else if (claimed !== undefined && claimed !== "UNSIGNED-PAYLOAD") {
    const computed = sha256Hex(raw);
    if (computed !== claimed) {
      throw new S3Error("XAmzContentSHA256Mismatch", undefined, {
        fields: { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed },
      });
    }
  }
  const md5 = req.headers["content-md5"];
  if (md5 !== undefined && createHash("md5").update(bytes).digest("base64") !== md5)
    throw new S3Error("BadDigest");
  return { bytes, checksum: verifyChecksums(checked, bytes) };
}

async function readAll(req: IncomingMessage, onBytes: (count: number) => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of req) {
    pieces.push(piece);
    onBytes(piece.length);
  }
  return Buffer.concat(pieces);
}

function checkTrailers(announced: string | undefined, trailers: ReadonlyMap<string, string>): void {
  for (const name of (announced ?? "").split(",").map((part) => part.trim().toLowerCase())) {
    if (name !== "" && !trailers.has(name)) {
      throw new S3Error("InvalidRequest", `The trailer ${name} was announced but did not come.`);
    }
  }
}

/**
 * Unwraps `aws-chunked`: `size[;chunk-signature=hex] CRLF data CRLF`, ended by a chunk of size 0, then trailers
 * `name:value CRLF`. Signed chunks form a chain that starts at the request's own signature.
 */
function decodeChunks(
  raw: Buffer,
  kind: string,
  identity: Identity,
): { bytes: Buffer; trailers: Map<string, string> } {
  const signed = kind.startsWith("STREAMING-AWS4-");
  const chain = signed ? startChain(identity) : undefined;
  const pieces: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf("\r\n", at);
    if (end < 0) throw new S3Error("IncompleteBody");
    const text = raw.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const [, hex, signature] = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]*))?$/i.exec(line()) ?? [];
    if (hex === undefined) throw new S3Error("IncompleteBody", "A chunk header could not be read.");
    const size = Number.parseInt(hex, 16);
    const data = raw.subarray(at, at + size);
    if (data.length < size) throw new S3Error("IncompleteBody");
    at += size;
    chain?.("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${sha256Hex(data)}`, signature);
    if (size === 0) break;
    pieces.push(data);
    if (line() !== "") throw new S3Error("IncompleteBody", "A chunk does not end with its line break.");
  }
  const trailers = new Map<string, string>();
  let trailerSignature: string | undefined;
  while (at < raw.length) {
    const text = line();
    if (text === "") continue;
    const colon = text.indexOf(":");
    const name = text.slice(0, colon).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    if (colon < 1) throw new S3Error("IncompleteBody", "A trailer could not be read.");
    if (name === "x-amz-trailer-signature") trailerSignature = value;
    else trailers.set(name, value);
  }
  if (signed && kind.endsWith("-TRAILER")) {
    const canonical = [...trailers].map(([name, value]) => `${name}:${value}\n`).join("");
    chain?.("AWS4-HMAC-SHA256-TRAILER", sha256Hex(canonical), trailerSignature);
  }
  return { bytes: Buffer.concat(pieces), trailers };
}

/** A check that each call's signature follows from the one before. */
function startChain(
  identity: Identity,
): (algorithm: string, rest: string, signature: string | undefined) => void {
  if (identity.kind === "anonymous")
    throw new S3Error("InvalidRequest", "Signed chunks need a signed request.");
  const { signingKey, datetime, scope } = identity;
  let previous = identity.signature;
  return (algorithm, rest, signature) => {
    const text = `${algorithm}\n${datetime}\n${scope}\n${previous}\n${rest}`;
    const expected = createHmac("sha256", signingKey).update(text).digest("hex");
    if (signature === undefined || !equalInConstantTime(expected, signature)) {
      throw new S3Error("SignatureDoesNotMatch", undefined, { fields: { StringToSign: text } });
    }
    previous = expected;
  };
}
