/**
 * What a failed read is told by, in words a user can act on (table of docs/design/object-storage.md §11). Loaded when a
 * read fails. Nothing that is said here holds a secret or a URL query.
 *
 * @module
 */

import { type ErrorCode, type ErrorDetail, ReaderError } from "../core/error.js";
import { isOffline } from "./environment.js";
import type { ExplainContext } from "./explain.js";
import { codeOf, type Failure } from "./failure.js";
import { bareUrl } from "./redact.js";
import type { RemoteRead } from "./remote-read.js";
import type { ReadResult, Transport } from "./retry.js";
import { findVerdict, type Verdict } from "./verdict.js";

interface Words {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Why no answer came, as far as it was found out. */
  readonly verdict?: Verdict | undefined;
}

/** Failures another try, later, may not meet. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  "network",
  "timeout",
  "short-body",
  "server",
  "throttled",
]);

/** The error for a read whose last answer was a failure. */
export async function inWords(
  result: ReadResult,
  failure: Failure,
  transport: Transport,
  context: ExplainContext,
): Promise<ReaderError> {
  const { read, attempts, elapsedMs } = result;
  const { code, message, hint, verdict } = await findWords(result, failure, transport, context);
  const detail: ErrorDetail = {
    op: read.method,
    key: read.key,
    url: bareUrl(read.url),
    attempts,
    elapsedMs,
    retryable: failure.class !== "refused" && retryableCodes.has(code),
    ...(verdict === undefined ? {} : { verdict }),
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.size === undefined ? {} : { size: failure.size }),
    ...(failure.serverCode === undefined ? {} : { serverCode: failure.serverCode }),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
  };
  const tags = [
    failure.serverCode,
    failure.requestId === undefined ? undefined : `request ${failure.requestId}`,
  ];
  const tail = tags.filter((tag) => tag !== undefined).join(", ");
  return new ReaderError(code, tail === "" ? message : `${message} [${tail}]`, { detail, hint });
}

/** Finds the words; asks the browser's network why, when nothing came back. */
async function findWords(
  result: ReadResult,
  failure: Failure,
  transport: Transport,
  context: ExplainContext,
): Promise<Words> {
  const { read } = result;
  const silent = failure.class === "network" && failure.beforeHeaders === true;
  if (!silent || (!isOffline() && transport.reached.has(new URL(read.root).origin))) {
    return failureWords(failure, result, context);
  }
  const verdict = await findVerdict(read, {
    known: transport.verdicts,
    send: transport.fetch,
    ofBucket: context.bucket !== undefined,
  });
  return { ...verdictWords(verdict, failure, read, context), verdict };
}

function verdictWords(verdict: Verdict, failure: Failure, read: RemoteRead, context: ExplainContext): Words {
  const { host } = new URL(read.root);
  const origin = globalThis.location?.origin ?? "this page";
  switch (verdict) {
    case "cors":
      return {
        code: "cors",
        message:
          `${host} did not allow this page (${origin}) to read it. Add a CORS rule on the bucket: origin ${origin}, ` +
          "methods GET and HEAD, exposed headers ETag and Content-Range.",
        hint: hiddenCauses(read, context),
      };
    case "preflight":
      return {
        code: "cors",
        message:
          `${host} refuses the preflight of the request. Allow headers authorization, x-amz-date, ` +
          "x-amz-content-sha256, x-amz-security-token, range (and those you set yourself); or use query signing.",
        hint: "A wrong region gives the same symptom.",
      };
    case "redirect":
      return {
        code: "region",
        message:
          `${nameOf(context.bucket)} is not in ${context.region ?? "the region asked for"}: ${host} redirects its ` +
          "requests, and the browser does not show where to.",
        hint: "Set region; if it is right, check endpoint and the bucket's name.",
      };
    case "mixed-content":
      return {
        code: "network",
        message: `An https page cannot read ${read.root}.`,
        hint: "Serve the data over https or open this page over http on localhost.",
      };
    case "blocked-by-csp":
      return {
        code: "network",
        message: `This page's Content-Security-Policy does not let it connect to ${host}.`,
        hint: `Add ${new URL(read.root).origin} to connect-src.`,
      };
    case "local-network":
      return {
        code: "network",
        message: `The browser blocked access to a local address, ${host}.`,
        hint: "Allow local network access for this site.",
      };
    case "offline":
      return { code: "network", message: `No connection to ${host}: this computer is offline.` };
    case "network-or-cors":
      return {
        code: "network",
        message:
          `${host} could not be read. Either it is unreachable or it lacks a CORS rule for ${origin}; ` +
          "the browser hides which.",
        hint: `Test: open ${read.root} in a new tab.`,
      };
    case "network":
      return networkWords(host, failure);
  }
}

/** What servers answer without CORS headers, so that a page cannot tell it from a missing rule. */
function hiddenCauses(read: RemoteRead, { bucket }: ExplainContext): string | undefined {
  const hints = [
    ...(read.signed
      ? ["If keys are set, also check them: some servers drop CORS headers when they reject a key."]
      : []),
    ...(bucket === undefined || bucket === ""
      ? []
      : [
          `A bucket that does not exist looks the same from a page: check the name "${bucket}".`,
          "So does one in another region or at another endpoint, whose server redirects: check both.",
        ]),
  ];
  return hints.length === 0 ? undefined : hints.join(" ");
}

function networkWords(host: string, failure: Failure): Words {
  const cause = /\([A-Z_0-9]+\)$/.exec(failure.reason)?.[0];
  return {
    code: "network",
    message: `No connection to ${host}${cause === undefined ? "" : ` ${cause}`}.`,
    hint: "Check the address, network, certificate or VPN.",
  };
}

function failureWords(failure: Failure, result: ReadResult, context: ExplainContext): Words {
  const { read, attempts } = result;
  const { host } = new URL(read.root);
  const code = codeOf(failure.class);
  const seconds = (result.elapsedMs / 1000).toFixed(1);
  switch (failure.class) {
    case "network":
      return failure.beforeHeaders === true
        ? networkWords(host, failure)
        : {
            code,
            message: `The connection to ${host} broke while ${read.key} was read (${attempts} tries).`,
          };
    case "timeout":
      return {
        code,
        message: `${host} was too slow for ${read.key}: ${failure.reason} (${attempts} tries).`,
      };
    case "short-body":
      return { code, message: `${host} ${failure.reason} for ${read.key} (${attempts} tries).` };
    case "throttle":
      return { code, message: `${host} asks to slow down; gave up after ${attempts} tries in ${seconds} s.` };
    case "clock":
      return { code, message: clockMessage(context.clockOffsetMs ?? 0), hint: "Set the clock." };
    case "expired":
      return expiredWords(failure, read, context);
    case "region":
      return regionWords(failure, read, context);
    case "forbidden":
      return forbiddenWords(failure, read, host, context);
    case "no-container":
      return {
        code,
        message: `Bucket or container ${context.bucket ?? ""} does not exist at ${host}.`.replace("  ", " "),
      };
    case "range-unsupported":
      return { code, message: `${host} ${failure.reason}; ${read.key} cannot be read in parts.` };
    case "unsupported":
    case "corrupt":
      return { code, message: `${read.key} at ${host}: ${failure.reason}.` };
    case "transient":
    case "refused":
      return {
        code,
        message: `${host} ${failure.reason} for ${read.key} (${attempts} tries, ${seconds} s).`,
      };
  }
}

function clockMessage(offsetMs: number): string {
  return offsetMs === 0
    ? "The server says that this computer's clock is wrong, and does not tell the time."
    : `This computer's clock is ${Math.round(Math.abs(offsetMs) / 60_000)} min off; signing failed even after correction.`;
}

function expiredWords(failure: Failure, read: RemoteRead, context: ExplainContext): Words {
  if (!read.signed && failure.status === 401) {
    return {
      code: "forbidden",
      message: `${new URL(read.root).host} wants a login for ${read.key} (${failure.reason}).`,
      hint: "Give credentials, headers, or a link that carries its own signature.",
    };
  }
  return {
    code: "expired",
    message: `Credentials or link expired or not valid; refresh failed: ${context.refresh ?? "the server refused the new ones too"}.`,
    hint: "Get new credentials and open the data again.",
  };
}

function regionWords(failure: Failure, read: RemoteRead, context: ExplainContext): Words {
  if (context.bucket === undefined) {
    return {
      code: "config",
      message: `${new URL(read.root).host} redirects ${read.key} elsewhere (${failure.reason}), which is refused for requests with keys or headers.`,
      hint: "Open the address it redirects to.",
    };
  }
  const other = failure.region === undefined ? "" : `, it is in ${failure.region}`;
  return {
    code: "region",
    message: `${nameOf(context.bucket)} is not in ${context.region ?? "the region asked for"}${other}.`,
    hint: "Set region.",
  };
}

/** An endpoint may stand for the bucket. */
function nameOf(bucket: string | undefined): string {
  return bucket === undefined || bucket === "" ? "The bucket" : `Bucket ${bucket}`;
}

function forbiddenWords(failure: Failure, read: RemoteRead, host: string, context: ExplainContext): Words {
  if (failure.serverCode === "SignatureDoesNotMatch") {
    return {
      code: "forbidden",
      message: "The server computed another signature.",
      hint: `Usual causes: wrong secret key, a proxy that rewrites Host or path, region ${context.region ?? "unset"}.`,
    };
  }
  if (failure.serverCode === "InvalidAccessKeyId") {
    return { code: "forbidden", message: `Access key unknown to ${host}.` };
  }
  if (context.bucket === undefined) {
    return { code: "forbidden", message: `Access to ${read.key} at ${host} denied.` };
  }
  const { permission = "s3:GetObject (and s3:ListBucket to tell missing objects apart)", requesterPays } =
    context;
  const pays =
    requesterPays || context.permission !== undefined
      ? ""
      : " If the bucket is requester-pays, set requesterPays.";
  return {
    code: "forbidden",
    message: `Access to ${read.key} denied.`,
    hint: read.signed
      ? `The identity needs ${permission}.${pays}`
      : `Not everyone may read it: give credentials (${permission}).${pays}`,
  };
}
