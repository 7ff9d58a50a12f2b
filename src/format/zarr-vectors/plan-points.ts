/**
 * Plans points: a box and ranges select spatial chunks, the worker filters rows exactly.
 *
 * Chunks are pruned by their place in the grid only. The reference's shortcut of reading just the fragments whose bin
 * meets the box is not taken: it loses points in stores with object ids and at coarse levels
 * (docs/formats/zarr-vectors.md).
 *
 * @module
 */
import { mapAhead } from "../../core/lookahead.js";
import type { RowsPart } from "../../core/plan.js";
import type { Plan, PointQuery, QueryOptions } from "../../core/source.js";
import type { Chunk } from "./cells.js";
import type { Level } from "./levels.js";
import type { LevelPlan } from "./plan-levels.js";
import { planChunk, planRows } from "./plan-rows.js";
import { chunkLimits, isWithin, selectChunks } from "./select-chunks.js";

/** Indexes of so many chunks are looked up before the engine asks: as many as its window takes at once. */
export const chunksAhead = 256;

/**
 * Plans a query at one level.
 *
 * @throws ReaderError `invalid-query` naming the field, axis or box that does not fit
 */
export async function planPoints(
  level: Level,
  query: PointQuery,
  { signal }: QueryOptions,
): Promise<LevelPlan<Plan>> {
  const { objects, groups, ...rest } = query;
  const rows = planRows(level, rest);
  const limits = chunkLimits(level, rows.intervals);
  const wanted =
    objects === undefined && groups === undefined
      ? undefined
      : await (await import("./object-rows.js")).readObjectRows(level, query, signal);
  const { chunks, isListed } =
    wanted === undefined
      ? await selectChunks(level, limits, signal)
      : {
          chunks: wanted.chunks.filter((chunk) => !rows.isFiltering || isWithin(chunk, limits)),
          isListed: true,
        };
  const asked = { isRequired: isListed, ...(signal === undefined ? {} : { signal }) };
  const plan = async (chunk: Chunk): Promise<RowsPart | undefined> => {
    const runs = await wanted?.runsOf(chunk, signal);
    return planChunk(rows, chunk, runs === undefined ? asked : { ...asked, runs });
  };
  return {
    level: level.metadata.level,
    points: rows.target,
    ...(isListed ? { partsTotal: chunks.length } : {}),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    ...(wanted === undefined ? {} : { named: wanted.objects }),
    async *[Symbol.asyncIterator]() {
      for await (const part of mapAhead(chunks, chunksAhead, plan)) {
        if (part !== undefined) yield part;
      }
    },
  };
}
