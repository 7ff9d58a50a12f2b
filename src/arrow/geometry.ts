/**
 * Positions as GeoArrow's points and lines: interleaved coordinates of 64 bits.
 * https://geoarrow.org/format.html, https://geoarrow.org/extension-types.html
 *
 * @module
 */
import { type Data, Field, FixedSizeList, Float64, List, makeData } from "apache-arrow";
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonObject } from "../core/json.js";
import type { ArrowColumn } from "./columns.js";

/** A reference system as a source tells it. */
export type Crs = string | JsonObject;

/** A column of points: one per row. */
export function pointColumn(
  name: string,
  positions: TypedArray,
  dims: 2 | 3,
  crs: Crs | undefined,
): ArrowColumn {
  const data = coordinates(positions, dims);
  return { field: geometryField(name, data, "geoarrow.point", crs), data };
}

/** A column of lines: vertices from one offset to the next. */
export function lineColumn(
  name: string,
  positions: TypedArray,
  dims: 2 | 3,
  startIndices: Uint32Array,
  crs: Crs | undefined,
): ArrowColumn {
  const points = coordinates(positions, dims);
  const data = listData(points, new Field("vertices", points.type, false), startIndices);
  return { field: geometryField(name, data, "geoarrow.linestring", crs), data };
}

/** Runs of items as lists; `item` says what they are. */
export function listData(child: Data, item: Field, starts: Uint32Array): Data {
  const valueOffsets = offsetsOf(starts);
  return makeData({ type: new List(item), length: starts.length - 1, nullCount: 0, valueOffsets, child });
}

/** Arrow's offsets have a sign; both are the same below 2^31. */
function offsetsOf(starts: Uint32Array): Int32Array {
  if ((starts.at(-1) ?? 0) <= 2 ** 31 - 1)
    return new Int32Array(starts.buffer, starts.byteOffset, starts.length);
  throw new ReaderError(
    "limit-exceeded",
    "The lines have more vertices than the 2^31 that Arrow's offsets reach.",
  );
}

function coordinates(positions: TypedArray, dims: 2 | 3): Data {
  const values = toDoubles(positions);
  const type = new FixedSizeList(dims, new Field(dims === 2 ? "xy" : "xyz", new Float64(), false));
  const child = makeData({ type: new Float64(), length: values.length, nullCount: 0, data: values });
  return makeData({ type, length: values.length / dims, nullCount: 0, child });
}

/** GeoArrow has doubles only; every other type fits into them but long integers beyond 2^53. */
function toDoubles(values: TypedArray): Float64Array {
  if (values instanceof Float64Array) return values;
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array))
    return Float64Array.from(values);
  return Float64Array.from(values as BigInt64Array, (value: bigint) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new ReaderError(
      "unsupported",
      `The position ${value} is no exact double, which GeoArrow's coordinates are.`,
    );
  });
}

function geometryField(name: string, data: Data, extension: string, crs: Crs | undefined): Field {
  const metadata = new Map([
    ["ARROW:extension:name", extension],
    ["ARROW:extension:metadata", JSON.stringify(crsMetadata(crs))],
  ]);
  return new Field(name, data.type, false, metadata);
}

/** The reference system as it is stored, and what kind of text it is, where that can be told. */
function crsMetadata(crs: Crs | undefined): JsonObject {
  if (crs === undefined) return {};
  if (typeof crs === "object") return { crs, crs_type: "projjson" };
  if (/^[A-Za-z][\w-]*:[\w.-]+$/.test(crs)) return { crs, crs_type: "authority_code" };
  // WKT of 2019 calls its systems by whole words; older WKT has no type of its own.
  return /^\s*(?:BOUND|COMPOUND|DERIVEDPROJ|ENG|GEODETIC|GEOG|GEOGRAPHIC|PROJ|PROJECTED|VERT)CRS\s*\[/i.test(
    crs,
  )
    ? { crs, crs_type: "wkt2:2019" }
    : { crs };
}
