/**
 * What two requests for one object tell: a few bytes of it, and its size.
 *
 * @module
 */

import type { AbsolutePath } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import { type ProbeAnswer, probe } from "../net/probe.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { DescribingStore } from "../store/types.js";
import { wholeInsteadBytes } from "../store/whole-objects.js";
import type { Checklist, CheckState } from "./diagnosis.js";

/** Signatures are refused when clocks are further apart than a quarter of an hour; correction begins earlier. */
const clockToleranceMs = 4 * 60_000;
const probedBytes = 16;

type Finding = readonly [CheckState, string];

export interface ProbeOptions {
  readonly send: typeof fetch | undefined;
  readonly signal: AbortSignal | undefined;
  /** The region the user gave. */
  readonly region: string | undefined;
}

/** Reads a piece of an object that is there, and looks at how the server answers. */
export async function checkAnswers(
  list: Checklist,
  store: DescribingStore,
  key: AbsolutePath,
  options: ProbeOptions,
): Promise<void> {
  const { send, signal } = options;
  const read = await store.describe(key, { offset: 0, length: probedBytes });
  const [part, head] = await Promise.all([
    probe(read, send, signal),
    // A range is no part of a HEAD; a link is signed for its method, so the store's own way is taken.
    store.size?.(key, signal === undefined ? {} : { signal }).catch(() => undefined),
  ]);
  if (part === undefined) return;
  list.set("range", ...rangeFinding(part, key));
  list.set("size", ...sizeFinding(head, key));
  if (inBrowser()) list.set("exposed-headers", ...exposedFinding(part, new URL(read.root).origin));
  list.set("clock", ...clockFinding(part, read.signed));
}

/** Buckets tell where they are when they are asked without a signature, even those that answer nothing else. */
export async function checkRegion(
  list: Checklist,
  store: DescribingStore,
  { send, signal, region }: ProbeOptions,
): Promise<void> {
  const read = await store.describe("/zarr.json");
  const bucket: RemoteRead = { ...read, method: "HEAD", url: read.root, headers: {}, redirect: "follow" };
  const told = (await probe(bucket, send, signal))?.headers.get("x-amz-bucket-region") ?? undefined;
  list.set("region", ...regionFinding(told, region));
}

function sizeFinding(size: number | undefined, key: AbsolutePath): Finding {
  return size === undefined
    ? ["warning", `The server does not tell the size of ${key}.`]
    : ["ok", `${key} has ${size} bytes.`];
}

function rangeFinding({ status, headers }: ProbeAnswer, key: AbsolutePath): Finding {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "" && encoding !== "identity" && encoding !== "aws-chunked") {
    return [
      "warning",
      `${key} is sent with Content-Encoding ${encoding}: objects stored so cannot be read in parts.`,
    ];
  }
  if (status === 206) return ["ok", "The server sends parts of objects."];
  if (status !== 200) return ["unknown", `The server answered ${status} to a request for a part.`];
  const most = wholeInsteadBytes / 1024 / 1024;
  return [
    "warning",
    `The server ignores Range: objects up to ${most} MiB are read whole, larger ones cannot be read in parts.`,
  ];
}

/** Nothing of it is needed; each is missed for a reason. */
const wanted = [
  ["etag", "changes while reading go unseen"],
  ["content-range", "sizes cost a request of their own"],
  ["date", "a wrong clock cannot be corrected"],
] as const;

function exposedFinding({ status, headers }: ProbeAnswer, origin: string): Finding {
  if (globalThis.location?.origin === origin) {
    return ["ok", "Page and data have the same origin, so the page sees every header."];
  }
  const missing = wanted.filter(
    ([name]) => !headers.has(name) && (name !== "content-range" || status === 206),
  );
  if (missing.length === 0) return ["ok", "The page sees the headers it can use."];
  const names = missing.map(([name, loss]) => `${name} (else ${loss})`).join(", ");
  return ["warning", `Reading works. The rule could expose more headers: ${names}.`];
}

/** A cached answer carries an old date, and says so by its age. */
function clockFinding({ headers, atMs }: ProbeAnswer, isSigned: boolean): Finding {
  const told = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(told) || headers.has("age")) {
    return ["unknown", "The server's time is not shown to this page."];
  }
  const offsetMs = told - atMs;
  if (Math.abs(offsetMs) < clockToleranceMs) {
    return ["ok", "This computer's clock and the server's agree."];
  }
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const effect = isSigned
    ? "signatures are corrected for it"
    : "signatures would have to be corrected for it";
  return ["warning", `This computer's clock is ${minutes} min off; ${effect}. Set the clock.`];
}

function regionFinding(told: string | undefined, region: string | undefined): Finding {
  if (told === undefined) {
    const asked = region === undefined ? "" : ` It takes requests for ${region}.`;
    return ["unknown", `The server does not tell the bucket's region.${asked}`];
  }
  if (region === undefined || region === told) return ["ok", `The bucket is in ${told}.`];
  return ["warning", `The bucket is in ${told}, not in ${region}. Set region to save a round trip.`];
}
