/**
 * Gives a format's definition (what there is, how to plan) its questions: `query`, `stream`, `explain`, `read`.
 *
 * @module
 */

import { raceAbort } from "../core/abort.js";
import { heldBytes, isRagged } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type {
  GridOptions,
  GridQuery,
  GridReadOptions,
  GridSelection,
  GridSource,
  Plan,
  PointQuery,
  PointSource,
  QueryOptions,
} from "../core/source.js";
import type { Axis, GridTable, PointTable } from "../core/table.js";
import type { GridAssembly } from "../worker/assembly.js";
import type { BlockResult, RowsResult } from "../worker/protocol.js";
import { collectRows, dataOf, gridTable, type IndexedRows, partTable, tableBuffers } from "./collect.js";
import { type Engine, whileOpen } from "./engine.js";
import type { DecodedPart } from "./execute.js";
import { cutPlanes } from "./planes.js";
import { type Definition, type Execution, explainQuery, type PlanOptions, planWithin } from "./planner.js";
import { beginReading, type Reading } from "./reading.js";
import { withTimelines } from "./with-timelines.js";

/** `Plan.grid` set. */
export interface GridDefinition extends Definition<GridQuery> {
  /** `Plan.grid` set. */
  planSelection(selection: GridSelection, options: GridReadOptions & PlanOptions): Promise<Plan>;
  axes(options?: { readonly signal?: AbortSignal; readonly level?: number }): Promise<readonly Axis[]>;
}

/** `Plan.points` set. */
export interface PointDefinition extends Definition<PointQuery>, Pick<PointSource, "coverage"> {}

/** A grid source over a definition. */
export function createGridSource(definition: GridDefinition, engine: Engine): GridSource {
  const { info } = definition;
  const plan = planWithin("grid", definition, engine);
  const released = new WeakSet<object>();
  const collect = async (planning: Planning, options: GridOptions): Promise<GridTable> => {
    const { into } = options;
    if (into !== undefined && released.has(into))
      return (await import("../worker/assembly.js")).refuseMemory("released");
    const [running, { openCollector }] = await Promise.all([
      start(planning, options, engine),
      import("./grid-collector.js"),
    ]);
    const { collecting } = running;
    const collector = await openCollector(gridTarget(running.plan), engine.pool, into);
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
    query: (query = {}, options = {}) =>
      collect((execution) => plan(query, { ...options, ...execution }), options),
    read: (selection = [], options = {}) =>
      collect(
        (execution) =>
          whileOpen({ ...options, ...execution }, engine, (own) => definition.planSelection(selection, own)),
        options,
      ),
    release: makeRelease(engine, released),
    async *stream(query = {}, options = {}) {
      const running = await start((execution) => plan(query, { ...options, ...execution }), options, engine);
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
  const { info, coverage } = definition;
  const plan = planWithin("points", definition, engine);
  const begin = (query: PointQuery, options: QueryOptions): Promise<Running> =>
    start((execution) => plan(query, { ...options, ...execution }), options, engine, query);
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
    ...(coverage && { coverage }),
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

type Planning = (execution: Execution) => Promise<Plan>;

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
  query: Pick<PointQuery, "limit"> = {},
): Promise<Running> {
  const { collecting, signal, ...reading } = beginReading(options, engine);
  const { bodies } = reading;
  const plan = await planning({ bodies, isExecuted: true }).catch((thrown: unknown) => {
    reading.end();
    throw thrown;
  });
  const queryBytes = resultBytes(plan);
  if (bodies !== undefined) bodies.queryBytes = queryBytes;
  reading.planned();
  const most = plan.points?.settling === undefined ? query.limit : undefined;
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

/** Of a grid whose chunks are read once; they take no more where they are stored, as a rule. */
function resultBytes({ grid, readsOnce }: Plan): number {
  return !readsOnce || grid === undefined || isRagged(grid.dtype) ? 0 : heldBytes(grid.dtype, grid.shape);
}

/**
 * Hands buffers of tables back to the pool, those of each table once: another one may lie in them by then.
 *
 * @param released grids by their data, rows by their tables
 */
function makeRelease(
  engine: Engine,
  released = new WeakSet<object>(),
): (table: GridTable | PointTable) => void {
  return (table) => {
    const known = "data" in table ? table.data : table;
    if (released.has(known)) return;
    released.add(known);
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
