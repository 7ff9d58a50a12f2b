/**
 * Where a grid lies, as metadata state it: an affine transform from indices to coordinates, and the reference system.
 *
 * Sources of the rules: the conventions `spatial:` and `proj:` (https://github.com/zarr-conventions), GDAL's
 * `GeoTransform` on a grid mapping variable as rioxarray writes it, GDAL's `_CRS`, and CF's grid mapping attributes.
 *
 * @module
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import { crsOf } from "./cf.js";

/** `x = a·column + b·row + c`, `y = d·column + e·row + f`; indices stand for the centres of cells. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface Georeference {
  readonly affine: Affine;
  /** Names of the dimensions of rows and columns; absent: the last two. */
  readonly dimensions?: readonly [string, string];
}

/**
 * The transform that attributes state, the nearest first.
 *
 * @param places attributes of the array, then of what it inherits from: a level's entry, its group
 * @param mapping attributes of its grid mapping variable
 */
export function findGeoreference(
  places: readonly JsonObject[],
  mapping: JsonObject | undefined,
): Georeference | undefined {
  const find = (key: string): JsonValue | undefined =>
    places.map((place) => place[key]).find((value) => value !== undefined && value !== null);
  const names = find("spatial:dimensions") ?? find("proj:spatial_dimensions");
  const pair = Array.isArray(names) ? names.slice(-2) : undefined;
  const dimensions = isPairOfNames(pair) ? { dimensions: pair } : {};
  const isAffine = (find("spatial:transform_type") ?? "affine") === "affine";
  const stated = numbers(find("spatial:transform") ?? find("proj:transform"));
  if (stated !== undefined && isAffine) {
    const isNode = find("spatial:registration") === "node";
    return { affine: isNode ? stated : toCentres(stated), ...dimensions };
  }
  const text = mapping?.GeoTransform;
  const [c, a, b, f, d, e] = typeof text === "string" ? text.trim().split(/\s+/).map(Number) : [];
  const gdal = numbers([a, b, c, d, e, f] as JsonValue);
  return gdal === undefined ? undefined : { affine: toCentres(gdal), ...dimensions };
}

/** The reference system that attributes state, the nearest first; a grid mapping variable before the groups. */
export function findCrs(
  places: readonly JsonObject[],
  mapping: JsonObject | undefined,
): string | JsonObject | undefined {
  const [own = {}, ...inherited] = places;
  const mapped = mapping === undefined ? undefined : crsOf(mapping);
  return statedCrs(own) ?? mapped ?? inherited.map(statedCrs).find((crs) => crs !== undefined);
}

/** Whether a reference system counts in degrees, as far as its name or text tells. */
export function isGeographic(crs: string | JsonObject | undefined): boolean {
  if (isJsonObject(crs)) return crs.type === "GeographicCRS";
  const text = crs?.trim().toUpperCase() ?? "";
  return (
    /^(EPSG:(4326|4258|4269|4979)|OGC:CRS84|CRS84)$/.test(text) || /^(GEOGCS|GEOGCRS|GEODCRS)\b/.test(text)
  );
}

function statedCrs(attributes: JsonObject): string | JsonObject | undefined {
  const gdal = isJsonObject(attributes._CRS) ? attributes._CRS : {};
  const candidates = [
    attributes["proj:code"],
    attributes["proj:wkt2"],
    attributes["proj:projjson"],
    gdal.url,
    gdal.wkt,
    gdal.projjson,
    attributes.crs_wkt,
  ];
  return candidates.find(
    (value): value is string | JsonObject =>
      (typeof value === "string" && value !== "") || isJsonObject(value),
  );
}

/** From the corner of the first cell to its centre, as rasterio and rioxarray do it. */
function toCentres([a, b, c, d, e, f]: Affine): Affine {
  return [a, b, a * 0.5 + b * 0.5 + c, d, e, d * 0.5 + e * 0.5 + f];
}

function numbers(value: JsonValue | undefined): Affine | undefined {
  if (!Array.isArray(value) || (value.length !== 6 && value.length !== 9)) return undefined;
  const six = value.slice(0, 6);
  return six.every((one) => typeof one === "number" && Number.isFinite(one))
    ? (six as unknown as Affine)
    : undefined;
}

function isPairOfNames(value: JsonValue | undefined): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((name) => typeof name === "string");
}
