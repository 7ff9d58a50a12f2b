/**
 * Lines as a source; loaded when a store has some.
 *
 * @module
 */
import type { AnySource, PolylineQuery, QueryOptions } from "../../core/source.js";
import type { PolylineTable } from "../../core/table.js";
import { createVectorSource, type VectorPlan } from "../../engine/create-vector-source.js";
import { describeKind } from "./describe.js";
import { ObjectColumns } from "./group-columns.js";
import type { Levels } from "./levels.js";
import { planLevels } from "./plan-levels.js";
import { planPolylines } from "./plan-polylines.js";

export async function openPolylines(levels: Levels): Promise<AnySource> {
  const columns = new ObjectColumns(levels);
  const [{ info, vertexFields }, finest] = await Promise.all([
    describeKind("polylines", levels),
    columns.at(levels.container.root.levels[0]!),
  ]);
  return createVectorSource(
    "polylines",
    {
      info: { ...info, fields: [...finest.values()].map((column) => column.info), vertexFields },
      plan: (query: PolylineQuery, options: QueryOptions) =>
        planLevels(
          levels,
          query,
          async (number, asked): Promise<VectorPlan<PolylineTable>> => {
            const [level, named] = await Promise.all([levels.open(number), columns.at(number, asked.groups)]);
            return planPolylines(level, named, asked, options);
          },
          async (plans, level) => (await import("./additive.js")).joinVectorPlans(plans, level, query.limit),
        ),
    },
    levels.container.engine,
  );
}
