/**
 * The address of a server as the user gives it (docs/design/object-storage.md §2).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { redactUrl } from "../net/redact.js";

/** @throws ReaderError `config` for what is not scheme, host and path */
export function checkEndpoint(endpoint: string): URL {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw new ReaderError("config", `endpoint "${redactUrl(endpoint)}" is not a URL.`, {
      hint: 'Write it with its scheme, as in "https://s3.example.com".',
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ReaderError("config", `endpoint ${redactUrl(endpoint)} is not http or https.`);
  }
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new ReaderError(
      "config",
      `endpoint ${redactUrl(url.origin)} must have no query, fragment or user name.`,
    );
  }
  return url;
}
