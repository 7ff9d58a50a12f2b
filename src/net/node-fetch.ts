/**
 * `fetch` over Node's own HTTP modules, for what the built-in one cannot: another `Host`, and connections to checked
 * addresses only (docs/design/object-storage.md §2, §13). The modules are asked for from the running Node, so that
 * bundlers for browsers find nothing to resolve.
 *
 * @module
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { ReaderError } from "../core/error.js";

/** As many as browsers follow for a public object, and some. */
const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

export interface NodeFetchOptions {
  /** Which addresses may be connected to, at the first request and at every redirect. Default: every one. */
  readonly allows?: ((address: string) => boolean) | undefined;
}

/**
 * Makes a `fetch` for the requests this library sends: GET and HEAD by URL, headers as a record, no body.
 *
 * @throws ReaderError `unsupported` outside Node
 */
export function createNodeFetch(options: NodeFetchOptions = {}): typeof fetch {
  const modules = (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule;
  if (modules === undefined) throw new ReaderError("unsupported", "This needs Node's own HTTP modules.");
  const [http, https] = [modules("node:http"), modules("node:https")];
  const { Readable } = modules("node:stream");
  const zlib = modules("node:zlib");
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  const { allows } = options;
  const lookup = allows === undefined ? undefined : makeLookup(modules("node:dns"), allows);

  const decode = (message: IncomingMessage): Readable => {
    const encoding = message.headers["content-encoding"]?.toLowerCase();
    if (encoding === "gzip") return message.pipe(zlib.createGunzip());
    if (encoding === "deflate") return message.pipe(zlib.createInflate());
    if (encoding === "br") return message.pipe(zlib.createBrotliDecompress());
    return message;
  };

  const send = (url: URL, init: RequestInit): Promise<Response> => {
    if (allows !== undefined) checkLiteral(url, allows);
    const secure = url.protocol === "https:";
    const { signal } = init;
    const request: RequestOptions = {
      method: init.method ?? "GET",
      headers: { "accept-encoding": "identity", ...(init.headers as Record<string, string>) },
      agent: secure ? agents.https : agents.http,
      ...(lookup === undefined ? {} : { lookup }),
      ...(signal == null ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = (secure ? https : http).request(url, request, (message) => {
        const headers = new Headers();
        for (let at = 0; at < message.rawHeaders.length; at += 2) {
          headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!);
        }
        const status = message.statusCode ?? 0;
        const empty = bodiless.has(status) || request.method === "HEAD";
        if (empty) message.resume();
        const body = empty ? null : (Readable.toWeb(decodeOrFail(message)) as ReadableStream<Uint8Array>);
        resolve(new Response(body, { status, statusText: message.statusMessage ?? "", headers }));
      });
      sent.on("error", (error) => reject(failureOf(error, signal)));
      sent.end();
    });
  };

  /** A connection that breaks in the middle must break what is read from it, decoded or not. */
  const decodeOrFail = (message: IncomingMessage): Readable => {
    const body = decode(message);
    if (body !== message) message.on("error", (error) => body.destroy(error));
    return body;
  };

  return async (input, init = {}) => {
    let url = new URL(input instanceof Request ? input.url : input);
    for (let hops = 0; ; hops++) {
      const response = await send(url, init);
      const target = redirects.has(response.status) ? response.headers.get("location") : null;
      if (target === null || init.redirect === "manual") {
        return Object.defineProperties(response, {
          url: { value: url.href },
          redirected: { value: hops > 0 },
        });
      }
      await response.body?.cancel();
      if (init.redirect === "error" || hops >= maxRedirects) throw new TypeError("fetch failed: redirected");
      url = new URL(target, url);
    }
  };
}

function failureOf(error: Error, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof ReaderError ? error : new TypeError("fetch failed", { cause: error });
}

/** The connection goes to the very addresses that were checked: a name may mean another one the next moment. */
function makeLookup(dns: typeof import("node:dns"), allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const refused = found.find(({ address }) => !allows(address));
      if (refused !== undefined) return callback(refusal(hostname), []);
      if (options.all) return callback(null, found);
      const [first] = found;
      callback(null, first!.address, first!.family);
    });
  };
}

/** Node looks names up only; addresses are checked here. */
function checkLiteral(url: URL, allows: (address: string) => boolean): void {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ReaderError("config", `${url.protocol} is not read for untrusted locations.`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isAddress = host.includes(":") || /^[\d.]+$/.test(host);
  if (isAddress && !allows(host)) throw refusal(host);
}

function refusal(host: string): ReaderError {
  return new ReaderError("config", `${host} is no public address, and the location is untrusted.`, {
    hint: "Open it without untrusted: true if you know who named it.",
  });
}
