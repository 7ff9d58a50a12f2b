/**
 * How an array lies: its dimensions, what labels them, and its reference system.
 *
 * @module
 */
import type { Bbox } from "../../core/bbox.js";
import type { ReaderError } from "../../core/error.js";
import type { JsonObject, JsonValue } from "../../core/json.js";
import { spatialRole } from "../../engine/labels/spatial-role.js";
import { referredNames } from "./cf.js";
import {
  type Auxiliary,
  type Coordinates,
  type Dimension,
  joinPath,
  parentOf,
  type RegularLabels,
} from "./coordinates.js";
import { findCrs, findGeoreference, type Georeference, isGeographic } from "./georeference.js";
import type { Hierarchy } from "./hierarchy.js";

export interface Placement {
  readonly dimensions: readonly Dimension[];
  readonly auxiliaries: readonly Auxiliary[];
  readonly crs?: string | JsonObject;
  /** Outer edges of the cells, where metadata tell them. */
  readonly bounds?: Bbox;
  /** Distance of neighbouring labels, one per dimension, where metadata tell it. */
  readonly resolution?: readonly (number | undefined)[];
}

/** What the metadata of a group state about a dimension of the arrays in it. */
export interface StatedDimension {
  readonly name: string;
  readonly attributes: JsonObject;
  readonly regular?: RegularLabels;
  readonly failure?: ReaderError;
}

/** What is known of an array beside its own metadata: of a level of several, by the group that lists them. */
export interface StatedPlacement {
  /** One per axis. */
  readonly dimensions?: readonly StatedDimension[];
  /** Attributes to look for a transform and a reference system in, the nearest first. */
  readonly places?: readonly JsonObject[];
}

/** Puts together what labels an array: coordinate arrays first, then what attributes state. */
export function placeArray(
  path: string,
  hierarchy: Hierarchy,
  coordinates: Coordinates,
  stated: StatedPlacement = {},
): Placement {
  const own = hierarchy.arrays.get(path)!.attributes;
  const group = path === "" ? {} : (hierarchy.groups.get(parentOf(path))?.attributes ?? {});
  const places = [own, ...(stated.places ?? []), group];
  const mapping = findMapping(path, own, hierarchy);
  const crs = findCrs(places, mapping) ?? rootCrs(hierarchy);
  const axes =
    stated.dimensions?.length === hierarchy.arrays.get(path)!.shape.length ? stated.dimensions : undefined;
  const named = coordinates.dimensionsOf(path).map((dimension, axis) => {
    const { name, ...more } = axes?.[axis] ?? { name: dimension.name };
    return dimension.coordinate === undefined ? { ...dimension, name, ...more } : dimension;
  });
  const georeference = findGeoreference(places, mapping);
  const lie = georeference === undefined ? undefined : applyAffine(named, georeference, isGeographic(crs));
  const dimensions = lie?.dimensions ?? named;
  const bounds = lie?.bounds ?? statedBounds(places);
  const resolution = lie?.resolution ?? dimensions.map(({ regular }) => regular && Math.abs(regular.step));
  return {
    dimensions,
    auxiliaries: [...(lie?.auxiliaries ?? []), ...coordinates.auxiliariesOf(path, dimensions)],
    ...(resolution.some((step) => step !== undefined) ? { resolution } : {}),
    ...(crs === undefined ? {} : { crs }),
    ...(bounds === undefined ? {} : { bounds }),
  };
}

/** Attributes of the grid mapping variable that an array names. */
function findMapping(path: string, own: JsonObject, hierarchy: Hierarchy): JsonObject | undefined {
  const { grid_mapping } = own;
  if (grid_mapping === undefined) return undefined;
  const arrays = referredNames({ grid_mapping }).map((name) =>
    hierarchy.arrays.get(joinPath(parentOf(path), name)),
  );
  return arrays.find((array) => array !== undefined)?.attributes;
}

/** Stores of one product state the reference system at their root, for all groups. */
function rootCrs({ attributes }: Hierarchy): string | undefined {
  return typeof attributes.crs_wkt === "string" && attributes.crs_wkt !== "" ? attributes.crs_wkt : undefined;
}

interface Lie {
  readonly dimensions: readonly Dimension[];
  readonly auxiliaries: readonly Auxiliary[];
  readonly bounds?: Bbox;
  readonly resolution?: readonly (number | undefined)[];
}

/** Labels by a transform, where no array gives them: per dimension, or along both where the grid is rotated. */
function applyAffine(
  dimensions: readonly Dimension[],
  { affine: [a, b, c, d, e, f], dimensions: names }: Georeference,
  inDegrees: boolean,
): Lie | undefined {
  const [y, x] =
    names === undefined
      ? rowsAndColumns(dimensions)
      : names.map((name) => dimensions.findIndex((dimension) => dimension.name === name));
  const rows = dimensions[y ?? -1];
  const columns = dimensions[x ?? -1];
  if (rows === undefined || columns === undefined || rows === columns) return undefined;
  const attributes = (axis: "X" | "Y"): JsonObject => ({
    axis,
    ...(inDegrees ? { units: axis === "X" ? "degrees_east" : "degrees_north" } : {}),
  });
  if (b === 0 && d === 0) {
    const label = (dimension: Dimension): Dimension => {
      const { coordinate, failure } = dimension;
      if (coordinate !== undefined || failure !== undefined) return dimension;
      if (dimension === columns)
        return { ...dimension, regular: { start: c, step: a }, attributes: attributes("X") };
      return dimension === rows
        ? { ...dimension, regular: { start: f, step: e }, attributes: attributes("Y") }
        : dimension;
    };
    const [west, east] = edges(c, a, columns.length);
    const [south, north] = edges(f, e, rows.length);
    return {
      dimensions: dimensions.map(label),
      auxiliaries: [],
      bounds: [west, south, east, north],
      resolution: dimensions.map((one) =>
        one === columns ? Math.abs(a) : one === rows ? Math.abs(e) : undefined,
      ),
    };
  }
  const plane = { axes: [y!, x!] as const, shape: [rows.length, columns.length] };
  return {
    dimensions,
    auxiliaries: [
      { ...plane, name: "x", plane: { start: c, perRow: b, perColumn: a }, attributes: attributes("X") },
      { ...plane, name: "y", plane: { start: f, perRow: e, perColumn: d }, attributes: attributes("Y") },
    ],
  };
}

/** The dimensions that look like rows and columns, else the last two. */
function rowsAndColumns(dimensions: readonly Dimension[]): readonly [number, number] {
  const find = (axis: "x" | "y"): number =>
    dimensions.findIndex(({ name, attributes }) => spatialRole(name, attributes)?.axis === axis);
  const [y, x] = [find("y"), find("x")];
  return y >= 0 && x >= 0 ? [y, x] : [dimensions.length - 2, dimensions.length - 1];
}

function edges(start: number, step: number, length: number): readonly [number, number] {
  const [first, last] = [start - step / 2, start + (length - 0.5) * step];
  return step < 0 ? [last, first] : [first, last];
}

function statedBounds(places: readonly JsonObject[]): Bbox | undefined {
  const isBox = (value: JsonValue | undefined): value is readonly number[] =>
    Array.isArray(value) &&
    (value.length === 4 || value.length === 6) &&
    value.every((one) => typeof one === "number");
  return places.map((place) => place["spatial:bbox"]).find(isBox);
}
