/**
 * The price of a plan, told before any payload moves.
 *
 * @module
 */

import { mergeRanges } from "../bytes/ranges.js";
import { countItems } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { ByteRange, ChunkRead } from "../core/plan.js";
import type { Explain, Plan, Query } from "../core/source.js";
import { placeRead } from "../store/types.js";
import { mergeKey } from "./assign-lanes.js";
import type { Engine } from "./engine.js";

type Budget = NonNullable<Query["budget"]>;

/** Ranges of one object that may be merged. */
interface ObjectRanges {
  readonly byOffset: Map<number, ByteRange>;
  readonly isThrifty: boolean | undefined;
}

/** List prices of a large provider: 0.40 USD a million GETs, 0.09 USD a GB out. */
const usdPerRequest = 0.4e-6;
const usdPerByte = 0.09e-9;

/**
 * Walks a plan and adds up what its execution will ask for.
 *
 * Ranges of one object are joined by the rule the store joins them with. Sizes of whole objects are what the format
 * knows or estimates; then a note says so.
 *
 * @param budget once it is certainly exceeded the walk ends: the price is then a lower bound
 */
export async function explainPlan(
  plan: Plan,
  { coalesce, store }: Pick<Engine, "coalesce" | "store">,
  budget: Budget = {},
): Promise<Explain> {
  const cells = plan.grid === undefined ? undefined : countItems(plan.grid.shape);

  const ranges = new Map<string, ObjectRanges>();
  const whole = new Set<string>();
  let chunks = 0;
  let wholeBytes = 0;
  let estimated = false;
  let rowsAtMost: number | undefined = 0;
  let rangeBytes = 0;
  for await (const part of plan) {
    const requestsAtLeast = whole.size + ranges.size;
    const isOver =
      exceeds(cells, budget.rows) ||
      exceeds(requestsAtLeast, budget.requests) ||
      exceeds(wholeBytes + rangeBytes, budget.bytes);
    if (isOver) break;
    if (part.kind === "rows") {
      rowsAtMost =
        part.rowsAtMost === undefined || rowsAtMost === undefined ? undefined : rowsAtMost + part.rowsAtMost;
    }
    const reads: (ChunkRead | undefined)[] =
      part.kind === "rows" ? part.columns.map((column) => column.read) : [part.column.read];
    if (reads.some((read) => read !== undefined)) chunks++;
    for (const asked of reads) {
      const read = asked && placeRead(store, asked);
      if (read === undefined) continue;
      if (read.range !== undefined) {
        const together = mergeKey(read);
        const { byOffset, isThrifty } = ranges.get(together) ?? {
          byOffset: new Map<number, ByteRange>(),
          isThrifty: read.isThrifty,
        };
        ranges.set(together, { byOffset, isThrifty });
        // A chunk may be read for two parts of the result; its bytes count once.
        if (!byOffset.has(read.range.offset)) rangeBytes += read.range.length;
        byOffset.set(read.range.offset, read.range);
      } else if (!whole.has(read.object)) {
        whole.add(read.object);
        wholeBytes += read.bytesHint ?? 0;
        estimated = true;
      }
    }
  }
  let requests = whole.size;
  let bytes = wholeBytes;
  for (const { byOffset, isThrifty } of ranges.values()) {
    const merged = mergeRanges([...byOffset.values()], coalesce, isThrifty);
    requests += merged.length;
    bytes += merged.reduce((sum, range) => sum + range.length, 0);
  }
  return {
    ...(plan.level === undefined ? {} : { level: plan.level }),
    chunks,
    requests,
    bytes,
    ...(cells === undefined ? upperBound(rowsAtMost, plan.rowsAtMost) : { rowsAtMost: cells }),
    usd: requests * usdPerRequest + bytes * usdPerByte,
    notes: [
      ...(plan.notes ?? []),
      ...(estimated ? ["Sizes of whole objects are estimates; compressed chunks are smaller."] : []),
    ],
  };
}

function exceeds(value: number | undefined, limit: number | undefined): boolean {
  return value !== undefined && limit !== undefined && value > limit;
}

function upperBound(...bounds: readonly (number | undefined)[]): { rowsAtMost?: number } {
  const known = bounds.filter((bound) => bound !== undefined);
  return known.length === 0 ? {} : { rowsAtMost: Math.min(...known) };
}

/** The budgets that a price exceeds, in words; empty when it fits. */
export function overBudget(price: Explain, budget: Budget): string[] {
  const rows: readonly [keyof typeof budget, number][] = [
    ["bytes", price.bytes],
    ["requests", price.requests],
    ["rows", price.rowsAtMost ?? 0],
  ];
  return rows.flatMap(([name, value]) => {
    const limit = budget[name];
    return exceeds(value, limit) ? [`${value} ${name} (budget ${limit})`] : [];
  });
}

/** The error for a query that would exceed its budget. */
export function budgetError(over: readonly string[]): ReaderError {
  return new ReaderError(
    "limit-exceeded",
    `The query would take at least ${over.join(", ")}. Ask for a smaller box, a coarser level or fewer fields.`,
  );
}
