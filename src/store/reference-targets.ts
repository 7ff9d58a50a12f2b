/**
 * Where references lead, and with what they may be read: the document is somebody else's, so what the user gave for its
 * own place goes to no other (docs/design/object-storage.md §13, hygiene 4).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import { redactUrl } from "../net/redact.js";
import type { StorageOptions } from "./storage-options.js";

/** A file that references name: the store it is in, and its key there. */
export interface Target {
  /** Address of the store: an origin with the URL's query, a bucket, a folder. */
  readonly root: string;
  readonly key: AbsolutePath;
}

/**
 * Takes the address of a referenced file apart.
 *
 * @param home address of the reference document; paths without a scheme are relative to it
 * @throws ReaderError `unsupported` for schemes that cannot be read, `forbidden` for local files named from elsewhere,
 *   `config` for what is no address
 */
export function locateTarget(url: string, home: string): Target {
  const scheme = schemeOf(url);
  if (scheme === undefined) return locateRelative(url, home);
  if (scheme === "http" || scheme === "https") return locateHttp(url);
  if (scheme === "file") return locateFile(url, home);
  const name = scheme === "gcs" ? `gs${url.slice(scheme.length)}` : url;
  const hosted =
    /^(s3\+https?:\/\/[^/]+\/[^/]+|az:\/\/[^/]+\/[^/]+|(?:s3|gs|abfss?):\/\/[^/]+)\/(.+)$/is.exec(name);
  if (hosted === null) {
    throw new ReaderError("unsupported", `The references lead to ${redactUrl(url)}, which cannot be read.`, {
      hint: "Files at https:, s3: and the other schemes of open() can.",
    });
  }
  const key = scheme.startsWith("s3+") ? decodePath(hosted[2]!, url) : hosted[2]!;
  return { root: hosted[1]!, key: `/${key}` };
}

/**
 * The options a store of targets is opened with: all of them in the place of the document itself; what the user gave for
 * that place; else none that could carry a secret.
 */
export function optionsFor(root: string, home: string, options: StorageOptions): StorageOptions {
  const { remotes = {}, ...given } = options;
  if (isSamePlace(root, home)) return given;
  const { region, endpoint, addressing, gcsApi, account, limiter, maxRequestsPerOrigin } = given;
  const { timeouts, retries, fetchIn, onDiagnostic } = given;
  const where = { region, endpoint, addressing, gcsApi, account };
  const how = { limiter, maxRequestsPerOrigin, timeouts, retries, fetchIn, onDiagnostic };
  const own = remotesFor(root, remotes);
  const isSecretive = given.credentials !== undefined || given.headers !== undefined;
  if (own === undefined && isSecretive && given.credentials !== "anonymous") {
    onDiagnostic?.({
      code: "references-anonymous",
      message: `References lead to ${redactUrl(root)}, which is read without the keys and headers of this place; to give it some, pass remotes: { "${redactUrl(root)}": { … } }.`,
    });
  }
  return { ...defined(where), ...defined(how), ...own };
}

/** Whether two addresses are of one origin, or of one bucket of one server. */
function isSamePlace(root: string, home: string): boolean {
  const [a, b] = [placeOf(root), placeOf(home)];
  return a !== undefined && a === b;
}

function placeOf(address: string): string | undefined {
  if (/^https?:/i.test(address)) return new URL(address).origin;
  return /^(s3\+https?:\/\/[^/]+\/[^/]+|az:\/\/[^/]+\/[^/]+|[a-z0-9]+:\/\/[^/]+)/i.exec(address)?.[1];
}

/** Of the places the user named, the one that says most about an address. */
function remotesFor(
  root: string,
  remotes: Readonly<Record<string, StorageOptions>>,
): StorageOptions | undefined {
  const address = `${root.split("?")[0]!.replace(/\/+$/, "")}/`;
  const matching = Object.keys(remotes).filter((place) => {
    // A place ends where a name ends: https://host is not https://host.example.
    const whole = place.endsWith("/") ? place : `${place}/`;
    return address.startsWith(whole);
  });
  const [longest] = matching.sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : remotes[longest];
}

function locateHttp(url: string): Target {
  const { origin, pathname, search, username, password } = parseUrl(url);
  if (username !== "" || password !== "") {
    throw new ReaderError(
      "unsupported",
      `References with a user name or password are not followed: ${redactUrl(url)}.`,
    );
  }
  if (/%2f/i.test(pathname)) {
    throw new ReaderError(
      "unsupported",
      `References to ${redactUrl(url)} are not followed: its path has an escaped slash.`,
    );
  }
  return { root: origin + search, key: `/${decodePath(pathname.slice(1), url)}` };
}

/** Beside the document, in its folder or below or above; on the web as links are. */
function locateRelative(path: string, home: string): Target {
  const scheme = schemeOf(home);
  if (scheme === "http" || scheme === "https") return locateHttp(new URL(path, home).href);
  if (path.startsWith("/") || /^[a-z]:[\\/]/i.test(path)) return locateFile(path, home);
  const base = home.split(/[\\/]/).slice(0, -1);
  const folder = [...base, ...path.split("/")];
  const steps: string[] = [];
  for (const step of folder) {
    if (step === "..") steps.pop();
    else if (step !== ".") steps.push(step);
  }
  const joined = steps.join("/");
  return isLocal(home) ? locateFile(joined, home) : locateTarget(joined, home);
}

/** A document that came over a network may not name files of this machine. */
function locateFile(url: string, home: string): Target {
  if (!isLocal(home)) {
    throw new ReaderError(
      "forbidden",
      `The references at ${redactUrl(home)} name the local file ${redactUrl(url)}, which is not read for them.`,
      { hint: "Only references that lie on this machine may." },
    );
  }
  const at = Math.max(url.lastIndexOf("/"), url.lastIndexOf("\\"));
  return { root: at < 0 ? "." : url.slice(0, at + 1), key: `/${url.slice(at + 1)}` };
}

function isLocal(address: string): boolean {
  const scheme = schemeOf(address);
  return scheme === undefined || scheme === "file";
}

/** One letter before a colon is a drive. */
function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new ReaderError("config", `The references lead to "${redactUrl(url)}", which is no address.`);
  }
}

function decodePath(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ReaderError(
      "config",
      `The references lead to "${redactUrl(url)}", whose path is not percent-encoded.`,
    );
  }
}

function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
