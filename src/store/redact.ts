/**
 * What keeps secrets out of sight on the store floor; URLs are handled below, in `net/redact.ts`.
 *
 * @module
 */

export { redactUrl } from "../net/redact.js";

/** Shown wherever a secret would be printed. */
export const redacted = "[redacted]";
