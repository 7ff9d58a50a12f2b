/**
 * @module The one place that writes to the network: common headers, bodies with backpressure, and the faults that
 * bend an answer on its way out.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorXml, hostId, S3Error } from "./errors.js";
import type { Body, Reply, State } from "./exchange.js";
import { bodyOf } from "./exchange.js";
import type { ActiveFaults } from "./faults.js";
import type { LogEntry } from "./types.js";

const PIECE_BYTES = 1024 * 1024;

/** What sending needs of an exchange; it also serves answers given before there is one. */
export interface Outgoing {
  readonly state: State;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly entry: LogEntry;
  readonly faults: ActiveFaults;
}

/** Resolves after `ms`, or at once when the answer can no longer be given. */
export function pause(out: Pick<Outgoing, "state" | "res">, ms: number): Promise<void> {
  const { state, res } = out;
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      state.timers.delete(timer);
      res.off("close", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    state.timers.add(timer);
    res.once("close", end);
    if (res.destroyed) end();
  });
}

/** Resolves when the connection closes. */
function untilClosed(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (res.destroyed) resolve();
    else res.once("close", () => resolve());
  });
}

/** Turns whatever a route threw into a reply. */
export function errorReply(error: unknown, entry: LogEntry): Reply {
  const refusal = error instanceof S3Error ? error : new S3Error("InternalError", String(error));
  entry.code = refusal.code;
  return {
    status: refusal.status,
    headers: { "Content-Type": "application/xml", ...refusal.headers },
    body: bodyOf(errorXml(refusal.code, refusal.message, refusal.fields, entry.id)),
  };
}

/** Sends a reply, with `cors` headers, through the faults. */
export async function send(
  out: Outgoing,
  reply: Reply,
  cors: Readonly<Record<string, string>>,
): Promise<void> {
  const { state, req, res, entry, faults } = out;
  if (res.destroyed) return;
  const body = bendBody(reply.body, faults);
  const headers: Record<string, string> = {
    "x-amz-request-id": entry.id,
    "x-amz-id-2": hostId(entry.id),
    Date: httpDate(state.now()),
    Server: "EmbeddedS3",
    ...cors,
    ...bendHeaders(reply, faults),
  };
  const hasBody = reply.status !== 204 && reply.status !== 304;
  const cut = faults.get("cut");
  // A HEAD answer states the length its GET would have.
  headers["Content-Length"] ??= String(body?.length ?? 0);
  const isUntold = faults.get("no-length") !== undefined || (cut?.chunked && req.method !== "HEAD");
  if (!hasBody || isUntold) delete headers["Content-Length"];
  entry.status = reply.status;
  if (reply.status >= 400) state.counters.errors++;
  res.sendDate = false;
  res.writeHead(reply.status, headers);
  if (req.method === "HEAD" || !hasBody || !body || body.length === 0) {
    res.end();
    return;
  }
  if (!faults.shapesBody && body.length <= PIECE_BYTES) {
    const bytes = body.read(0, body.length);
    const ready = bytes instanceof Promise ? await bytes : bytes;
    count(out, ready.length);
    res.end(ready);
    return;
  }
  await sendPieces(out, body);
}

async function sendPieces(out: Outgoing, body: Body): Promise<void> {
  const { res, req, faults } = out;
  const cut = faults.get("cut");
  const stall = faults.get("stall");
  const drip = faults.get("drip");
  const stallAt = stall?.afterBytes;
  const end = cut ? Math.min(cut.afterBytes, body.length) : body.length;
  let stalled = false;
  res.flushHeaders();
  let at = 0;
  while (at < end && !res.destroyed) {
    if (stall && stallAt !== undefined && at >= stallAt && !stalled) {
      stalled = true;
      await (stall.ms === undefined ? untilClosed(res) : pause(out, stall.ms));
      continue;
    }
    let next = Math.min(end, at + (drip?.bytes ?? PIECE_BYTES));
    if (stallAt !== undefined && !stalled) next = Math.min(next, Math.max(stallAt, at + 1));
    const piece = await body.read(at, next - at);
    if (res.destroyed) return;
    count(out, piece.length);
    if (!res.write(piece)) await new Promise<void>((resolve) => onceEither(res, resolve));
    at = next;
    if (drip && at < end) await pause(out, drip.everyMs);
  }
  if (res.destroyed) return;
  // Where all bytes of a told length are sent nothing is cut, and the client may be using the connection again already.
  if (!cut || (at === body.length && !cut.chunked)) {
    res.end();
    return;
  }
  if (cut.how === "rst") {
    // Give the bytes sent so far a chance to arrive before the reset discards what is buffered.
    await pause(out, 20);
    req.socket.resetAndDestroy();
  } else req.socket.end(() => req.socket.destroy());
}

function onceEither(res: ServerResponse, done: () => void): void {
  const settle = (): void => {
    res.off("drain", settle);
    res.off("close", settle);
    done();
  };
  res.once("drain", settle);
  res.once("close", settle);
}

function count({ state, entry }: Outgoing, bytes: number): void {
  entry.bytes += bytes;
  state.counters.bytesOut += bytes;
}

function bendBody(body: Body | undefined, faults: ActiveFaults): Body | undefined {
  if (!body || body.length === 0) return body;
  let bent = body;
  const truncate = faults.get("truncate");
  if (truncate) bent = { ...bent, length: Math.max(0, bent.length - truncate.dropBytes), read: bent.read };
  const flip = faults.get("flip-bit");
  if (flip) {
    const inner = bent;
    const where = flip.at < 0 ? inner.length + flip.at : flip.at;
    bent = {
      length: inner.length,
      read: async (offset, length) => {
        const bytes = Buffer.from(await inner.read(offset, length));
        const index = where - offset;
        if (index >= 0 && index < bytes.length) bytes[index] = bytes[index]! ^ 1;
        return bytes;
      },
    };
  }
  return bent;
}

let flips = 0;

function bendHeaders(reply: Reply, faults: ActiveFaults): Record<string, string> {
  const headers = { ...reply.headers };
  const wrong = faults.get("wrong-content-range");
  const range = headers["Content-Range"];
  if (wrong && range !== undefined && reply.status === 206) {
    const { value, shift = 1 } = wrong;
    headers["Content-Range"] =
      value ?? range.replace(/(\d+)-(\d+)/, (_, a, b) => `${Number(a) + shift}-${Number(b) + shift}`);
    if (value === "") delete headers["Content-Range"];
  }
  if (faults.get("etag-flip") && headers.ETag !== undefined) {
    flips++;
    headers.ETag = `"${flips.toString(16).padStart(32, "f")}"`;
  }
  return headers;
}

let dateSecond = Number.NaN;
let dateText = "";

function httpDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
