/**
 * What a request or a body means that broke off without an answer.
 *
 * @module
 */
import type { Failure } from "./failure.js";
import type { RequestTimer } from "./timer.js";

/** A clock of ours ran out, or else the connection failed. The thrown value's name and text say nothing reliable. */
export function connectionFailure(thrown: unknown, timer: RequestTimer): Failure {
  if (timer.expired !== undefined) return { class: "timeout", reason: timer.expired };
  return {
    class: "network",
    reason: `the connection failed${systemCode(thrown)}`,
    ...(timer.headersCame ? {} : { beforeHeaders: true }),
  };
}

/** Node tells the system's error code; browsers tell nothing. */
function systemCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z_0-9]+$/.test(code) ? ` (${code})` : "";
}
