/**
 * What the doctor says: a list of checks, each with a state and a sentence.
 *
 * @module
 */
import type { CorsRule } from "./cors-rules.js";

/** Everything that is looked at, in the order in which it can go wrong. */
export const checkTitles = {
  address: "Address",
  "secure-page": "Secure page",
  "mixed-content": "Mixed content",
  "local-network": "Local network",
  policy: "Page policy",
  reachable: "Reachable",
  cors: "CORS rule",
  preflight: "Preflight",
  region: "Region",
  clock: "Clock",
  credentials: "Credentials",
  format: "Format",
  range: "Ranges",
  size: "Sizes",
  "exposed-headers": "Exposed headers",
  listing: "Listing",
} as const;

export type CheckId = keyof typeof checkTitles;

/**
 * `warning`: works, or works in part; `unknown`: could not be found out, because something before it failed or because
 * the browser or the server does not tell.
 */
export type CheckState = "ok" | "warning" | "failed" | "unknown";

export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly state: CheckState;
  /** One or two sentences: what was found, and what to do about it. Holds no secret. */
  readonly message: string;
}

export interface Diagnosis {
  /** The address without secrets. */
  readonly url: string;
  /** No check failed. */
  readonly ok: boolean;
  /** Those that have a meaning here: in Node there is no CORS, for a folder no region. */
  readonly checks: readonly Check[];
  /** Rules that let this page read, ready to paste; the one for this kind of host first. Only where CORS is at fault. */
  readonly corsRules: readonly CorsRule[];
}

/** Gathers checks; those that nobody spoke of are unknown. */
export class Checklist {
  readonly #applies: readonly CheckId[];
  readonly #checks = new Map<CheckId, Check>();

  constructor(applies: readonly CheckId[]) {
    this.#applies = applies;
  }

  /** The first word on a check stands. */
  set(id: CheckId, state: CheckState, message: string): void {
    if (this.#checks.has(id) || !this.applies(id)) return;
    this.#checks.set(id, { id, title: checkTitles[id], state, message });
  }

  applies(id: CheckId): boolean {
    return this.#applies.includes(id);
  }

  state(id: CheckId): CheckState | undefined {
    return this.#checks.get(id)?.state;
  }

  /** The whole list, in order. */
  close(): Check[] {
    const failed = [...this.#checks.values()].find(({ state }) => state === "failed");
    const reason =
      failed === undefined ? "The server does not tell." : `Not looked at, because of "${failed.title}".`;
    for (const id of this.#applies) this.set(id, "unknown", reason);
    return this.#applies.map((id) => this.#checks.get(id)!);
  }
}
