/**
 * @module
 * Points, lines and edges as GeoJSON (RFC 7946). Coordinates stay in the data's own reference system: where that is not longitudes and
 * latitudes, the member `crs` of the format's older edition names it, which GDAL and QGIS read.
 */
import type { Column, JsonObject } from "cloudcrop";
import type { Result } from "./state.js";

type Points = Extract<Result, { readonly kind: "points" }>;
type Fields = Points["table"]["fields"];

/** Features per piece of text: no string grows beyond what an engine can hold. */
const pieceLength = 5000;

/** The text of a file in pieces: a feature for each point, else for each line, else for each edge. */
export function writeGeoJson(result: Points, crs: string | JsonObject | undefined): string[] {
  const { count, feature } = featuresOf(result);
  const pieces = [`{"type":"FeatureCollection",${crsMember(crs)}"features":[\n`];
  for (let from = 0; from < count; from += pieceLength) {
    const to = Math.min(count, from + pieceLength);
    const features = Array.from({ length: to - from }, (_, index) => JSON.stringify(feature(from + index)));
    pieces.push(features.join(",\n"), to < count ? ",\n" : "\n");
  }
  pieces.push("]}\n");
  return pieces;
}

interface Features {
  readonly count: number;
  feature(index: number): object;
}

function featuresOf({ table, paths, edges, lines }: Points): Features {
  const { positions, dims, length, fields } = table;
  const at = (row: number): number[] =>
    Array.from({ length: dims }, (_, axis) => Number(positions[row * dims + axis]));
  const lineOf = (rows: number[]): object => ({ type: "LineString", coordinates: rows.map(at) });
  if (paths !== undefined) {
    return {
      count: paths.length - 1,
      feature(index) {
        const [from, to] = [paths[index]!, paths[index + 1]!];
        const rows = Array.from({ length: to - from }, (_, vertex) => from + vertex);
        // A line of one vertex is none.
        const geometry = rows.length === 1 ? { type: "Point", coordinates: at(from) } : lineOf(rows);
        return { type: "Feature", geometry, properties: propertiesOf(lines ?? {}, index) };
      },
    };
  }
  if (edges !== undefined) {
    return {
      count: edges.length / 2,
      feature: (index) => ({
        type: "Feature",
        geometry: lineOf([edges[2 * index]!, edges[2 * index + 1]!]),
        properties: {},
      }),
    };
  }
  return {
    count: length,
    feature: (row) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: at(row) },
      properties: propertiesOf(fields, row),
    }),
  };
}

function propertiesOf(fields: Fields, row: number): object {
  return Object.fromEntries(Object.entries(fields).map(([name, column]) => [name, valueAt(column, row)]));
}

/** JSON has neither NaN nor 64-bit integers: the former are null, the latter text where a double would change them. */
function valueAt(column: Column, row: number): unknown {
  const { width = 1, validity, categories } = column;
  if (validity?.[row] === 0) return null;
  const items = Array.from({ length: width }, (_, item) => plain(column[row * width + item], categories));
  return width === 1 ? items[0] : items;
}

function plain(value: Column[number] | undefined, categories: readonly string[] | undefined): unknown {
  if (typeof value === "number" || typeof value === "bigint") {
    const name = categories?.[Number(value)];
    if (name !== undefined) return name;
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  return ArrayBuffer.isView(value)
    ? Array.from(value as Uint8Array, (item) => plain(item, undefined))
    : value;
}

function crsMember(crs: string | JsonObject | undefined): string {
  const [, authority, code] = /^(EPSG|OGC):(\w+)$/i.exec(typeof crs === "string" ? crs : "") ?? [];
  if (authority === undefined || code === "4326" || code === "CRS84") return "";
  const name = `urn:ogc:def:crs:${authority.toUpperCase()}::${code}`;
  return `"crs":${JSON.stringify({ type: "name", properties: { name } })},`;
}
