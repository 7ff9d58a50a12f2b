/**
 * @module One request on its way through the server, and the plain reply a route gives; only `respond.ts` writes
 * to the network.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Bucket } from "./bucket.js";
import { S3Error } from "./errors.js";
import type { ActiveFaults, FaultBook } from "./faults.js";
import type { Identity, Verifier } from "./sigv4.js";
import type { Target } from "./target.js";
import type { Counters, LogEntry } from "./types.js";

/** Bytes that can be read in parts. */
export interface Body {
  readonly length: number;
  read(offset: number, length: number): Buffer | Promise<Buffer>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

/** What all requests share. */
export interface State extends Verifier {
  readonly region: string;
  readonly buckets: Map<string, Bucket>;
  readonly faults: FaultBook;
  readonly counters: Counters;
  readonly timers: Set<NodeJS.Timeout>;
  readonly hostSuffixes: readonly string[];
  readonly maxKeys: number;
  readonly listSpace: "plus" | "percent";
  readonly minPartBytes: number;
  /** Whose are the buckets nobody else owns. */
  readonly defaultOwner: string;
}

export interface Exchange {
  readonly state: State;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly entry: LogEntry;
  readonly target: Target;
  readonly bucket: Bucket | undefined;
  readonly faults: ActiveFaults;
  readonly identity: Identity;
}

/** A reply of XML text. */
export function xmlReply(text: string, headers: Record<string, string> = {}): Reply {
  return {
    status: 200,
    headers: { "Content-Type": "application/xml", ...headers },
    body: bodyOf(Buffer.from(text)),
  };
}

export function bodyOf(bytes: Buffer): Body {
  return { length: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** @throws S3Error `NoSuchBucket` */
export function bucketOf(exchange: Exchange): Bucket {
  if (!exchange.bucket) {
    throw new S3Error("NoSuchBucket", undefined, { fields: { BucketName: exchange.target.bucket ?? "" } });
  }
  return exchange.bucket;
}

/** Refuses parameters that ask for more than the route does; silently ignoring them would give wrong answers. */
export function refuseOthers(exchange: Exchange, known: readonly string[]): void {
  for (const name of exchange.target.query.keys()) {
    if (known.includes(name) || name === "x-id" || /^x-amz-/i.test(name)) continue;
    // Strangers' parameters (cache busters, tokens of a static host) are ignored by S3; its own words are not.
    if (SUBRESOURCES.has(name))
      throw new S3Error("NotImplemented", `The parameter ${name} is not implemented here.`);
  }
}

const SUBRESOURCES = new Set(
  "accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle list-type location logging metadataTable metrics notification object-lock ownershipControls partNumber policy policyStatus publicAccessBlock replication requestPayment restore retention select select-type session tagging torrent uploadId uploads versionId versioning versions website".split(
    " ",
  ),
);
