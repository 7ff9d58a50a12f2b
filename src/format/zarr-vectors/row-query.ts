/**
 * What a query asks of rows: positions, fields and ranges, resolved against one level.
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { FieldInfo, PointQuery } from "../../core/source.js";
import type { Attribute } from "./fields.js";
import type { Level } from "./levels.js";
import type { AxisInfo } from "./metadata.js";
import { rangeOf, type TextInterval } from "./row-type.js";

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

export interface AttributeRange {
  readonly name: string;
  readonly interval: NumberInterval | TextInterval;
}

export function attributeRanges(
  level: Level,
  axes: readonly AxisInfo[],
  ranges: NonNullable<PointQuery["ranges"]>,
  others: readonly string[],
): AttributeRange[] {
  return Object.entries(ranges).flatMap(([name, range]) => {
    if (axes.some((axis) => axis.name === name)) return [];
    const attribute = level.attributes.get(name);
    if (attribute === undefined) throw unknownField("ranges", name, level, others);
    if ((attribute.info.width ?? 1) > 1) {
      throw new ReaderError("invalid-query", `ranges.${name}: the field has several values per row.`);
    }
    return [{ name, interval: rangeOf(attribute.info, range) }];
  });
}

export interface WantedField {
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

export function chooseFields(
  level: Level,
  axes: readonly AxisInfo[],
  positionAxes: readonly number[],
  names: readonly string[] | undefined,
  others: readonly string[],
): WantedField[] {
  const all = fieldsOf(level.vertices.dtype, level.attributes, axes, positionAxes);
  if (names === undefined) return all;
  return names.map((name) => {
    const field = all.find(({ info }) => info.name === name);
    if (field === undefined) throw unknownField("fields", name, level, others);
    return field;
  });
}

function unknownField(where: string, name: string, level: Level, others: readonly string[]): ReaderError {
  const { axes } = level.container.root;
  const there = [...axes.map((axis) => axis.name), ...level.attributes.keys(), ...others];
  const { level: number } = level.metadata;
  return new ReaderError(
    "invalid-query",
    `${where}: level ${number} has no field "${name}". It has ${there.join(", ")}.`,
    number === 0 ? {} : { hint: "Coarse levels carry no vertex attributes as a rule; level 0 does." },
  );
}

/** Names of the attributes to read, each once. */
export function chooseColumns(
  level: Level,
  wanted: readonly WantedField[],
  filtering: readonly AttributeRange[],
): string[] {
  const names = [
    ...wanted.flatMap(({ info, axis }) => (axis === undefined ? [info.name] : [])),
    ...filtering.map(({ name }) => name),
  ];
  return [...new Set(names)].filter((name) => level.attributes.has(name));
}
