/**
 * @module What a server was asked, told to pages, which cannot see it: by the query that a page sends with all it asks.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Server } from "./s3-server/server.js";

export interface RequestLog {
  /** Answers `?<query>` with the requests that had this query, `["GET key", …]`. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serveRequestLog(server: S3Server): Promise<RequestLog> {
  const log = createServer((request, response) => {
    const query = request.url!.slice(request.url!.indexOf("?") + 1);
    const asked = server.log.filter((entry) => entry.query === query);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
    response.end(JSON.stringify(asked.map(({ method, key }) => `${method} ${key}`)));
  });
  await new Promise<void>((resolve) => log.listen(0, "127.0.0.1", resolve));
  const { port } = log.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => log.close(() => resolve())),
  };
}
