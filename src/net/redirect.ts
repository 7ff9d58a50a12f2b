/**
 * Answers from elsewhere than where was asked. Loaded at the first redirect (docs/design/object-storage.md §10, §12).
 *
 * @module
 */
import type { Answer } from "./answer.js";
import type { RemoteRead } from "./remote-read.js";

/** A server that redirects a key to the same path with a slash shows a folder; https must not fall back to http. */
export function checkRedirect(read: RemoteRead, response: Response): Answer | undefined {
  const asked = new URL(read.url);
  const got = new URL(response.url);
  if (asked.protocol === "https:" && got.protocol !== "https:") {
    const reason = "it redirects from https to http, which is refused";
    return { kind: "failure", failure: { class: "refused", reason, status: response.status } };
  }
  return got.pathname === `${asked.pathname}/` ? { kind: "absent" } : undefined;
}
