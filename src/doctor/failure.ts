/**
 * From the error of a read to the checks that it answers; the sentence is the error's own.
 *
 * @module
 */
import type { ErrorCode, ErrorDetail, ReaderError } from "../core/error.js";
import type { CheckId, Checklist } from "./diagnosis.js";

/** Which check an error speaks of. Those of the data speak of none: the place is then in order. */
const checkOf: Partial<Record<ErrorCode, CheckId>> = {
  config: "address",
  unsupported: "address",
  "not-found": "address",
  network: "reachable",
  timeout: "reachable",
  server: "reachable",
  throttled: "reachable",
  "short-body": "reachable",
  cors: "cors",
  region: "region",
  clock: "clock",
  forbidden: "credentials",
  expired: "credentials",
  "range-unsupported": "range",
  "unknown-format": "format",
};

/** The sentence without its code, which the list does not show. */
export function sentenceOf(error: ReaderError): string {
  return error.message.replace(`${error.code}: `, "");
}

/** A redirect that the page may not see is an answer all the same. */
type SilentVerdict = Exclude<NonNullable<ErrorDetail["verdict"]>, "redirect">;

/** Likewise for reads that no answer came to. */
const checksOfVerdict: Readonly<Record<SilentVerdict, readonly CheckId[]>> = {
  offline: ["reachable"],
  network: ["reachable"],
  "network-or-cors": ["reachable", "cors"],
  "mixed-content": ["mixed-content"],
  "local-network": ["local-network"],
  "blocked-by-csp": ["policy"],
  cors: ["cors"],
  preflight: ["preflight"],
};

/** Marks what failed, and what that proves to be in order. */
export function noteFailure(list: Checklist, error: ReaderError): void {
  const sentence = sentenceOf(error);
  const { verdict } = error.detail;
  if (verdict !== undefined && verdict !== "redirect") {
    if (verdict === "cors" || verdict === "preflight") noteAnswer(list);
    if (verdict === "preflight") list.set("cors", "ok", "Reads without headers of their own are allowed.");
    const state = verdict === "network-or-cors" ? "unknown" : "failed";
    for (const id of checksOfVerdict[verdict]) list.set(id, state, sentence);
    return;
  }
  const spokenOf = checkOf[error.code] ?? "format";
  // Only S3 has a check of its own for regions.
  const check = list.applies(spokenOf) ? spokenOf : "address";
  if (check !== "reachable") noteReadable(list);
  list.set(check, "failed", sentence);
}

/** The host is there and the page may ask it. */
export function noteAnswer(list: Checklist): void {
  list.set("policy", "ok", "The page's own policy lets it connect.");
  list.set("reachable", "ok", "The server answers.");
}

/** An answer that the page can read proves CORS too. */
export function noteReadable(list: Checklist): void {
  noteAnswer(list);
  list.set("local-network", "ok", "The browser lets this page reach the address.");
  list.set("cors", "ok", "The server lets this page read its answers.");
}
