/**
 * Rows of chunks as parts: which columns to read, which rows to keep, what to return of them. Points, lines, graphs and
 * meshes all read their vertices so.
 *
 * @module
 */
import { bboxDims, checkBbox, type NumberInterval, numberInterval, polygonBox } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import type { ColumnRead, ComponentRef, FieldOutput, RowCondition, RowsPart } from "../../core/plan.js";
import type { FieldInfo, PointQuery, PointsTarget } from "../../core/source.js";
import { missingChunk } from "../../engine/engine.js";
import { type CellDemand, type Chunk, chunkKey, columnOf } from "./cells.js";
import type { Attribute } from "./fields.js";
import type { Level } from "./levels.js";
import type { AxisInfo } from "./metadata.js";
import { attributeRanges, chooseColumns, chooseFields, choosePositions } from "./row-query.js";
import { storedItemBytes } from "./row-type.js";

/** What a query asks of the rows of one level. */
export interface RowPlan {
  readonly level: Level;
  readonly target: PointsTarget;
  /** Of each axis, where the query limits it. */
  readonly intervals: readonly (NumberInterval | undefined)[];
  /** Whether some row may be left out. */
  readonly isFiltering: boolean;
  readonly columns: readonly Attribute[];
  readonly part: Pick<RowsPart, "conditions" | "positions" | "fields" | "polygon">;
}

/**
 * Resolves what a query asks of rows.
 *
 * @param others names of fields that are not of rows, for messages
 * @throws ReaderError `invalid-query` naming the field, axis or box that does not fit
 */
export function planRows(level: Level, query: PointQuery, others: readonly string[] = []): RowPlan {
  const { axes } = level.container.root;
  const positionAxes = choosePositions(axes, query.positions);
  const intervals = axisIntervals(axes, positionAxes, query);
  const wanted = chooseFields(level, axes, positionAxes, query.fields, others);
  const filtering = attributeRanges(level, axes, query.ranges ?? {}, others);
  const columns = chooseColumns(level, wanted, filtering);
  const conditions: RowCondition[] = [
    ...intervals.flatMap((interval, axis) =>
      interval === undefined ? [] : [{ column: 0, component: axis, min: interval[0], max: interval[1] }],
    ),
    ...filtering.map(({ name, interval }) => ({
      column: columns.indexOf(name) + 1,
      component: 0,
      min: interval[0],
      max: interval[1],
    })),
  ];
  const positions: ComponentRef[] = positionAxes.map((component) => ({ column: 0, component }));
  const fields: FieldOutput[] = wanted.map(({ info, axis, attribute }) => ({
    name: info.name,
    column: axis === undefined ? columns.indexOf(info.name) + 1 : 0,
    ...(axis === undefined ? {} : { component: axis }),
    ...(attribute?.nullValue === undefined ? {} : { nullValue: attribute.nullValue }),
  }));
  const polygon = query.polygon && {
    rings: query.polygon,
    x: { column: 0, component: positionAxes[0]! },
    y: { column: 0, component: positionAxes[1]! },
  };
  return {
    level,
    target: {
      dims: positionAxes.length as 2 | 3,
      positionType: level.vertices.dtype,
      fields: wanted.map((field): FieldInfo => field.info),
    },
    intervals,
    isFiltering: conditions.length > 0,
    columns: columns.map((name) => level.attributes.get(name)!),
    part: { conditions, positions, fields, ...(polygon === undefined ? {} : { polygon }) },
  };
}

export interface ChunkOptions {
  /** The store says that the chunk holds data: an error when it does not. */
  readonly isRequired: boolean;
  /** What else to read of the chunk, handed on whole. */
  readonly tables?: readonly ColumnRead[];
  readonly numbers?: RowsPart["numbers"];
  /** Every row, whatever the query asks. */
  readonly unfiltered?: boolean;
  /** Rows that count; where rows can be read on their own, no others are read. */
  readonly runs?: Uint32Array;
  /** Of a query that reads all its chunks whole. */
  readonly demand?: CellDemand;
  readonly signal?: AbortSignal;
}

/**
 * The rows of one chunk as a part.
 *
 * @returns `undefined` when nothing is stored for it
 * @throws ReaderError `corrupt` when the store says that something is
 */
export async function planChunk(
  { level, columns, part }: RowPlan,
  chunk: Chunk,
  options: ChunkOptions,
): Promise<RowsPart | undefined> {
  const { isRequired, tables = [], numbers, unfiltered = false, runs, demand, signal } = options;
  const { vertices, container } = level;
  const label = `${vertices.path} ${chunkKey(chunk)}`;
  const [cell, ...others] = await Promise.all([
    vertices.locate(chunk, signal, demand),
    ...columns.map((attribute) => attribute.columnAt(chunk, signal, demand)),
  ]);
  if (cell === undefined) {
    if (isRequired) throw missingChunk(label);
    return undefined;
  }
  const { conditions, polygon, ...rest } = part;
  const whole = [
    columnOf("vertices", vertices, cell, { width: container.root.axes.length, required: isRequired }),
    ...others,
  ].map((column) => withSize(column, level));
  const cut = runs === undefined ? undefined : (await import("./cut-rows.js")).cutToRuns(whole, runs);
  return {
    kind: "rows",
    label,
    columns: [...(cut?.columns ?? whole), ...tables],
    conditions: unfiltered ? [] : conditions,
    ...(polygon === undefined || unfiltered ? {} : { polygon }),
    ...rest,
    ...(numbers === undefined ? {} : { numbers }),
    ...(runs === undefined ? {} : { runs: cut?.runs ?? runs }),
  };
}

/** The column with the size that an average chunk has, where nothing tells its own. */
function withSize(column: ColumnRead, { rowsPerChunk }: Level): ColumnRead {
  const { read, width = 1 } = column;
  if (read === undefined || read.bytesHint !== undefined || rowsPerChunk === undefined) return column;
  return {
    ...column,
    read: { ...read, bytesHint: Math.round(rowsPerChunk * width * storedItemBytes(column)) },
  };
}

/** The closed interval of each axis, from the box and the ranges together. */
function axisIntervals(
  axes: readonly AxisInfo[],
  positionAxes: readonly number[],
  query: PointQuery,
): (NumberInterval | undefined)[] {
  const intervals = new Array<NumberInterval | undefined>(axes.length).fill(undefined);
  const narrow = (axis: number, [min, max]: NumberInterval): void => {
    const known = intervals[axis];
    intervals[axis] = known === undefined ? [min, max] : [later(known[0], min), earlier(known[1], max)];
  };
  for (const box of [query.bbox, query.polygon && polygonBox(query.polygon)]) {
    if (box === undefined) continue;
    const bbox = checkBbox(box);
    const dims = bboxDims(bbox);
    if (dims > positionAxes.length) {
      throw new ReaderError(
        "invalid-query",
        `bbox has ${dims} dimensions, the positions have ${positionAxes.length}.`,
      );
    }
    for (let axis = 0; axis < dims; axis++) narrow(positionAxes[axis]!, [bbox[axis]!, bbox[axis + dims]!]);
  }
  for (const [name, range] of Object.entries(query.ranges ?? {})) {
    const axis = axes.findIndex((info) => info.name === name);
    if (axis >= 0) narrow(axis, numberInterval(name, range));
  }
  return intervals;
}

function later(a: number | bigint, b: number | bigint): number | bigint {
  return a > b ? a : b;
}

function earlier(a: number | bigint, b: number | bigint): number | bigint {
  return a < b ? a : b;
}
