/**
 * What keeps secrets out of sight on the store floor; URLs are handled below, in `net/redact.ts`.
 *
 * @module
 */

export { redactUrl } from "../net/redact.js";

const redacted = "[redacted]";
/** What Node's `console.log` and `util.inspect` ask an object for. */
const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** A keeper of secrets that prints as `[redacted]`, however it is printed; the secrets are in `#private` fields. */
export abstract class SecretKeeper {
  toJSON(): string {
    return redacted;
  }

  toString(): string {
    return redacted;
  }

  [inspect](): string {
    return redacted;
  }
}
