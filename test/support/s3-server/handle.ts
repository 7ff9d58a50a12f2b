/**
 * @module The way of one request: logged and counted, bent by faults, verified, routed, answered.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { corsHeaders, preflightHeaders } from "./cors.js";
import { errorXml, S3Error } from "./errors.js";
import { bodyOf, type Exchange, type Reply, type State } from "./exchange.js";
import { ActiveFaults } from "./faults.js";
import { errorReply, pause, send } from "./respond.js";
import { routeBucket, routeService } from "./routes/buckets.js";
import { routeObject } from "./routes/objects.js";
import { type Identity, verifyRequest } from "./sigv4.js";
import { parseTarget, redactQuery, type Target } from "./target.js";
import type { LogEntry } from "./types.js";

let lastId = 0;

/** Takes one request through faults, signature and routes to its answer. `record` gets the log entry first. */
export async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  state: State,
  settings: { readonly latencyMs: number; readonly corsOnErrors: boolean },
  record: (entry: LogEntry) => void,
): Promise<void> {
  const { counters } = state;
  const method = req.method ?? "";
  const arrived = performance.now();
  const host = req.headers.host ?? "";
  let target: Target | undefined;
  let badTarget: unknown;
  try {
    target = parseTarget(req.url ?? "/", host, state.hostSuffixes);
  } catch (error) {
    badTarget = error;
  }
  const [rawPath = "", rawQuery = ""] = (req.url ?? "").split(/\?(.*)/s);
  const bucket = target?.bucket === undefined ? undefined : state.buckets.get(target.bucket);
  const entry: LogEntry = {
    id: (++lastId).toString(16).toUpperCase().padStart(16, "0"),
    time: state.now(),
    method,
    host,
    path: rawPath,
    bucket: target?.bucket,
    key: target?.key ?? "",
    query: redactQuery(rawQuery),
    range: req.headers.range,
    origin: req.headers.origin,
    auth:
      req.headers.authorization !== undefined
        ? "header"
        : /X-Amz-Signature=/.test(rawQuery)
          ? "query"
          : "anonymous",
    status: undefined,
    code: undefined,
    bytes: 0,
    durationMs: undefined,
    aborted: false,
  };
  record(entry);
  counters.requests++;
  if (method in counters) counters[method as "GET"]++;
  if (entry.auth === "header") counters.signedHeader++;
  if (entry.auth === "query") counters.signedQuery++;
  counters.concurrent++;
  counters.maxConcurrent = Math.max(counters.maxConcurrent, counters.concurrent);
  res.once("close", () => {
    counters.concurrent--;
    entry.durationMs = performance.now() - arrived;
    entry.aborted = !res.writableFinished;
  });
  res.on("error", () => {});

  const faults = target
    ? state.faults.take(method, `/${target.bucket ?? ""}/${target.key}`)
    : new ActiveFaults(new Map());
  const out = { state, req, res, entry, faults };
  const wait = settings.latencyMs + (faults.get("delay")?.ms ?? 0);
  if (wait > 0) await pause(out, wait);
  const stall = faults.get("stall");
  if (stall && stall.afterBytes === undefined) await pause(out, stall.ms ?? 2 ** 31 - 1);
  if (res.destroyed) return;
  if (faults.get("reset")) {
    req.socket.resetAndDestroy();
    return;
  }

  let reply: Reply;
  let cors: Record<string, string> = {};
  try {
    reply = faultReply(faults, entry) ?? (await answer());
  } catch (error) {
    reply = errorReply(error, entry);
    if (bucket) reply = { ...reply, headers: { ...reply.headers, "x-amz-bucket-region": bucket.region } };
  }
  if (bucket && method !== "OPTIONS") cors = corsHeaders(bucket.cors, req);
  const silent = faults.get("no-cors");
  const isError = reply.status >= 400;
  if ((isError && !settings.corsOnErrors) || (silent && (isError || silent.on === "all"))) cors = {};
  await send(out, reply, cors);

  async function answer(): Promise<Reply> {
    if (!target) throw badTarget;
    if (method === "OPTIONS") {
      cors = preflightHeaders(bucket?.cors, req);
      return { status: 200 };
    }
    const identity: Identity = verifyRequest(req, target, bucket?.region ?? state.region, state);
    const expectedOwner = req.headers["x-amz-expected-bucket-owner"];
    if (bucket && expectedOwner !== undefined && expectedOwner !== bucket.ownerId)
      throw new S3Error("AccessDenied");
    const exchange: Exchange = { state, req, res, entry, target, bucket, faults, identity };
    if (target.bucket === undefined) return routeService(exchange);
    return target.key === "" ? routeBucket(exchange) : routeObject(exchange);
  }
}

function faultReply(faults: ActiveFaults, entry: LogEntry): Reply | undefined {
  const redirect = faults.get("redirect");
  if (redirect) return { status: redirect.status ?? 307, headers: { Location: redirect.location } };
  const fault = faults.get("status");
  if (!fault) return undefined;
  const headers: Record<string, string> = { ...fault.headers };
  if (fault.retryAfter !== undefined) headers["Retry-After"] = String(fault.retryAfter);
  if (fault.code === undefined) return { status: fault.status, headers };
  entry.code = fault.code;
  const body = bodyOf(errorXml(fault.code, fault.message ?? "An injected fault.", {}, entry.id));
  return { status: fault.status, headers: { "Content-Type": "application/xml", ...headers }, body };
}
