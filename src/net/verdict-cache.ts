/**
 * What was found out about origins that did not answer; how, in `verdict.ts`, which is loaded for that.
 *
 * @module
 */
import type { ErrorDetail } from "../core/error.js";

export type Verdict = NonNullable<ErrorDetail["verdict"]>;

const rememberMs = 60_000;

/** Verdicts per origin, kept for a minute: one page full of failing tiles probes once. */
export class VerdictCache {
  readonly #verdicts = new Map<string, { at: number; verdict: Promise<Verdict> }>();

  get(origin: string, find: () => Promise<Verdict>): Promise<Verdict> {
    const known = this.#verdicts.get(origin);
    if (known !== undefined && performance.now() - known.at < rememberMs) return known.verdict;
    const verdict = find();
    this.#verdicts.set(origin, { at: performance.now(), verdict });
    return verdict;
  }
}
