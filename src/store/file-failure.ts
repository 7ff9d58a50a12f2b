/**
 * Why a browser could not read a file of the user's, in the words of this package.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/** The error for what reading a file threw; what is no `DOMException` is handed through. */
export function fileFailure(key: string, thrown: unknown): unknown {
  if (!(thrown instanceof DOMException)) return thrown;
  const detail = { key };
  switch (thrown.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new ReaderError("forbidden", `The browser may not read the file of ${key} any more.`, {
        hint: "Pick it again.",
        detail,
      });
    case "NotReadableError":
    case "NotFoundError":
    // Firefox's name for a file that is no longer as it was; the caller's own abort is told before this is asked.
    case "AbortError":
      return new ReaderError("changed", `The file of ${key} changed after it was picked.`, {
        hint: "Pick it again.",
        detail,
      });
    default:
      return new ReaderError("server", `The file of ${key} cannot be read (${thrown.name}).`, { detail });
  }
}
