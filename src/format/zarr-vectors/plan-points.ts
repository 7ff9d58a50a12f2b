/**
 * Plans points: a box and ranges select spatial chunks, the worker filters rows exactly.
 *
 * Chunks are pruned by their place in the grid only. The reference's shortcut of reading just the fragments whose bin
 * meets the box is not taken: it loses points in stores with object ids and at coarse levels
 * (docs/formats/zarr-vectors.md).
 *
 * @module
 */
import { bboxDims, checkBbox, type Interval } from "../../core/bbox.js";
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import type { ColumnRead, ComponentRef, FieldOutput, RowCondition, RowsPart } from "../../core/plan.js";
import type { FieldInfo, Plan, PointQuery, QueryOptions } from "../../core/source.js";
import { type CellArray, compareChunks } from "./cells.js";
import type { Attribute } from "./fields.js";
import type { AxisInfo, LevelMetadata } from "./metadata.js";

/** A level, as far as reading points needs it. */
export interface PointLevel {
  readonly metadata: LevelMetadata;
  readonly vertices: CellArray;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** Indexes of so many chunks are looked up before the engine asks: as many as its window takes at once. */
const chunksAhead = 256;

/** A vertex may lie one rounding error outside its chunk when bins subdivide chunks; part of a chunk edge. */
const chunkTolerance = 1e-6;

type NumberInterval = readonly [number | bigint, number | bigint];

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
  const cells = columns.map((name) => level.attributes.get(name)!);
  const planChunk = async (chunk: readonly number[]): Promise<RowsPart | undefined> => {
    const { signal } = options;
    const [vertices, ...others] = await Promise.all([
      level.vertices.locate(chunk, signal),
      ...cells.map((attribute) => attribute.cells.locate(chunk, signal)),
    ]);
    if (vertices === undefined) return undefined;
    return {
      kind: "rows",
      label: `${level.vertices.path} ${chunk.join(".")}`,
      columns: [
        columnOf("vertices", level.vertices, axes.length, vertices),
        ...cells.map(({ info, cells: array }, index) =>
          columnOf(info.name, array, info.width, others[index]),
        ),
      ],
      conditions,
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

/** Axes that make up `positions`: the named ones, else the spatial ones, three at most. */
export function choosePositions(axes: readonly AxisInfo[], names?: readonly string[]): readonly number[] {
  const chosen =
    names === undefined
      ? axes.flatMap((axis, index) => (axis.type === "space" ? [index] : [])).slice(0, 3)
      : names.map((name) => axes.findIndex((axis) => axis.name === name));
  if (
    chosen.length >= 2 &&
    chosen.length <= 3 &&
    !chosen.includes(-1) &&
    new Set(chosen).size === chosen.length
  ) {
    return chosen;
  }
  throw new ReaderError(
    "invalid-query",
    `positions must name two or three of the axes ${axes.map((axis) => axis.name).join(", ")}.`,
  );
}

/** The closed interval of each axis, from the box and the ranges together. */
function axisIntervals(
  axes: readonly AxisInfo[],
  positionAxes: readonly number[],
  query: PointQuery,
): (NumberInterval | undefined)[] {
  const intervals = new Array<NumberInterval | undefined>(axes.length).fill(undefined);
  if (query.bbox !== undefined) {
    const bbox = checkBbox(query.bbox);
    const dims = bboxDims(bbox);
    if (dims > positionAxes.length) {
      throw new ReaderError(
        "invalid-query",
        `bbox has ${dims} dimensions, the points have ${positionAxes.length}.`,
      );
    }
    for (let axis = 0; axis < dims; axis++)
      intervals[positionAxes[axis]!] = [bbox[axis]!, bbox[axis + dims]!];
  }
  for (const [name, range] of Object.entries(query.ranges ?? {})) {
    const axis = axes.findIndex((info) => info.name === name);
    if (axis < 0) continue;
    const [min, max] = numberInterval(name, range);
    const known = intervals[axis];
    intervals[axis] = known === undefined ? [min, max] : [later(known[0], min), earlier(known[1], max)];
  }
  return intervals;
}

function later(a: number | bigint, b: number | bigint): number | bigint {
  return a > b ? a : b;
}

function earlier(a: number | bigint, b: number | bigint): number | bigint {
  return a < b ? a : b;
}

/** @throws ReaderError `invalid-query` unless both ends are numbers in order */
function numberInterval(name: string, range: Interval): NumberInterval {
  const [min, max] = range;
  const isNumber = (end: unknown): end is number | bigint =>
    typeof end === "bigint" || (typeof end === "number" && !Number.isNaN(end));
  if (isNumber(min) && isNumber(max) && min <= max) return [min, max];
  throw new ReaderError(
    "invalid-query",
    `ranges.${name} should be [min, max] with two numbers in order, found [${String(min)}, ${String(max)}].`,
  );
}

interface AttributeRange {
  readonly name: string;
  readonly interval: NumberInterval;
}

function attributeRanges(
  level: PointLevel,
  axes: readonly AxisInfo[],
  ranges: NonNullable<PointQuery["ranges"]>,
): AttributeRange[] {
  return Object.entries(ranges).flatMap(([name, range]) => {
    if (axes.some((axis) => axis.name === name)) return [];
    const attribute = level.attributes.get(name);
    if (attribute === undefined) throw unknownField("ranges", name, level, axes);
    if ((attribute.info.width ?? 1) > 1) {
      throw new ReaderError("invalid-query", `ranges.${name}: the field has several values per row.`);
    }
    return [{ name, interval: rangeOf(attribute.info, range) }];
  });
}

/** A range on categories may name one of them, `["oak", "oak"]`: codes have no order of meaning. */
function rangeOf(info: FieldInfo, range: Interval): NumberInterval {
  const [first, last] = range;
  if (info.categories === undefined || typeof first !== "string") return numberInterval(info.name, range);
  const code = info.categories.indexOf(first);
  if (first === last && code >= 0) return [code, code];
  throw new ReaderError(
    "invalid-query",
    `ranges.${info.name}: a range of categories names one of them twice, such as ["${info.categories[0]}", "${info.categories[0]}"].`,
  );
}

interface WantedField {
  readonly info: FieldInfo;
  /** Set for fields that are axes. */
  readonly axis?: number;
  readonly attribute?: Attribute;
}

/** Fields of a level: the axes that are no positions, then the attributes. */
export function fieldsOf(
  vertexType: DataType,
  attributes: ReadonlyMap<string, Attribute>,
  axes: readonly AxisInfo[],
  positionAxes: readonly number[],
): WantedField[] {
  const fromAxes = axes.flatMap((axis, index): WantedField[] => {
    if (positionAxes.includes(index)) return [];
    const unit = axis.unit === undefined ? {} : { unit: axis.unit };
    return [{ axis: index, info: { name: axis.name, dtype: vertexType, width: 1, ...unit } }];
  });
  return [...fromAxes, ...[...attributes.values()].map((attribute) => ({ attribute, info: attribute.info }))];
}

function chooseFields(
  level: PointLevel,
  axes: readonly AxisInfo[],
  positionAxes: readonly number[],
  names: readonly string[] | undefined,
): WantedField[] {
  const all = fieldsOf(level.vertices.dtype, level.attributes, axes, positionAxes);
  if (names === undefined) return all;
  return names.map((name) => {
    const field = all.find(({ info }) => info.name === name);
    if (field === undefined) throw unknownField("fields", name, level, axes);
    return field;
  });
}

function unknownField(
  where: string,
  name: string,
  level: PointLevel,
  axes: readonly AxisInfo[],
): ReaderError {
  const there = [...axes.map((axis) => axis.name), ...level.attributes.keys()];
  const { level: number } = level.metadata;
  return new ReaderError(
    "invalid-query",
    `${where}: level ${number} has no field "${name}". It has ${there.join(", ")}.`,
    number === 0 ? {} : { hint: "Coarse levels carry no vertex attributes as a rule; level 0 does." },
  );
}

/** Names of the attributes to read, each once. */
function chooseColumns(
  level: PointLevel,
  wanted: readonly WantedField[],
  filtering: readonly AttributeRange[],
): string[] {
  const names = [
    ...wanted.flatMap(({ info, axis }) => (axis === undefined ? [info.name] : [])),
    ...filtering.map(({ name }) => name),
  ];
  return [...new Set(names)].filter((name) => level.attributes.has(name));
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
