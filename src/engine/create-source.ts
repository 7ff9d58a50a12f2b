/**
 * Gives a format's definition (what there is, how to plan) its questions: `query`, `stream`, `explain`, `read`.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import { ProgressCounter } from "../core/progress.js";
import type {
  Explain,
  GridQuery,
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
import type { BlockResult, RowsResult } from "../worker/protocol.js";
import { checkQueryKeys } from "./check-query.js";
import { concatRows, GridCollector, gridTable } from "./collect.js";
import type { Engine } from "./engine.js";
import { type DecodedPart, type ExecuteContext, execute } from "./execute.js";
import { budgetError, explainPlan, overBudget } from "./explain.js";

export interface GridDefinition {
  readonly info: SourceInfo;
  /** `Plan.grid` set. */
  plan(query: GridQuery, options: QueryOptions): Promise<Plan>;
  /** `Plan.grid` set. */
  planSelection(selection: GridSelection, options: QueryOptions): Promise<Plan>;
  axes(options?: { readonly signal?: AbortSignal }): Promise<readonly Axis[]>;
}

export interface PointDefinition {
  readonly info: SourceInfo;
  /** `Plan.points` set. */
  plan(query: PointQuery, options: QueryOptions): Promise<Plan>;
}

/** A grid source over a definition. */
export function createGridSource(definition: GridDefinition, engine: Engine): GridSource {
  const { info } = definition;
  const plan = planWithin("grid", definition, engine);
  const collect = async (planning: Promise<Plan>, options: QueryOptions): Promise<GridTable> => {
    const running = await start(planning, options, engine);
    const { collecting } = running;
    const collector = collecting(() => new GridCollector(gridTarget(running.plan), engine.pool));
    try {
      for await (const { part, result } of running.parts) {
        if (part.kind !== "block" || result === undefined) continue;
        const room = collecting(() => collector.add(result as BlockResult, part.offset));
        if (room !== undefined) await room;
      }
      return await raceAbort(collector.finish(), running.signal);
    } catch (thrown) {
      collector.discard();
      throw thrown;
    }
  };
  return {
    kind: "grid",
    info,
    plan,
    explain: (query = {}, options = {}) => explainQuery(plan, query, options, engine),
    axes: (options) => definition.axes(options),
    query: (query = {}, options = {}) => collect(plan(query, options), options),
    read: (selection = [], options = {}) => collect(definition.planSelection(selection, options), options),
    async *stream(query = {}, options = {}) {
      const running = await start(plan(query, options), options, engine);
      const target = gridTarget(running.plan);
      for await (const { part, result } of running.parts) {
        if (part.kind !== "block" || result === undefined) continue;
        const block = result as BlockResult;
        const axes = target.axes.map((axis, index) => {
          const from = part.offset[index]!;
          return { ...axis, values: axis.values.slice(from, from + block.shape[index]!) };
        });
        yield { ...gridTable(target, block.data, block.shape, axes), offset: part.offset };
      }
    },
  };
}

/** A point source over a definition. */
export function createPointSource(definition: PointDefinition, engine: Engine): PointSource {
  const { info } = definition;
  const plan = planWithin("points", definition, engine);
  return {
    kind: "points",
    info,
    plan,
    explain: (query = {}, options = {}) => explainQuery(plan, query, options, engine),
    async query(query = {}, options = {}) {
      const running = await start(plan(query, options), options, engine, query.limit);
      const parts: { index: number; rows: RowsResult }[] = [];
      for await (const { index, result } of running.parts) parts.push({ index, rows: result as RowsResult });
      return running.collecting(() => concatRows(pointsTarget(running.plan), parts, query.limit));
    },
    async *stream(query = {}, options = {}): AsyncGenerator<PointTable> {
      const running = await start(plan(query, options), options, engine, query.limit);
      let left = query.limit ?? Number.POSITIVE_INFINITY;
      for await (const { index, result } of running.parts) {
        const part = { index, rows: result as RowsResult };
        const table = running.collecting(() => concatRows(pointsTarget(running.plan), [part], left));
        if (table.length > 0) yield table;
        left -= table.length;
      }
    },
  };
}

/** A query under way: its plan, its parts as they land, and the clock of putting them together. */
interface Running {
  readonly plan: Plan;
  readonly parts: AsyncGenerator<DecodedPart>;
  readonly collecting: <T>(work: () => T) => T;
  /** Aborts with the query, or when the dataset is closed. */
  readonly signal: AbortSignal;
}

/** Executes a plan with progress, until the dataset is closed; a limit on rows makes the order that of the plan. */
async function start(
  planning: Promise<Plan>,
  options: QueryOptions,
  engine: Engine,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Running> {
  const meter = new ProgressCounter(options.onProgress);
  const { stages } = meter;
  const plan = await planning;
  stages.planned();
  if (plan.partsTotal !== undefined) meter.setTotal(plan.partsTotal);
  const signal =
    options.signal === undefined ? engine.closed : AbortSignal.any([options.signal, engine.closed]);
  const context: ExecuteContext = {
    store: engine.store,
    pool: engine.pool,
    coalesce: engine.coalesce,
    meter,
    stages,
    signal,
    order: limit === Number.POSITIVE_INFINITY ? "arrival" : "plan",
  };
  async function* parts(): AsyncGenerator<DecodedPart> {
    let rows = 0;
    for await (const decoded of execute(plan, context)) {
      const { result } = decoded;
      const found = result?.kind === "rows" ? result.rows : 0;
      rows += found;
      meter.partDone(found);
      yield decoded;
      if (rows >= limit) break;
    }
    meter.finish();
  }
  return { plan, parts: parts(), collecting: (work) => stages.collecting(work), signal };
}

type Planner<Q> = (query?: Q, options?: QueryOptions) => Promise<Plan>;

/** Plans at the level asked for; with a budget, at the finest level that keeps within it. */
function planWithin<Q extends Query>(
  kind: SourceKind,
  definition: { readonly info: SourceInfo; plan(query: Q, options: QueryOptions): Promise<Plan> },
  engine: Engine,
): Planner<Q> {
  const planAt = (query: Q, options: QueryOptions): Promise<Plan> => {
    options.signal?.throwIfAborted();
    return definition.plan(query, options);
  };
  return async (query = {} as Q, options = {}) => {
    checkQueryKeys(query, kind);
    const { budget, level } = query;
    if (level !== "auto") {
      if (budget !== undefined) {
        const over = overBudget(await explainPlan(await planAt(query, options), engine.coalesce), budget);
        if (over.length > 0) throw budgetError(over);
      }
      return planAt(query, options);
    }
    if (budget === undefined) {
      throw new ReaderError("invalid-query", 'level "auto" needs a budget: { bytes, requests or rows }.');
    }
    let over: string[] = [];
    for (const candidate of definition.info.levels) {
      const exact = { ...query, level: candidate.level };
      over = overBudget(await explainPlan(await planAt(exact, options), engine.coalesce), budget);
      if (over.length === 0) return planAt(exact, options);
    }
    throw budgetError(over);
  };
}

async function explainQuery<Q extends Query>(
  plan: Planner<Q>,
  query: Q,
  options: QueryOptions,
  engine: Engine,
): Promise<Explain> {
  const { budget, ...free } = query;
  const asked = query.level === "auto" ? query : (free as Q);
  return explainPlan(await plan(asked, options), engine.coalesce);
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
