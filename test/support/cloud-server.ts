/**
 * What Google's JSON API and Azure Blob answer to readers, as their documentation has it, from memory: objects, bounded ranges, listings by
 * pages, errors, CORS. For tests of pages; the emulators are other people's, and not everywhere. Google's XML API speaks S3: for that
 * the S3 server with the region `auto` stands in.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface CloudServer {
  /** Google's JSON API; `/preflights` below it tells how many came, to both services. */
  readonly url: string;
  /** Azure's endpoint, account included. */
  readonly azure: string;
  /** What a reader of a private container or bucket must show. */
  readonly sas: string;
  readonly token: string;
  close(): Promise<void>;
}

/** What a server knows of one request. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly query: URLSearchParams;
}

type Objects = ReadonlyMap<string, Uint8Array>;

const account = "devstoreaccount1";
const sas = "sv=2023-11-03&sr=c&sp=rl&sig=made%2Bup%3D";
const token = "made-up-token";
/** Both services list at most some thousand at once; here few, so that there are pages. */
const pageLength = 5;

/** A request that is answered with an error, each service in its own words. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

/** One of the two services; throws what it refuses. */
interface Service {
  answer(exchange: Exchange, objects: Objects, container: string, name: string | undefined): void;
  refuse(res: ServerResponse, refusal: Refusal): void;
}

/** Serves the same objects from a container or bucket `public` and from `private`. */
export async function startCloudServer(objects: Objects): Promise<CloudServer> {
  let preflights = 0;
  const server = createServer((req, res) => {
    const [path = "", query = ""] = req.url!.split("?");
    if (req.method === "OPTIONS") preflights++;
    const [, container, name] =
      /^\/(?:storage\/v1\/b|devstoreaccount1)\/(public|private)(?:\/(.*))?$/.exec(path) ?? [];
    const service = path.startsWith(`/${account}/`) ? azureBlob : googleJson;
    res.setHeader("access-control-allow-origin", "*");
    if (path === "/preflights") {
      res.end(String(preflights));
      return;
    }
    try {
      if (container === undefined) throw new Refusal(404, "notFound");
      if (req.method === "OPTIONS") answerPreflight(req, res);
      else service.answer({ req, res, query: new URLSearchParams(query) }, objects, container, name);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      service.refuse(res, thrown);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    azure: `${url}/${account}`,
    sas,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerPreflight(req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, {
    "access-control-allow-methods": "GET,HEAD",
    "access-control-allow-headers": req.headers["access-control-request-headers"] ?? "",
    "access-control-max-age": "3600",
  });
  res.end();
}

/**
 * Any page may ask, whatever the bucket's rule; here nothing is exposed
 * (https://cloud.google.com/storage/docs/cross-origin, https://cloud.google.com/storage/docs/json_api/v1/objects).
 */
const googleJson: Service = {
  answer({ req, res, query }, objects, bucket, path) {
    if (bucket === "private" && req.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(401, "required");
    if (path === "o") {
      const { keys, next } = pageOf(objects, query.get("prefix"), query.get("pageToken"));
      const items = keys.map((key) => ({ name: key, size: String(objects.get(key)!.length) }));
      res.writeHead(200, { "content-type": "application/json; charset=UTF-8" });
      res.end(JSON.stringify({ items, nextPageToken: next }));
      return;
    }
    // A name's own slashes are escaped; without `alt=media` the answer would be its metadata.
    const [, name] = /^o\/([^/]+)$/.exec(path ?? "") ?? [];
    const bytes = objects.get(decodeURIComponent(name ?? ""));
    if (bytes === undefined || query.get("alt") !== "media") throw new Refusal(404, "notFound");
    sendBytes(req, res, bytes, "requestedRangeNotSatisfiable");
  },
  refuse(res, { status, message: reason }) {
    res.writeHead(status, { "content-type": "application/json; charset=UTF-8" });
    const errors = [{ domain: "global", reason, message: "told" }];
    res.end(JSON.stringify({ error: { code: status, message: "told", errors } }));
  },
};

/**
 * By one rule of the account's: any page may ask, and see what the doctor recommends
 * (https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services;
 * get-blob and list-blobs there).
 */
const azureBlob: Service = {
  answer({ req, res, query }, objects, container, name) {
    res.setHeader("access-control-expose-headers", exposed);
    if (container === "private") checkAzureGrant(req, query);
    if (query.get("comp") === "list") {
      const { keys, next = "" } = pageOf(objects, query.get("prefix"), query.get("marker"));
      const blobs = keys.map((key) => {
        const properties = `<Properties><Content-Length>${objects.get(key)!.length}</Content-Length></Properties>`;
        return `<Blob><Name>${escapeXml(key)}</Name>${properties}</Blob>`;
      });
      res.writeHead(200, { "content-type": "application/xml" });
      const inner = `<Blobs>${blobs.join("")}</Blobs><NextMarker>${next}</NextMarker>`;
      res.end(`${xmlHead}<EnumerationResults>${inner}</EnumerationResults>`);
      return;
    }
    const bytes = objects.get(decodeURIComponent(name ?? ""));
    if (bytes === undefined) throw new Refusal(404, "BlobNotFound");
    // There are no ranges from the end.
    if (req.headers.range?.startsWith("bytes=-")) throw new Refusal(400, "InvalidHeaderValue");
    sendBytes(req, res, bytes, "InvalidRange");
  },
  refuse(res, { status, message: code }) {
    res.setHeader("access-control-expose-headers", exposed);
    res.writeHead(status, { "content-type": "application/xml", "x-ms-error-code": code });
    res.end(`${xmlHead}<Error><Code>${code}</Code><Message>told</Message></Error>`);
  },
};

const exposed = "ETag,Content-Range,x-ms-error-code,x-ms-request-id";
const xmlHead = '\u{feff}<?xml version="1.0" encoding="utf-8"?>';

function checkAzureGrant(req: IncomingMessage, query: URLSearchParams): void {
  const { authorization, "x-ms-version": version } = req.headers;
  if (authorization !== undefined) {
    if (version === undefined) throw new Refusal(400, "InvalidHeaderValue");
    if (authorization !== `Bearer ${token}`) throw new Refusal(401, "InvalidAuthenticationInfo");
  } else if (!query.has("sig")) throw new Refusal(409, "PublicAccessNotPermitted");
  else if (query.get("sig") !== new URLSearchParams(sas).get("sig"))
    throw new Refusal(403, "AuthenticationFailed");
}

function sendBytes(req: IncomingMessage, res: ServerResponse, bytes: Uint8Array, beyondEnd: string): void {
  const { length } = bytes;
  const headers = { "content-type": "application/octet-stream", etag: `"0x${length.toString(16)}"` };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? "") ?? [];
  if (first === undefined) {
    res.writeHead(200, { ...headers, "content-length": length });
    res.end(req.method === "HEAD" ? undefined : bytes);
    return;
  }
  const start = Number(first);
  if (start >= length) {
    res.setHeader("content-range", `bytes */${length}`);
    throw new Refusal(416, beyondEnd);
  }
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  res.writeHead(206, {
    ...headers,
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${length}`,
  });
  res.end(bytes.subarray(start, end));
}

/** One page of the sorted names below a prefix; `from` is where the page before ended. */
function pageOf(
  objects: Objects,
  prefix: string | null,
  from: string | null,
): { keys: string[]; next?: string } {
  const all = [...objects.keys()].filter((key) => key.startsWith(prefix ?? "")).sort();
  const start = from === null || from === "" ? 0 : Number(from);
  const keys = all.slice(start, start + pageLength);
  return start + pageLength < all.length ? { keys, next: String(start + pageLength) } : { keys };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
