/**
 * Plans points: a box and ranges select spatial chunks, the worker filters rows exactly.
 *
 * Chunks are pruned by their place in the grid only. The reference's shortcut of reading just the fragments whose bin
 * meets the box is not taken: it loses points in stores with object ids and at coarse levels
 * (docs/formats/zarr-vectors.md).
 *
 * @module
 */
import { bboxDims, checkBbox } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import type { ColumnRead, ComponentRef, FieldOutput, RowCondition, RowsPart } from "../../core/plan.js";
import type { Plan, PointQuery, QueryOptions } from "../../core/source.js";
import { missingChunk } from "../../engine/engine.js";
import { type CellArray, compareChunks } from "./cells.js";
import type { AxisInfo } from "./metadata.js";
import {
  attributeRanges,
  chooseColumns,
  chooseFields,
  choosePositions,
  type NumberInterval,
  numberInterval,
  type PointLevel,
  polygonBox,
} from "./point-query.js";

/** Indexes of so many chunks are looked up before the engine asks: as many as its window takes at once. */
const chunksAhead = 256;

/** A vertex may lie one rounding error outside its chunk when bins subdivide chunks; part of a chunk edge. */
const chunkTolerance = 1e-6;

/**
 * Plans a query at one level.
 *
 * @throws ReaderError `invalid-query` naming the field, axis or box that does not fit
 */
export function planPoints(
  level: PointLevel,
  axes: readonly AxisInfo[],
  query: PointQuery,
  options: QueryOptions,
): Plan {
  const positionAxes = choosePositions(axes, query.positions);
  const intervals = axisIntervals(axes, positionAxes, query);
  const wanted = chooseFields(level, axes, positionAxes, query.fields);
  const filtering = attributeRanges(level, axes, query.ranges ?? {});
  const columns = chooseColumns(level, wanted, filtering);
  const chunks = selectChunks(level, intervals);
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
    polygon: {
      rings: query.polygon,
      x: { column: 0, component: positionAxes[0]! },
      y: { column: 0, component: positionAxes[1]! },
    },
  };
  const cells = columns.map((name) => level.attributes.get(name)!);
  const isListed = level.vertices.present !== undefined;
  const planChunk = async (chunk: readonly number[]): Promise<RowsPart | undefined> => {
    const { signal } = options;
    const label = `${level.vertices.path} ${chunk.join(".")}`;
    const [vertices, ...others] = await Promise.all([
      level.vertices.locate(chunk, signal),
      ...cells.map((attribute) => attribute.cells.locate(chunk, signal)),
    ]);
    if (vertices === undefined) {
      if (isListed) throw missingChunk(label);
      return undefined;
    }
    return {
      kind: "rows",
      label,
      columns: [
        { ...columnOf("vertices", level.vertices, axes.length, vertices), required: isListed },
        ...cells.map(({ info, cells: array }, index) =>
          columnOf(info.name, array, info.width, others[index]),
        ),
      ],
      conditions,
      ...polygon,
      positions,
      fields,
    };
  };
  return {
    level: level.metadata.level,
    points: {
      dims: positionAxes.length as 2 | 3,
      positionType: level.vertices.dtype,
      fields: wanted.map((field) => field.info),
    },
    ...(level.vertices.present === undefined ? {} : { partsTotal: chunks.length }),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    async *[Symbol.asyncIterator]() {
      for await (const part of mapAhead(chunks, chunksAhead, planChunk)) {
        if (part !== undefined) yield part;
      }
    },
  };
}

function columnOf(
  name: string,
  array: CellArray,
  width: number | undefined,
  read: ColumnRead["read"],
): ColumnRead {
  return {
    name,
    codecs: array.codecs,
    dtype: array.dtype,
    ...(width === undefined ? {} : { width }),
    ...(read === undefined ? {} : { read }),
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
        `bbox has ${dims} dimensions, the points have ${positionAxes.length}.`,
      );
    }
    for (let axis = 0; axis < dims; axis++) narrow(positionAxes[axis]!, [bbox[axis]!, bbox[axis + dims]!]);
  }
  for (const [name, range] of Object.entries(query.ranges ?? {})) {
    const axis = axes.findIndex((info) => info.name === name);
    if (axis < 0) continue;
    narrow(axis, numberInterval(name, range));
  }
  return intervals;
}

function later(a: number | bigint, b: number | bigint): number | bigint {
  return a > b ? a : b;
}

function earlier(a: number | bigint, b: number | bigint): number | bigint {
  return a < b ? a : b;
}

/** Chunks that may hold rows of the intervals, ascending; of those the store lists, or of the whole grid. */
function selectChunks(
  level: PointLevel,
  intervals: readonly (NumberInterval | undefined)[],
): (readonly number[])[] {
  const { vertices, metadata } = level;
  const limits = vertices.shape.map((count, axis) => {
    const first = vertices.origin[axis]!;
    const interval = intervals[axis];
    const whole: readonly [number, number] = [first, first + count - 1];
    if (interval === undefined) return whole;
    const size = metadata.chunkShape[axis]!;
    return [
      Math.max(whole[0], Math.floor(Number(interval[0]) / size - chunkTolerance)),
      Math.min(whole[1], Math.floor(Number(interval[1]) / size + chunkTolerance)),
    ] as const;
  });
  const isInside = (chunk: readonly number[]): boolean =>
    chunk.every((coordinate, axis) => coordinate >= limits[axis]![0] && coordinate <= limits[axis]![1]);
  if (vertices.present !== undefined) return vertices.present.filter(isInside);
  return [...enumerate(limits)].sort(compareChunks);
}

/** Every chunk of a box of chunks, the last axis fastest. */
function* enumerate(limits: readonly (readonly [number, number])[]): Generator<readonly number[]> {
  const [first, ...rest] = limits;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let coordinate = first[0]; coordinate <= first[1]; coordinate++) {
    for (const tail of enumerate(rest)) yield [coordinate, ...tail];
  }
}
