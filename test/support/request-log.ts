/**
 * @module What a server was asked, told to pages, which cannot see it: by the query that a page sends with all it asks.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Server } from "./s3-server/server.js";

export interface RequestLog {
  /**
   * Answers `?<query>` with the requests that had this query, `["GET key", …]`, and `below?<prefix>` with those of keys that
   * begin so, and of listings of them, as `AskedEntry[]`.
   */
  readonly url: string;
  close(): Promise<void>;
}

export interface AskedEntry {
  readonly method: string;
  readonly key: string;
  /** Of the body; of refusals none are counted. */
  readonly bytes: number;
}

export async function serveRequestLog(server: S3Server): Promise<RequestLog> {
  const log = createServer((request, response) => {
    const [path, query = ""] = request.url!.split(/\?(.*)/s);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
    response.end(JSON.stringify(path === "/below" ? askedBelow(server, query) : askedWith(server, query)));
  });
  await new Promise<void>((resolve) => log.listen(0, "127.0.0.1", resolve));
  const { port } = log.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => log.close(() => resolve())),
  };
}

function askedWith(server: S3Server, query: string): string[] {
  return server.log.filter((entry) => entry.query === query).map(({ method, key }) => `${method} ${key}`);
}

function askedBelow(server: S3Server, encoded: string): AskedEntry[] {
  const prefix = decodeURIComponent(encoded);
  return server.log
    .filter(
      ({ key, query }) =>
        key.startsWith(prefix) || new URLSearchParams(query).get("prefix")?.startsWith(prefix) === true,
    )
    .map(({ method, key, status = 0, bytes }) => ({ method, key, bytes: status < 300 ? bytes : 0 }));
}
