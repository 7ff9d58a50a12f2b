/**
 * Gives a format's definition (what there is, how to plan) its questions: `query`, `stream`, `explain`, `read`.
 *
 * @module
 */

import { raceAbort } from "../core/abort.js";
import { heldBytes, isRagged } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { ReadPart } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import { ProgressCounter } from "../core/progress.js";
import type {
  Explain,
  ExplainOptions,
  GridOptions,
  GridQuery,
  GridReadOptions,
  GridSelection,
  GridSource,
  Plan,
  PointQuery,
  PointSource,
  Query,
  QueryOptions,
  SourceInfo,
  SourceKind,
} from "../core/source.js";
import type { Axis, GridTable, PointTable } from "../core/table.js";
import type { GridAssembly } from "../worker/assembly.js";
import type { BlockResult, RowsResult } from "../worker/protocol.js";
import { checkQueryKeys } from "./check-query.js";
import { collectRows, dataOf, gridTable, type IndexedRows, partTable, tableBuffers } from "./collect.js";
import type { Engine } from "./engine.js";
import { type DecodedPart, type ExecuteContext, execute } from "./execute.js";
import { loadPricing } from "./load-pricing.js";
import type { OpenBodies } from "./open-bodies.js";
import { cutPlanes } from "./planes.js";
import { type RecordedOptions, withTimelines } from "./with-timelines.js";

/** `Plan.grid` set. */
export interface GridDefinition extends Definition<GridQuery> {
  /** `Plan.grid` set. */
  planSelection(selection: GridSelection, options: GridReadOptions & PlanOptions): Promise<Plan>;
  axes(options?: { readonly signal?: AbortSignal; readonly level?: number }): Promise<readonly Axis[]>;
}

/** What a format tells about a source: what there is, and how to plan. */
export interface Definition<Q, P extends Plan = Plan> {
  readonly info: SourceInfo;
  /** Keys of a query that this format knows beyond those of the kind. */
  readonly queryKeys?: readonly string[];
  plan(query: Q, options: PlanOptions): Promise<P>;
}

export interface PlanOptions extends QueryOptions {
  /** Of a query that executes the plan as it is drawn: objects may be opened by their bodies. Absent: nothing but indexes is read. */
  readonly bodies?: OpenBodies | undefined;
}

/** `Plan.points` set. */
export type PointDefinition = Definition<PointQuery>;

/** A grid source over a definition. */
export function createGridSource(definition: GridDefinition, engine: Engine): GridSource {
  const { info } = definition;
  const plan = planWithin("grid", definition, engine);
  const collect = async (planning: Planning, options: GridOptions): Promise<GridTable> => {
    const [running, { openCollector }] = await Promise.all([
      start(planning, options, engine),
      import("./grid-collector.js"),
    ]);
    const { collecting } = running;
    const collector = await openCollector(gridTarget(running.plan), engine.pool, options.into);
    try {
      for await (const { part, result } of running.parts(collector.grid)) {
        if (part.kind !== "block") continue;
        const room = collecting(() => collector.add(part, result));
        if (room !== undefined) await room;
      }
      return await raceAbort(
        collecting(() => collector.finish()),
        running.signal,
      );
    } catch (thrown) {
      await collector.discard();
      throw thrown;
    }
  };
  const source: GridSource = {
    kind: "grid",
    info,
    plan,
    explain: (query = {}, options = {}) => explainQuery(plan, query, options, engine, info),
    axes: (options) => definition.axes(options),
    query: (query = {}, options = {}) => collect((bodies) => plan(query, { ...options, bodies }), options),
    read: (selection = [], options = {}) =>
      collect((bodies) => definition.planSelection(selection, { ...options, bodies }), options),
    release: makeRelease(engine),
    async *stream(query = {}, options = {}) {
      const running = await start((bodies) => plan(query, { ...options, bodies }), options, engine);
      const target = gridTarget(running.plan);
      for await (const { part, result } of running.parts()) {
        if (part.kind !== "block" || result === undefined) continue;
        const block = result as BlockResult;
        const axes = target.axes.map((axis, index) => {
          const from = part.offset[index]!;
          return { ...axis, values: axis.values.slice(from, from + block.shape[index]!) };
        });
        yield {
          ...gridTable(target, dataOf(block, target.dtype, part.offset), block.shape, axes),
          ...cutPlanes(target, part.offset, block.shape),
          offset: part.offset,
        };
      }
    },
  };
  return withTimelines(source, engine);
}

/** A point source over a definition. */
export function createPointSource(definition: PointDefinition, engine: Engine): PointSource {
  const { info } = definition;
  const plan = planWithin("points", definition, engine);
  const begin = (query: PointQuery, options: QueryOptions): Promise<Running> =>
    start((bodies) => plan(query, { ...options, bodies }), options, engine, query.limit);
  const collect = async (running: Running, { limit }: PointQuery): Promise<PointTable> => {
    const parts: IndexedRows[] = [];
    for await (const { index, result } of running.parts()) parts.push({ index, rows: result as RowsResult });
    const target = pointsTarget(running.plan);
    return raceAbort(
      running.collecting(() => collectRows(target, parts, limit, engine.pool)),
      running.signal,
    );
  };
  const source: PointSource = {
    kind: "points",
    info,
    plan,
    explain: (query = {}, options = {}) => explainQuery(plan, query, options, engine, info),
    async query(query = {}, options = {}) {
      return collect(await begin(query, options), query);
    },
    release: makeRelease(engine),
    async *stream(query = {}, options = {}): AsyncGenerator<PointTable> {
      const running = await begin(query, options);
      let left = query.limit ?? Number.POSITIVE_INFINITY;
      const target = pointsTarget(running.plan);
      if (target.settling !== undefined) {
        const table = await collect(running, query);
        if (table.length > 0) yield table;
        return;
      }
      for await (const { result } of running.parts()) {
        const table = await running.collecting(() => partTable(target, result as RowsResult, left));
        if (table.length > 0) yield table;
        left -= table.length;
      }
    },
  };
  return withTimelines(source, engine);
}

type Planning = (bodies: OpenBodies | undefined) => Promise<Plan>;

/** A query under way: its plan, its parts as they land, and the clock of putting them together. */
interface Running extends Pick<Reading, "collecting" | "signal"> {
  readonly plan: Plan;
  /** @param grid for workers to write blocks to */
  parts(grid?: GridAssembly): AsyncGenerator<DecodedPart>;
}

/**
 * Executes a plan with progress, until the dataset is closed; a limit on rows makes the order that of the plan. Rows that are settled
 * are all read.
 */
async function start(
  planning: Planning,
  options: QueryOptions,
  engine: Engine,
  limit?: number,
): Promise<Running> {
  const { collecting, signal, ...reading } = beginReading(options, engine);
  const { bodies } = reading;
  const plan = await planning(bodies);
  const queryBytes = resultBytes(plan);
  if (bodies !== undefined) bodies.queryBytes = queryBytes;
  reading.planned();
  const most = plan.points?.settling === undefined ? limit : undefined;
  async function* parts(grid?: GridAssembly): AsyncGenerator<DecodedPart> {
    try {
      yield* reading.read(plan, plan.partsTotal, { grid, limit: most, queryBytes });
      reading.finish();
    } finally {
      reading.end();
    }
  }
  return { plan, parts, collecting, signal };
}

export interface ReadingOptions {
  /** Blocks are written to it where they are decoded. */
  readonly grid?: GridAssembly | undefined;
  /** Rows after which no more is read; parts then come in the order of the plan. */
  readonly limit?: number | undefined;
  /** As of `ReadOptions`. */
  readonly queryBytes?: number | undefined;
}

/** Of a grid whose chunks are read once; they take no more where they are stored, as a rule. */
function resultBytes({ grid, readsOnce }: Plan): number {
  return !readsOnce || grid === undefined || isRagged(grid.dtype) ? 0 : heldBytes(grid.dtype, grid.shape);
}

/** What one query reads, in one round or in several, counted together. */
export interface Reading {
  planned(): void;
  /** Executes parts; `total` is their number, where it is known. */
  read(parts: AsyncIterable<ReadPart>, total?: number, options?: ReadingOptions): AsyncGenerator<DecodedPart>;
  collecting<T>(work: () => T): T;
  finish(): void;
  /** Nothing is told any more, however it ended. */
  end(): void;
  /** Aborts with the query, or when the dataset is closed. */
  readonly signal: AbortSignal;
  /** Counts what is read besides parts. */
  readonly meter: ReadMeter;
  /** Objects that its plan opens by their bodies. */
  readonly bodies: OpenBodies | undefined;
}

export function beginReading(options: RecordedOptions, engine: Engine, concurrency?: number): Reading {
  const { recorder } = options;
  const meter = new ProgressCounter(options.onProgress, recorder);
  const { stages } = meter;
  const signal =
    options.signal === undefined ? engine.closed : AbortSignal.any([options.signal, engine.closed]);
  const bodies = engine.openBodies?.({ meter, signal });
  const context: ExecuteContext = {
    store: bodies?.store ?? engine.store,
    pool: engine.pool,
    coalesce: engine.coalesce,
    meter,
    stages,
    signal,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
  let promised = 0;
  return {
    planned() {
      stages.planned();
      recorder?.planned();
    },
    async *read(parts, total, { grid, limit = Number.POSITIVE_INFINITY, queryBytes = 0 } = {}) {
      promised += total ?? 0;
      if (total !== undefined) meter.setTotal(promised);
      let rows = 0;
      const order = limit === Number.POSITIVE_INFINITY ? "arrival" : "plan";
      const own = { ...context, order, queryBytes, ...(grid === undefined ? {} : { grid }) } as const;
      for await (const decoded of execute(parts, own)) {
        const { result } = decoded;
        const found = result?.kind === "rows" ? result.rows : 0;
        rows += found;
        meter.partDone(found);
        yield decoded;
        if (rows >= limit) break;
      }
    },
    collecting: (work) =>
      recorder === undefined ? stages.collecting(work) : recorder.collecting(() => stages.collecting(work)),
    finish: () => meter.finish(),
    end: () => {
      bodies?.close();
      meter.end();
    },
    signal,
    meter,
    bodies,
  };
}

export type Planner<Q, P extends Plan = Plan> = (query?: Q, options?: PlanOptions) => Promise<P>;

/** Plans at the level asked for; with a budget, at the finest level that keeps within it. */
export function planWithin<Q extends Query, P extends Plan>(
  kind: SourceKind,
  definition: Definition<Q, P>,
  engine: Engine,
): Planner<Q, P> {
  const planAt = (query: Q, options: PlanOptions): Promise<P> => {
    options.signal?.throwIfAborted();
    return definition.plan(query, options);
  };
  return async (query = {} as Q, options = {}) => {
    checkQueryKeys(query, kind, definition.queryKeys);
    const { budget, level } = query;
    if (level !== "auto" && budget === undefined) return planAt(query, options);
    const { budgetError, explainPlan, overBudget } = await loadPricing();
    const check = async (exact: Q): Promise<string[]> => {
      const price = { budget, ...(options.signal && { signal: options.signal }) };
      return overBudget(
        await explainPlan(await planAt(exact, { ...options, bodies: undefined }), engine, price),
        budget!,
      );
    };
    if (level !== "auto") {
      const over = await check(query);
      if (over.length > 0) throw budgetError(over);
      return planAt(query, options);
    }
    if (budget === undefined) {
      throw new ReaderError("invalid-query", 'level "auto" needs a budget: { bytes, requests or rows }.');
    }
    let over: string[] = [];
    for (const candidate of definition.info.levels) {
      const exact = { ...query, level: candidate.level };
      over = await check(exact);
      if (over.length === 0) return planAt(exact, options);
    }
    throw budgetError(over);
  };
}

export async function explainQuery<Q extends Query & { readonly limit?: number }>(
  plan: Planner<Q>,
  query: Q,
  { rates, ...options }: ExplainOptions,
  engine: Engine,
  { levels }: SourceInfo,
): Promise<Explain> {
  const { budget, ...free } = query;
  const asked = query.level === "auto" ? query : (free as Q);
  const { explainPlan } = await loadPricing();
  return explainPlan(await plan(asked, options), engine, {
    levels,
    mayEndEarly: query.limit !== undefined,
    ...(rates === undefined ? {} : { rates }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Hands buffers of tables back to the pool, those of each table once: another one may lie in them by then. */
function makeRelease(engine: Engine): (table: GridTable | PointTable) => void {
  const released = new WeakSet<object>();
  return (table) => {
    if (released.has(table)) return;
    released.add(table);
    engine.pool.recycle?.(tableBuffers(table));
  };
}

function gridTarget(plan: Plan): NonNullable<Plan["grid"]> {
  if (plan.grid === undefined) throw new ReaderError("unsupported", "This plan has no grid as its target.");
  return plan.grid;
}

function pointsTarget(plan: Plan): NonNullable<Plan["points"]> {
  if (plan.points === undefined)
    throw new ReaderError("unsupported", "This plan has no points as its target.");
  return plan.points;
}
