/**
 * @module One request with the path and the Host header exactly as given, which `fetch` does not allow.
 */
import { request } from "node:http";

export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  /** The S3 error code in the body. */
  readonly code: string | undefined;
}

export function rawRequest(
  { port }: { port: number },
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
