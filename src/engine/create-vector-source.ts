/**
 * Sources of lines, graphs and meshes: what belongs together lies in several chunks, and may be known only when some of
 * them were read. So their plan reads by itself, round after round, and puts one table together.
 *
 * @module
 */
import type {
  NetworkQuery,
  Plan,
  PolylineQuery,
  QueryOptions,
  SourceInfo,
  SourceOfKind,
} from "../core/source.js";
import type { GraphTable, MeshTable, PolylineTable } from "../core/table.js";
import { beginReading, type Definition, explainQuery, planWithin, type Reading } from "./create-source.js";
import type { Engine } from "./engine.js";

/** The parts are all that may be read; `explain` prices them. */
export interface VectorPlan<T> extends Plan {
  /** Reads what is needed and puts it together. */
  read(reading: Pick<Reading, "read" | "collecting">): Promise<T>;
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
    const planned = await plan(asked, options);
    reading.planned();
    const table = await planned.read(reading);
    reading.finish();
    return table;
  };
  const source = {
    kind,
    info: definition.info as SourceInfo,
    plan,
    explain: (asked: Query = {} as Query, options: QueryOptions = {}) =>
      explainQuery(plan, asked, options, engine),
    query,
    async *stream(asked?: Query, options?: QueryOptions): AsyncGenerator<Table> {
      const table = await query(asked, options);
      if (table.length > 0) yield table;
    },
  };
  return source as unknown as SourceOfKind[K];
}
