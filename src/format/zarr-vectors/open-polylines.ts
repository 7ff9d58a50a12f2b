/**
 * Lines as a source; loaded when a store has some.
 *
 * @module
 */
import type { AnySource, PolylineQuery, QueryOptions } from "../../core/source.js";
import { createVectorSource } from "../../engine/create-vector-source.js";
import { describeKind } from "./describe.js";
import { ObjectColumns } from "./group-columns.js";
import type { Levels } from "./levels.js";
import { planPolylines } from "./plan-polylines.js";

export async function openPolylines(levels: Levels): Promise<AnySource> {
  const { info, vertexFields } = await describeKind("polylines", levels);
  const columns = new ObjectColumns(levels);
  const finest = await columns.at(info.levels[0]!.level);
  return createVectorSource(
    "polylines",
    {
      info: { ...info, fields: [...finest.values()].map((column) => column.info), vertexFields },
      async plan(query: PolylineQuery, options: QueryOptions) {
        const number = levels.check(query.level);
        const [level, named] = await Promise.all([levels.open(number), columns.at(number, query.groups)]);
        return planPolylines(level, named, query, options);
      },
    },
    levels.container.engine,
  );
}
