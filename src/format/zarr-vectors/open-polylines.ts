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
import type { Level, Levels } from "./levels.js";
import { lineLinkColumns, linkAttributesOf } from "./line-links.js";
import { planLevels } from "./plan-levels.js";
import { planPolylines } from "./plan-polylines.js";

export async function openPolylines(levels: Levels): Promise<AnySource> {
  const columns = new ObjectColumns(levels);
  const number = levels.container.root.levels[0]!;
  const [{ info, vertexFields }, finest, level] = await Promise.all([
    describeKind("polylines", levels),
    columns.at(number),
    openWithLinks(levels, number),
  ]);
  const ofLinks = await lineLinkColumns(level, finest.keys());
  return createVectorSource(
    "polylines",
    {
      info: {
        ...info,
        fields: [...finest.values()].map((column) => column.info),
        vertexFields: [...vertexFields, ...[...ofLinks.values()].map((column) => column.info)],
      },
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

/** The level, with the attributes of its links looked up beside the rest. */
async function openWithLinks(levels: Levels, number: number): Promise<Level> {
  const level = await levels.open(number);
  await linkAttributesOf(level);
  return level;
}
