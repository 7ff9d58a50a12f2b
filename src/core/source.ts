/**
 * What `open` returns: datasets, their sources, and the questions one may ask. Contract: docs/design/api.md §1–§4.
 *
 * @module
 */
import type { Bbox, Interval } from "./bbox.js";
import type { DataType, TypedArray } from "./dtype.js";
import type { JsonObject } from "./json.js";
import type { PolygonRings, ReadPart } from "./plan.js";
import type { Explain, Rates } from "./price.js";
import type { Progress } from "./progress.js";
import type { Settling } from "./settling.js";
import type {
  Axis,
  GraphTable,
  GridCoordinate,
  GridMask,
  GridTable,
  MeshTable,
  PointTable,
  PolylineTable,
} from "./table.js";
import type { Timeline } from "./timeline.js";

export const sourceKinds = ["grid", "points", "polylines", "graph", "mesh"] as const;

export type SourceKind = (typeof sourceKinds)[number];

export interface FieldInfo {
  readonly name: string;
  readonly dtype: DataType;
  /** Values per row. Absent where only the data tells. */
  readonly width?: number;
  readonly unit?: string;
  readonly description?: string;
  readonly categories?: readonly string[];
}

export interface LevelInfo {
  /** 0 is the finest. */
  readonly level: number;
  /** As it is called in the store. */
  readonly name?: string;
  /** Grids. */
  readonly shape?: readonly number[];
  /** Grids: the distance of neighbouring labels along each dimension, where metadata tell it. */
  readonly resolution?: readonly (number | undefined)[];
  /** Rows at this level, where the metadata tells. */
  readonly rows?: number;
  readonly chunks?: number;
  /** Points, lines, graphs and meshes: size of the positions as they are stored, before compression, where the metadata tells. */
  readonly bytes?: number;
}

/** What a part of a source covers: a flight that was taken in, a survey of one year. */
export interface Coverage {
  /** What the metadata call it: a file's name. */
  readonly name?: string;
  /** `[min…, max…]` over the dimensions of `SourceInfo.dimensions`. */
  readonly bounds: Bbox;
  /**
   * Closed intervals of the other dimensions, a year or a time, fit to be asked as `ranges`. Where the ends differ, rows lie
   * at both; what lies between is not told.
   */
  readonly ranges: Readonly<Record<string, Interval>>;
  readonly rows?: number;
}

/** Complete after `open`, without a further request. */
export interface SourceInfo {
  readonly name: string;
  /**
   * Coordinates label the axes of others, levels are one resolution of another source, labels tell the objects in an
   * image apart; `source()` without a name passes over them.
   */
  readonly role: "data" | "coordinate" | "level" | "label";
  /** `[min…, max…]` of all levels, where the metadata tells. */
  readonly bounds?: Bbox;
  /** As stored: an authority string, WKT or PROJJSON; never interpreted. */
  readonly crs?: string | JsonObject;
  /** Names of the dimensions: of the array, or of the positions. */
  readonly dimensions: readonly string[];
  readonly units?: readonly (string | undefined)[];
  readonly fields: readonly FieldInfo[];
  /** Polylines, graphs and meshes: what each vertex carries; `fields` are those of lines, edges or faces. */
  readonly vertexFields?: readonly FieldInfo[];
  readonly levels: readonly LevelInfo[];
  /** Grids: the array's shape, its chunks as they are fetched (the largest, where lengths differ), and its type. */
  readonly shape?: readonly number[];
  readonly chunkShape?: readonly number[];
  readonly dtype?: DataType;
  readonly rows?: number;
  /** What its parts cover, where the metadata tells: the files that alsdb took in, with the year and the footprint of each. */
  readonly coverage?: readonly Coverage[];
  readonly attributes: JsonObject;
}

export interface Query {
  readonly bbox?: Bbox;
  readonly ranges?: Readonly<Record<string, Interval>>;
  readonly fields?: readonly string[];
  readonly level?: number | "auto";
  readonly budget?: { readonly bytes?: number; readonly requests?: number; readonly rows?: number };
}

export interface GridQuery extends Query {
  /**
   * `"cf"`: `scale_factor`, `add_offset`, `_FillValue`, `missing_value` and the valid range of CF are applied; missing
   * values are NaN, and the result is `float32` or `float64` where it must be. Without it values are as stored.
   */
  readonly decode?: "cf";
  /** TileDB: as the array was at that time, a `Date` or milliseconds since 1970. */
  readonly timestamp?: number | Date;
}

/** What `GridSource.read` takes beside a selection. */
export interface GridReadOptions extends GridOptions {
  /** Of a multiscale source; 0, the finest, when it is absent. */
  readonly level?: number;
  readonly decode?: "cf";
}

export interface PointQuery extends Query {
  /** GeoJSON `Polygon` coordinates in the first two position axes, holes allowed; its edge belongs to it. */
  readonly polygon?: PolygonRings;
  /** Stops after so many rows, in the order of the plan. */
  readonly limit?: number;
  /** The two or three dimensions that make up `positions`; default: the spatial ones. */
  readonly positions?: readonly string[];
  /** Ids of the objects to read, where rows belong to objects. */
  readonly objects?: readonly (number | bigint)[];
  /** Numbers of the groups whose objects are read; with `objects`, those that are in both. */
  readonly groups?: readonly number[];
  /** TileDB: as the array was at that time, a `Date` or milliseconds since 1970. */
  readonly timestamp?: number | Date;
}

/** Graphs and meshes: vertices as points; an edge or a face stays when all its vertices do. */
export type NetworkQuery = Omit<PointQuery, "limit">;

export interface PolylineQuery extends PointQuery {
  /**
   * `"whole"` (default): every line with a vertex inside, complete. `"clip"`: the runs of vertices inside. `"chunks"`:
   * every line with a piece in a chunk that the box touches, complete; what the format's own package answers.
   */
  readonly lines?: "whole" | "clip" | "chunks";
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Told once when the query is over, however it ended, what it did and when. Of `query`, `read` and `stream`; costs
   * nothing where it is absent.
   */
  readonly onTimeline?: (timeline: Timeline) => void;
}

export interface GridOptions extends QueryOptions {
  /**
   * Memory for the result: an array of its type, or a buffer, at least as large. `table.data` is a view of its beginning. An
   * array over an `ArrayBuffer` may be detached, as by a BYOB reader: its memory is then that of `table.data`, and lost when
   * the query fails. Memory that is shared is written to by all workers until the query settles.
   */
  readonly into?: TypedArray | ArrayBufferLike;
}

export interface ExplainOptions extends QueryOptions {
  /** What requests and bytes cost; default: list prices of a large provider. */
  readonly rates?: Rates;
}

/** What a format answers to a question: the parts to read, and what they add up to. */
export interface Plan extends AsyncIterable<ReadPart> {
  readonly level?: number;
  /** Grids only. */
  readonly grid?: GridTarget;
  /** Points only. */
  readonly points?: PointsTarget;
  /** Parts, when known before they are planned. */
  readonly partsTotal?: number;
  /** All but grids: rows the level holds, an upper bound where parts do not know theirs. */
  readonly rowsAtMost?: number;
  /** What is read depends on what is found; parts are the most it can be. */
  readonly isUpperBound?: boolean;
  /** Of these, so many parts are read at once, and some of the others at once after them. Absent: in any number of turns. */
  readonly partsFirst?: number;
  /** No chunk is read for two parts: one that is much larger than the byte cache need not go through it. */
  readonly readsOnce?: boolean;
  readonly notes?: readonly string[];
}

export interface GridTarget {
  readonly dtype: DataType;
  /** Shape of the result with every axis of the array; integer selections have length 1 here. */
  readonly shape: readonly number[];
  /** One item in little-endian bytes, text as UTF-8: what cells no part covers hold. */
  readonly fill: Uint8Array;
  readonly axes: readonly Axis[];
  readonly mask?: GridMask;
  readonly coordinates?: readonly GridCoordinate[];
  /** Axes that an integer selection removes from the result. */
  readonly dropped: readonly number[];
  readonly categories?: readonly string[];
  readonly unit?: string;
}

export interface PointsTarget {
  readonly dims: 2 | 3;
  readonly positionType: DataType;
  readonly fields: readonly FieldInfo[];
  /** What the rows of all parts have to go through side by side. The plan then has no limit of its own. */
  readonly settling?: Settling;
}

/** A step through an axis, as in numpy and zarrita; made by `slice()`. */
export interface Slice {
  readonly start: number | undefined;
  readonly stop: number | undefined;
  readonly step: number | undefined;
}

/** One entry per axis: everything, one index (drops the axis), or a slice. Negative indices count from the end. */
export type GridSelection = readonly (null | number | Slice)[];

interface SourceBase<Q, T, O = QueryOptions> {
  /** Complete and synchronous after `open`. */
  readonly info: SourceInfo;
  /** May read indexes, never payload. */
  plan(query?: Q, options?: QueryOptions): Promise<Plan>;
  /** What `query` would cost; reads indexes and asks for sizes, no payload. */
  explain(query?: Q, options?: ExplainOptions): Promise<Explain>;
  /** One table per part, as they land. */
  stream(query?: Q, options?: QueryOptions): AsyncIterable<T>;
  /** The stream, put together. */
  query(query?: Q, options?: O): Promise<T>;
}

/** Sources whose results may be given back. */
interface ReleasesTables<T> {
  /**
   * Gives the memory of a table back for results to come, so that a viewer that reads again and again allocates nothing.
   * Its arrays must not be read afterwards. Later results may be views of buffers that are larger than they are.
   */
  release(table: T): void;
}

export interface PointSource extends SourceBase<PointQuery, PointTable>, ReleasesTables<PointTable> {
  readonly kind: "points";
  /** What the source's parts cover as their indexes tell, where it has such: TileDB's. Reads indexes, never payload. */
  coverage?(options?: { readonly signal?: AbortSignal }): Promise<readonly Coverage[]>;
}

export interface GridSource extends SourceBase<GridQuery, GridTable, GridOptions>, ReleasesTables<GridTable> {
  readonly kind: "grid";
  /** Reads by index, as `array[…]` in numpy. */
  read(selection?: GridSelection, options?: GridReadOptions): Promise<GridTable>;
  /** The labels of every axis, read once and kept; costs requests the first time. */
  axes(options?: { readonly signal?: AbortSignal; readonly level?: number }): Promise<readonly Axis[]>;
}

export interface PolylineSource extends SourceBase<PolylineQuery, PolylineTable> {
  readonly kind: "polylines";
}

export interface GraphSource extends SourceBase<NetworkQuery, GraphTable> {
  readonly kind: "graph";
}

export interface MeshSource extends SourceBase<NetworkQuery, MeshTable> {
  readonly kind: "mesh";
}

/** The source of each kind. */
export interface SourceOfKind {
  readonly grid: GridSource;
  readonly points: PointSource;
  readonly polylines: PolylineSource;
  readonly graph: GraphSource;
  readonly mesh: MeshSource;
}

export type AnySource = SourceOfKind[SourceKind];
