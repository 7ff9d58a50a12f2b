/**
 * @module Faults on demand: rules kept in the order they were added, and for each request at most one fault of
 * every kind, the first that fits.
 */
import type { Fault, FaultHandle, FaultKind, FaultRule } from "./types.js";

/** The faults that hit one request. */
export class ActiveFaults {
  readonly #byKind: ReadonlyMap<FaultKind, Fault>;

  constructor(byKind: ReadonlyMap<FaultKind, Fault>) {
    this.#byKind = byKind;
  }

  get<K extends FaultKind>(kind: K): Extract<Fault, { kind: K }> | undefined {
    return this.#byKind.get(kind) as Extract<Fault, { kind: K }> | undefined;
  }

  /** True when the body must be sent piece by piece. */
  get shapesBody(): boolean {
    return this.#byKind.has("cut") || this.#byKind.has("stall") || this.#byKind.has("drip");
  }
}

const NO_FAULTS = new ActiveFaults(new Map());

export class FaultBook {
  readonly #entries: { rule: FaultRule; seen: number; hits: number }[] = [];
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  add(rule: FaultRule): FaultHandle {
    const entry = { rule, seen: 0, hits: 0 };
    this.#entries.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => {
        const at = this.#entries.indexOf(entry);
        if (at >= 0) this.#entries.splice(at, 1);
      },
    };
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Picks, and counts as hit, the faults for a request. */
  take(method: string, path: string): ActiveFaults {
    if (this.#entries.length === 0) return NO_FAULTS;
    const taken = new Map<FaultKind, Fault>();
    for (const entry of this.#entries) {
      const { rule } = entry;
      if (taken.has(rule.fault.kind) || !fits(rule, method, path)) continue;
      entry.seen++;
      if (entry.seen <= (rule.skip ?? 0) || entry.hits >= (rule.count ?? Number.POSITIVE_INFINITY)) continue;
      if (rule.chance !== undefined && this.#random() >= rule.chance) continue;
      entry.hits++;
      taken.set(rule.fault.kind, rule.fault);
    }
    return taken.size === 0 ? NO_FAULTS : new ActiveFaults(taken);
  }
}

function fits(rule: FaultRule, method: string, path: string): boolean {
  const methodFits =
    rule.method === undefined
      ? method !== "OPTIONS"
      : typeof rule.method === "string"
        ? rule.method === method
        : rule.method.includes(method);
  // `search` ignores lastIndex, so a /g rule does not skip every other request.
  return methodFits && (rule.path === undefined || path.search(rule.path) >= 0);
}
