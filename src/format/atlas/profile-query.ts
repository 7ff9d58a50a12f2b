/**
 * What a query asks of profiles: which columns to return, and within which limits.
 *
 * @module
 */
import { bboxAxis, bboxDims, checkBbox, type Interval, polygonBox } from "../../core/bbox.js";
import { type DataType, isRagged, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { FieldInfo, PointQuery } from "../../core/source.js";
import type { Bounds } from "../../engine/labels/bounds.js";
import { parseInterval } from "../../engine/labels/intervals.js";
import { datasetField, type Profiles } from "./profile-rows.js";

/** A query that was held against the columns there are. */
export interface ProfileQuery {
  readonly positions: readonly string[];
  /** Of positions: that of all of them, or else one that holds them all exactly. */
  readonly positionType: DataType;
  readonly fields: readonly FieldInfo[];
  /** By column: a row counts when its value lies in all of them. */
  readonly limits: ReadonlyMap<string, readonly Bounds[]>;
  /** The one dataset asked for by name. */
  readonly dataset?: string;
}

/** @throws ReaderError `invalid-query` naming the field, axis or box that does not fit */
export async function parseProfileQuery(profiles: Profiles, query: PointQuery): Promise<ProfileQuery> {
  const { columns } = profiles;
  if (query.level !== undefined && query.level !== 0) {
    throw new ReaderError("invalid-query", `Profiles have no level ${query.level}; they have level 0.`);
  }
  const positions = choosePositions(profiles, query.positions);
  const fields =
    query.fields?.map((name) => findColumn(columns, name, "fields")) ??
    [...columns.values()].filter(({ name }) => !positions.includes(name));
  const limits = new Map<string, Bounds[]>();
  const limit = (name: string, bounds: Bounds): void => {
    limits.set(name, [...(limits.get(name) ?? []), bounds]);
  };
  for (const box of [query.bbox, query.polygon && polygonBox(query.polygon)]) {
    if (box === undefined) continue;
    const dims = bboxDims(checkBbox(box));
    if (dims > positions.length) {
      const message = `bbox has ${dims} dimensions, the positions have ${positions.length}.`;
      throw new ReaderError("invalid-query", message);
    }
    positions.slice(0, dims).forEach((name, axis) => {
      const [min, max] = bboxAxis(box, axis);
      limit(name, fitBounds({ min, max }, columns.get(name)!));
    });
  }
  let dataset: string | undefined;
  for (const [name, interval] of Object.entries(query.ranges ?? {})) {
    const info = findColumn(columns, name, "ranges");
    if (name === datasetField && info.categories !== undefined) dataset = nameOf(interval, info.categories);
    else if (isRagged(info.dtype)) {
      throw new ReaderError("invalid-query", `ranges.${name}: text is not limited; ask for it as a field.`);
    } else limit(name, await boundsOf(interval, info));
  }
  const positionType = typeOfPositions(positions.map((name) => columns.get(name)!));
  return { positions, positionType, fields, limits, ...(dataset === undefined ? {} : { dataset }) };
}

function choosePositions({ columns, positions }: Profiles, names?: readonly string[]): readonly string[] {
  if (names === undefined) return positions;
  const infos = names.map((name) => findColumn(columns, name, "positions"));
  const isText = infos.some(({ dtype }) => isRagged(dtype));
  const isGood = !isText && names.length >= 2 && names.length <= 3 && new Set(names).size === names.length;
  if (isGood && !names.includes(datasetField)) return names;
  throw new ReaderError(
    "invalid-query",
    `positions must name two or three columns of numbers; there are ${[...columns.keys()].join(", ")}.`,
  );
}

function findColumn(columns: Profiles["columns"], name: string, where: string): FieldInfo {
  const found = columns.get(name);
  if (found !== undefined) return found;
  throw new ReaderError(
    "invalid-query",
    `${where}: profiles have no field "${name}"; they have ${[...columns.keys()].join(", ")}.`,
    { hint: "What has several dimensions is read from the source of its dataset." },
  );
}

/** One type for all, without loss. */
function typeOfPositions(infos: readonly FieldInfo[]): DataType {
  const [first] = infos;
  if (infos.every(({ dtype }) => dtype === first!.dtype)) return first!.dtype;
  const wide = infos.find(({ dtype }) => itemBytes(dtype) === 8 && dtype !== "float64");
  if (wide === undefined) return "float64";
  throw new ReaderError(
    "invalid-query",
    `positions: ${wide.name} is ${wide.dtype}, which shares no type with ${infos.map(({ name }) => name).join(", ")}.`,
    { hint: "Ask for it as a field." },
  );
}

/** @throws ReaderError `invalid-query` unless it names one dataset twice */
function nameOf([first, last]: Interval, names: readonly string[]): string {
  if (typeof first === "string" && first === last && names.includes(first)) return first;
  throw new ReaderError(
    "invalid-query",
    `ranges.${datasetField} names one dataset twice, such as ["${names[0]}", "${names[0]}"].`,
  );
}

async function boundsOf(interval: Interval, info: FieldInfo): Promise<Bounds> {
  const { name, unit } = info;
  const attributes = unit === undefined ? {} : { units: unit };
  const labels = isWide(info) ? new BigInt64Array(0) : undefined;
  return fitBounds(await parseInterval(interval, name, attributes, labels), info);
}

function isWide({ dtype }: FieldInfo): boolean {
  return dtype === "int64" || dtype === "uint64";
}

function fitBounds(bounds: Bounds, info: FieldInfo): Bounds {
  if (!isWide(info)) return bounds;
  return { min: toWhole(bounds.min, Math.ceil), max: toWhole(bounds.max, Math.floor) };
}

/** Bounds of 64-bit integers are big integers; what lies beyond all of them stays beyond. */
function toWhole(end: number | bigint, round: (value: number) => number): bigint {
  if (typeof end === "bigint") return end;
  if (Number.isFinite(end)) return BigInt(round(end));
  return end > 0 ? 2n ** 64n : -(2n ** 64n);
}
