/**
 * A `fetch` that reaches the embedded server under any host name, whose names Node does not resolve.
 *
 * @module
 */
import { createNodeFetch } from "../../src/net/node-fetch.js";

const send = createNodeFetch();

/** Sends every request to the server, with the `Host` of the URL that was asked for. */
export function fetchUnderName(server: { readonly url: string }): typeof fetch {
  return (input, init) => {
    const url = new URL(String(input));
    const { host } = url;
    url.protocol = "http:";
    url.host = new URL(server.url).host;
    return send(url, { ...init, headers: { ...(init?.headers as Record<string, string>), host } });
  };
}
