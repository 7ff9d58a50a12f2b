/**
 * Sources of lines, graphs and meshes: what belongs together lies in several chunks, and may be known only when some of
 * them were read. So their plan reads by itself, round after round, and puts tables together.
 *
 * @module
 */

import { raceAbort } from "../core/abort.js";
import type { ReadPart } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import type {
  ExplainOptions,
  NetworkQuery,
  Plan,
  PointsTarget,
  PolylineQuery,
  QueryOptions,
  SourceInfo,
  SourceOfKind,
} from "../core/source.js";
import type { GraphTable, MeshTable, PointTable, PolylineTable } from "../core/table.js";
import { collectRows, type IndexedRows } from "./collect.js";
import type { Engine } from "./engine.js";
import { type Definition, explainQuery, planWithin } from "./planner.js";
import { beginReading, type Reading } from "./reading.js";
import { withTimelines } from "./with-timelines.js";

/** The parts are all that may be read; `explain` prices them. */
export interface VectorPlan<T> extends Plan {
  /** Reads what is needed and puts it together. */
  read(reader: VectorReader): Promise<T>;
  /** The same in several tables, each as soon as what it needs has landed. */
  stream(reader: VectorReader): AsyncIterable<T>;
}

/** What a plan reads with. */
export interface VectorReader {
  /** Rows of parts, as they land, with their place in the plan. */
  read(parts: AsyncIterable<ReadPart>, total?: number): AsyncIterable<IndexedRows>;
  /** The rows of parts, in the order of their indices, as one table; or those of them that are picked, as they are picked. */
  join(target: PointsTarget, parts: readonly IndexedRows[], picks?: Uint32Array): Promise<PointTable>;
  /** The same for picked rows; the parts stay whole, for tables to come. */
  copy(target: PointsTarget, parts: readonly IndexedRows[], picks: Uint32Array): Promise<PointTable>;
  readonly signal: AbortSignal;
  /** Counts what is read besides parts. */
  readonly meter: ReadMeter;
}

function createReader(reading: Reading, engine: Engine): VectorReader {
  return {
    async *read(parts, total) {
      for await (const { index, result } of reading.read(parts, total)) {
        if (result?.kind === "rows") yield { index, rows: result };
      }
    },
    join: (target, parts, picks) =>
      reading.collecting(() => collectRows(target, parts, undefined, engine.pool, picks)),
    copy: (target, parts, picks) =>
      reading.collecting(() => collectRows(target, parts, undefined, {}, picks)),
    signal: reading.signal,
    meter: reading.meter,
  };
}

interface QueryOfKind {
  readonly polylines: PolylineQuery;
  readonly graph: NetworkQuery;
  readonly mesh: NetworkQuery;
}

interface TableOfKind {
  readonly polylines: PolylineTable;
  readonly graph: GraphTable;
  readonly mesh: MeshTable;
}

export type { IndexedRows };

/** A source of connected vertices over a definition. */
export function createVectorSource<K extends keyof QueryOfKind>(
  kind: K,
  definition: Definition<QueryOfKind[K], VectorPlan<TableOfKind[K]>>,
  engine: Engine,
): SourceOfKind[K] {
  type Query = QueryOfKind[K];
  type Table = TableOfKind[K];
  const plan = planWithin(kind, definition, engine);
  const query = async (asked: Query = {} as Query, options: QueryOptions = {}): Promise<Table> => {
    const reading = beginReading(options, engine);
    try {
      const planned = await plan(asked, options);
      reading.planned();
      const table = await raceAbort(planned.read(createReader(reading, engine)), reading.signal);
      reading.finish();
      return table;
    } finally {
      reading.end();
    }
  };
  const source = {
    kind,
    info: definition.info as SourceInfo,
    plan,
    explain: (asked: Query = {} as Query, options: ExplainOptions = {}) =>
      explainQuery(plan, asked, options, engine, definition.info),
    query,
    async *stream(asked: Query = {} as Query, options: QueryOptions = {}): AsyncGenerator<Table> {
      const reading = beginReading(options, engine);
      const planned = await plan(asked, options);
      reading.planned();
      yield* planned.stream(createReader(reading, engine));
      reading.finish();
    },
  };
  return withTimelines(source as unknown as SourceOfKind[K], engine);
}
