/**
 * Lines as a source; loaded when a store has some.
 *
 * @module
 */
import type { AnySource, PolylineQuery, QueryOptions } from "../../core/source.js";
import { createVectorSource } from "../../engine/create-vector-source.js";
import { describeKind } from "./describe.js";
import { type Levels, remember } from "./levels.js";
import { type ObjectColumn, readObjectColumns } from "./object-columns.js";
import { planPolylines } from "./plan-polylines.js";

export async function openPolylines(levels: Levels): Promise<AnySource> {
  const { info, vertexFields } = await describeKind("polylines", levels);
  const kept = new Map<number, Promise<ReadonlyMap<string, ObjectColumn>>>();
  const columnsAt = (level: number): Promise<ReadonlyMap<string, ObjectColumn>> =>
    remember(kept, level, async () => readObjectColumns(await levels.metadata(level), levels.container));
  const columns = await columnsAt(info.levels[0]!.level);
  return createVectorSource(
    "polylines",
    {
      info: { ...info, fields: [...columns.values()].map((column) => column.info), vertexFields },
      async plan(query: PolylineQuery, options: QueryOptions) {
        const number = levels.check(query.level);
        const [level, columns] = await Promise.all([levels.open(number), columnsAt(number)]);
        return planPolylines(level, columns, query, options);
      },
    },
    levels.container.engine,
  );
}
