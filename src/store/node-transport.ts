/**
 * Requests that Node's own `fetch` cannot make: to a name of the user's, or for a location that somebody else chose
 * (docs/design/object-storage.md §2, §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { inBrowser } from "../net/environment.js";
import { redactUrl } from "../net/redact.js";
import type { StorageOptions } from "./storage-options.js";

/**
 * The options with the `fetch` they need.
 *
 * @throws ReaderError `config` for an untrusted location that is no address on the network, or that would be sent secrets
 */
export async function withNodeFetch<O extends StorageOptions>(location: string, options: O): Promise<O> {
  const { untrusted = false, hostHeader } = options;
  if (untrusted) checkUntrusted(location, options);
  // Browsers keep pages from private networks themselves, and do not let them set Host: the store says so.
  if (inBrowser() || (!untrusted && (hostHeader === undefined || options.fetch !== undefined)))
    return options;
  const [{ createNodeFetch }, { isPublicAddress }] = await Promise.all([
    import("../net/node-fetch.js"),
    import("../net/public-address.js"),
  ]);
  return { ...options, fetch: createNodeFetch(untrusted ? { allows: isPublicAddress } : {}) };
}

function checkUntrusted(location: string, options: StorageOptions): void {
  const shown = redactUrl(location);
  if (!/^(https?|s3|s3\+https?|gs|az|abfss?):/i.test(location)) {
    throw new ReaderError("config", `"${shown}" is not on the network, and it is untrusted.`);
  }
  if (options.fetch !== undefined) {
    throw new ReaderError("config", "untrusted: true needs the library's own fetch; leave fetch out.");
  }
  const namesHost = /^(https?|s3\+https?):/i.test(location);
  const { credentials } = options;
  const secret = credentials !== undefined && credentials !== "anonymous";
  if (namesHost && (secret || Object.keys(options.headers ?? {}).length > 0)) {
    throw new ReaderError("config", `Credentials and headers are not sent to ${shown}, which is untrusted.`, {
      hint: "Name the endpoint yourself, as an option, or leave them out.",
    });
  }
}
