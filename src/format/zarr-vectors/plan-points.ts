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
import type { FieldInfo, Plan, PointQuery } from "../../core/source.js";
import type { PlanOptions } from "../../engine/planner.js";
import type { Chunk } from "./cells.js";
import type { Level } from "./levels.js";
import type { ObjectRows } from "./object-rows.js";
import type { LevelPlan } from "./plan-levels.js";
import { planChunk, planRows } from "./plan-rows.js";
import { chunkLimits, isWithin, selectChunks } from "./select-chunks.js";

/** Indexes of so many chunks are looked up before the engine asks: as many as its window takes at once. */
export const chunksAhead = 256;

/** What a query asks of what points belong to, their fragments, objects and groups. */
export interface AskedOwners {
  /** What is left for vertices. */
  readonly vertexQuery: PointQuery;
  /** As of `ObjectPlan`. */
  readonly otherNames: readonly string[];
  /** The rows of some objects; absent: all rows. */
  readonly wanted?: ObjectRows;
  readonly fields: readonly FieldInfo[];
  /** The part of a chunk with those fields. */
  carry(part: RowsPart, chunk: Chunk, runs: Uint32Array | undefined): Promise<RowsPart>;
}

/**
 * Plans a query at one level.
 *
 * @param owners there where the store has something of owners
 * @throws ReaderError `invalid-query` naming the field, axis or box that does not fit
 */
export async function planPoints(
  level: Level,
  query: PointQuery,
  { signal, bodies }: PlanOptions,
  owners?: AskedOwners,
): Promise<LevelPlan<Plan>> {
  const { objects, groups, ...rest } = query;
  const isNamed = objects !== undefined || groups !== undefined;
  const rows = planRows(level, owners?.vertexQuery ?? rest, owners?.otherNames);
  const limits = chunkLimits(level, rows.intervals);
  const wanted =
    isNamed && owners === undefined
      ? await (await import("./object-rows.js")).readObjectRows(level, query, signal)
      : owners?.wanted;
  const { chunks, isListed } =
    wanted === undefined
      ? await selectChunks(level, limits, signal)
      : {
          chunks: wanted.chunks.filter((chunk) => !rows.isFiltering || isWithin(chunk, limits)),
          isListed: true,
        };
  const { rowsPerChunk } = level;
  const asked = {
    isRequired: isListed,
    ...(bodies === undefined || wanted !== undefined || owners !== undefined
      ? {}
      : { demand: { bodies, chunks, rowsPerChunk } }),
    ...(signal === undefined ? {} : { signal }),
  };
  const plan = async (chunk: Chunk): Promise<RowsPart | undefined> => {
    const runs = await wanted?.runsOf(chunk, signal);
    const part = await planChunk(rows, chunk, runs === undefined ? asked : { ...asked, runs });
    return part && owners ? owners.carry(part, chunk, runs) : part;
  };
  return {
    level: level.metadata.level,
    points: owners ? { ...rows.target, fields: [...rows.target.fields, ...owners.fields] } : rows.target,
    ...(isListed ? { partsTotal: chunks.length } : {}),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    ...(isNamed && wanted !== undefined ? { named: wanted.objects } : {}),
    async *[Symbol.asyncIterator]() {
      if (owners !== undefined) {
        // What owners carry is read for each chunk, some sooner than others: handed on together, their reads can meet.
        for (let at = 0; at < chunks.length; at += chunksAhead) {
          const parts = await Promise.all(chunks.slice(at, at + chunksAhead).map(plan));
          for (const part of parts) if (part !== undefined) yield part;
        }
        return;
      }
      for await (const part of mapAhead(chunks, chunksAhead, plan)) {
        if (part !== undefined) yield part;
      }
    },
  };
}
