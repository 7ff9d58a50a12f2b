/**
 * One object over real HTTP/2, or HTTP/1.1 for whoever asks for that, with a certificate that nobody signed.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Socket } from "node:net";

export interface Http2Server {
  /** Address of the bucket; the object is `data` in it. */
  readonly url: string;
  readonly bytes: Uint8Array;
  /** Versions of HTTP that were spoken. */
  readonly versions: ReadonlySet<string>;
  /** Most requests that waited for an answer at once, and connections that carried any. */
  readonly counters: { maxConcurrent: number; connections: number; requests: number };
  close(): Promise<void>;
}

export interface Http2ServerOptions {
  /** Whether pages may see how they were answered (`Timing-Allow-Origin`). */
  readonly isTimed: boolean;
  /** Answers wait until no more requests have come for so long, however slowly a busy machine sends them. */
  readonly quietMs: number;
}

export async function startHttp2Server({ isTimed, quietMs }: Http2ServerOptions): Promise<Http2Server> {
  const pem = readFileSync(new URL("./localhost.pem", import.meta.url));
  const bytes = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
  const counters = { maxConcurrent: 0, connections: 0, requests: 0 };
  const versions = new Set<string>();
  const carriers = new WeakSet<object>();
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const answer = (req: Http2ServerRequest, res: Http2ServerResponse): void => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? "") ?? [];
    res.setHeader("access-control-allow-origin", "*");
    if (isTimed) res.setHeader("timing-allow-origin", "*");
    if (req.url !== "/bucket/data") res.writeHead(404).end();
    else if (first === undefined || last === undefined) res.writeHead(200).end(bytes);
    else {
      const end = Math.min(Number(last) + 1, bytes.length);
      res.writeHead(206, { "content-range": `bytes ${first}-${end - 1}/${bytes.length}` });
      res.end(bytes.subarray(Number(first), end));
    }
  };
  const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, (req, res) => {
    counters.requests++;
    versions.add(req.httpVersion);
    // The HTTP/2 session, or the socket of HTTP/1.1.
    const carrier = req.stream?.session ?? req.socket;
    if (!carriers.has(carrier)) counters.connections++;
    carriers.add(carrier);
    waiting.push(() => answer(req, res));
    counters.maxConcurrent = Math.max(counters.maxConcurrent, waiting.length);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const answers = waiting;
      waiting = [];
      for (const send of answers) send();
    }, quietMs);
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/bucket`,
    bytes,
    versions,
    counters,
    close: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
