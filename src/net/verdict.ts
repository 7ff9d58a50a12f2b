/**
 * Why a request got no answer at all: browsers hide whether it was CORS, a preflight, mixed content or the network, and
 * their error texts differ and are never looked at (docs/design/object-storage.md §11).
 *
 * @module
 */
import type { ErrorDetail } from "../core/error.js";
import { inBrowser, isLoopback, isOffline } from "./environment.js";
import type { RemoteRead } from "./remote-read.js";

export type Verdict = NonNullable<ErrorDetail["verdict"]>;
/** What was found out, by origin and kind of request, and when. */
export type KnownVerdicts = Map<string, { readonly at: number; readonly verdict: Promise<Verdict> }>;

const probeMs = 5_000;
/** One page full of failing tiles probes once. */
const rememberMs = 60_000;

interface Probing {
  readonly known: KnownVerdicts;
  readonly send?: typeof fetch | undefined;
  /** The root is a bucket's: it moves as a whole, so where the root is redirected, its objects are. */
  readonly ofBucket?: boolean | undefined;
}

/** Finds out why a request was rejected before any header came. Probes carry no secret and read no data. */
export function findVerdict(
  read: RemoteRead,
  { known, send = globalThis.fetch, ofBucket = false }: Probing,
): Promise<Verdict> {
  if (!inBrowser()) return Promise.resolve("network");
  const preflighted = needsPreflight(read);
  const key = `${new URL(read.root).origin} ${preflighted}`;
  const last = known.get(key);
  if (last !== undefined && performance.now() - last.at < rememberMs) return last.verdict;
  const mayBeMoved = ofBucket && read.redirect === "refuse";
  const verdict = (async () =>
    staticCause(read.root) ?? probe(read.root, { preflighted, mayBeMoved, send }))();
  known.set(key, { at: performance.now(), verdict });
  return verdict;
}

function staticCause(root: string): Verdict | undefined {
  if (isOffline()) return "offline";
  return isMixedContent(root) ? "mixed-content" : undefined;
}

/** Browsers let a page that came by https read nothing by http, but from this machine. */
export function isMixedContent(root: string): boolean {
  const target = new URL(root);
  return (
    globalThis.location?.protocol === "https:" && target.protocol === "http:" && !isLoopback(target.hostname)
  );
}

interface Suspicion {
  readonly preflighted: boolean;
  readonly mayBeMoved: boolean;
  readonly send: typeof fetch;
}

async function probe(root: string, { preflighted, mayBeMoved, send }: Suspicion): Promise<Verdict> {
  let blocked = false;
  const onViolation = (event: Event): void => {
    if ("effectiveDirective" in event && event.effectiveDirective === "connect-src") blocked = true;
  };
  globalThis.addEventListener?.("securitypolicyviolation", onViolation);
  try {
    if (mayBeMoved && (await answerTo(root, { redirect: "manual" }, send)) === "opaqueredirect")
      return "redirect";
    if (preflighted && (await answerTo(root, {}, send)) !== undefined) return "preflight";
    if ((await answerTo(root, { mode: "no-cors" }, send)) !== undefined) return "cors";
    // The violation event is dispatched in a task of its own.
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.removeEventListener?.("securitypolicyviolation", onViolation);
  }
  if (blocked) return "blocked-by-csp";
  if (await localNetworkDenied(root)) return "local-network";
  // Under COEP require-corp an opaque answer is refused whatever the server says, so the probe proves nothing.
  return globalThis.crossOriginIsolated ? "network-or-cors" : "network";
}

/** The kind of answer that the page gets, `undefined` for none. That of a redirect shows that CORS is in order. */
async function answerTo(
  root: string,
  init: RequestInit,
  send: typeof fetch,
): Promise<ResponseType | undefined> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), probeMs);
  try {
    const response = await send(root, {
      ...init,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: controller.signal,
    });
    await response.body?.cancel().catch(() => {});
    return response.type;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** A public page must be allowed by its user to reach local addresses (Chrome 142 and later). */
export async function localNetworkDenied(root: string): Promise<boolean> {
  const target = new URL(root).hostname;
  const page = globalThis.location?.hostname;
  if (page === undefined || isLoopback(page) || !isPrivateHost(target)) return false;
  try {
    const state = await globalThis.navigator.permissions.query({
      name: "local-network-access" as PermissionName,
    });
    return state.state !== "granted";
  } catch {
    return false;
  }
}

function isPrivateHost(hostname: string): boolean {
  return isLoopback(hostname) || /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(hostname);
}

/** Tells whether a browser asks the server's leave before it sends the request. */
export function needsPreflight(read: RemoteRead): boolean {
  if (read.range !== undefined && "suffixLength" in read.range) return true;
  return rangelessHeaders(read).some((name) => name !== "accept" && name !== "accept-language");
}

/** Names of the headers a read sends besides `Range`, in lower case. */
function rangelessHeaders(read: RemoteRead): string[] {
  return Object.keys(read.headers).map((name) => name.toLowerCase());
}
