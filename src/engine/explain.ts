/**
 * The price of a plan, told before any payload moves, and budgets. Loaded by the first question about a price.
 *
 * @module
 */
import { type MergeLimits, mergeRanges } from "../bytes/ranges.js";
import { countItems } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { startPace } from "../core/pace.js";
import type { ByteRange, ChunkRead, ReadPart } from "../core/plan.js";
import { defaultRates, type Explain } from "../core/price.js";
import type { ExplainOptions, LevelInfo, Plan, Query } from "../core/source.js";
import { placeRead } from "../store/types.js";
import { columnsOf, mergeKey } from "./assign-lanes.js";
import type { Engine } from "./engine.js";
import { sizesOf, WholeObjects } from "./object-sizes.js";
import { Stretches } from "./stretches.js";

type Budget = NonNullable<Query["budget"]>;

/** What planning and adding up a part weighs in `startPace`: some microseconds. */
const partWeight = 8;

/** Ranges of one object that may be merged. */
interface ObjectRanges {
  readonly ranges: ByteRange[];
  readonly isThrifty: boolean | undefined;
}

/** What becomes of ranges: all of them are read at once; some of them at once; some, in any number of turns. */
type Turns = "all" | "some" | "any";

export interface PriceOptions extends Pick<ExplainOptions, "rates" | "signal"> {
  /** Once it is certainly exceeded the walk ends: the price is then a lower bound. */
  readonly budget?: Budget | undefined;
  /** The query may end before everything that is planned was read. */
  readonly mayEndEarly?: boolean;
  /** For notes on what coarser levels would cost. */
  readonly levels?: readonly LevelInfo[];
}

/**
 * Walks a plan and adds up what its execution will ask for.
 *
 * Ranges of one object are joined by the rule the store joins them with, as far as they are begun together; what is in memory costs nothing. Sizes of whole
 * objects are asked for, of a sample where they are many.
 */
export async function explainPlan(
  plan: Plan,
  engine: Pick<Engine, "coalesce" | "store" | "sizes">,
  { budget = {}, rates = {}, signal, mayEndEarly = false, levels = [] }: PriceOptions = {},
): Promise<Explain> {
  const { coalesce, store } = engine;
  coalesce.settle?.();
  const cells = plan.grid === undefined ? undefined : countItems(plan.grid.shape);
  const stretches = new Stretches(store);
  const places = new Set<string>();
  const open = new Map<string, ObjectRanges>();
  const ranged = { requests: 0, bytes: 0 };
  const whole = new WholeObjects(sizesOf(engine), signal);
  let rangeBytes = 0;
  let chunks = 0;
  let held = 0;
  let rowsAtMost: number | undefined = 0;
  const addRead = (asked: ChunkRead, kind: string): boolean => {
    if (store.holds?.(asked.key, asked.range) === true) return true;
    const read = placeRead(store, asked);
    if (read === undefined || read.range?.length === 0) return false;
    if (read.range === undefined) {
      whole.add(read.object, asked, kind);
      return false;
    }
    const together = mergeKey(read);
    const place = `${together} ${read.range.offset}+${read.range.length}`;
    // A chunk may be read for two parts of the result; its bytes count once.
    if (places.has(place)) return false;
    places.add(place);
    rangeBytes += read.range.length;
    const { ranges, isThrifty } = open.get(together) ?? { ranges: [], isThrifty: read.isThrifty };
    open.set(together, { ranges, isThrifty });
    ranges.push(read.range);
    return false;
  };
  const turnsAt = (index: number): Turns => {
    if (plan.isUpperBound !== true) return "all";
    if (plan.partsFirst === undefined) return "any";
    return index < plan.partsFirst ? "all" : "some";
  };
  /** Ranges so far meet with none that come later. */
  const close = (turns: Turns): void => {
    for (const object of open.values()) {
      const { requests, bytes } = requestsOf(object, turns, coalesce);
      ranged.requests += requests;
      ranged.bytes += bytes;
    }
    open.clear();
  };
  let index = 0;
  const pace = startPace(partWeight);
  for await (const part of plan) {
    const wait = pace.step();
    if (wait !== undefined) {
      await wait;
      signal?.throwIfAborted();
    }
    const isOver =
      exceeds(cells, budget.rows) ||
      exceeds(whole.count + ranged.requests + open.size, budget.requests) ||
      (budget.bytes !== undefined && (await whole.exceed(budget.bytes - rangeBytes)));
    if (isOver) break;
    const isCut = stretches.begins(part) === "cut";
    if (isCut || (index > 0 && turnsAt(index) !== turnsAt(index - 1))) close(turnsAt(index - 1));
    index++;
    rowsAtMost = addRows(rowsAtMost, part);
    const reads = columnsOf(part).filter(({ read }) => read !== undefined);
    if (reads.length > 0) chunks++;
    const heldHere = reads.filter(({ read, name }) => addRead(read!, name)).length;
    if (heldHere > 0 && heldHere === reads.length) held++;
  }
  close(turnsAt(index - 1));
  const objects = await whole.total();
  const requests = whole.count + ranged.requests;
  const bytes = objects.bytes + ranged.bytes;
  const isBound = mayEndEarly || plan.isUpperBound === true;
  const { usdPerMillionGets, usdPerGB } = { ...defaultRates, ...rates };
  return {
    ...(plan.level === undefined ? {} : { level: plan.level }),
    chunks,
    requests,
    bytes,
    accuracy: isBound ? "at-most" : objects.note === undefined ? "exact" : "estimated",
    ...(cells === undefined ? upperBound(rowsAtMost, plan.rowsAtMost) : { rowsAtMost: cells }),
    usd: (requests * usdPerMillionGets) / 1e6 + (bytes * usdPerGB) / 1e9,
    notes: [
      ...(plan.notes ?? []),
      ...(objects.note === undefined ? [] : [objects.note]),
      ...(held === 0 ? [] : [`${held} of ${chunks} chunks are in memory already and cost nothing.`]),
      ...noteLevels(plan.level, levels),
    ],
  };
}

/** Where some ranges of a request are left out, the others may come apart only over more bytes than this (`mergeRanges`). */
const leastWasteBytes = 128 * 1024;

/** Requests that ranges of one object become, and their bytes: of a part of them, the most that there can be. */
function requestsOf(
  { ranges, isThrifty }: ObjectRanges,
  turns: Turns,
  limits: MergeLimits,
): { requests: number; bytes: number } {
  const merged = mergeRanges(ranges, limits, isThrifty);
  const bytes = merged.reduce((sum, range) => sum + range.length, 0);
  if (turns === "all") return { requests: merged.length, bytes };
  const apart = Math.min(limits.maxGapBytes, leastWasteBytes) + 1;
  const requests = merged.map(({ length, members }) =>
    Math.min(members.length, turns === "any" ? Number.POSITIVE_INFINITY : 1 + Math.floor(length / apart)),
  );
  // Of fewer ranges, two may meet over a gap that all of them would leave.
  const gaps = merged.slice(1).map(({ offset }, at) => offset - merged[at]!.offset - merged[at]!.length);
  const bridged = gaps.filter((gap) => gap <= limits.maxGapBytes);
  return {
    requests: requests.reduce((sum, count) => sum + count, 0),
    bytes: bridged.reduce((sum, gap) => sum + gap, bytes),
  };
}

function addRows(sum: number | undefined, part: ReadPart): number | undefined {
  if (part.kind !== "rows") return sum;
  return part.rowsAtMost === undefined || sum === undefined ? undefined : sum + part.rowsAtMost;
}

/** What the same query would cost at coarser levels, by what these hold. */
function noteLevels(level: number | undefined, levels: readonly LevelInfo[]): string[] {
  const weightOf = ({ shape, rows }: LevelInfo): number | undefined =>
    shape === undefined ? rows : countItems(shape);
  const at = levels.findIndex((info) => info.level === level);
  const here = at < 0 ? undefined : weightOf(levels[at]!);
  if (here === undefined) return [];
  return levels.slice(at + 1).flatMap((info) => {
    const there = weightOf(info);
    if (there === undefined || there === 0 || here / there < 1.5) return [];
    return [`Level ${info.level} would cost about 1/${Math.round(here / there)}.`];
  });
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
