/**
 * A dataset: the sources of one store, and what stores of several datasets (ATLAS) tell and read across them.
 *
 * @module
 */
import type { JsonObject } from "./json.js";
import type { Estimate, EstimateOptions } from "./price.js";
import type {
  AnySource,
  GraphSource,
  GridSelection,
  GridSource,
  MeshSource,
  PointSource,
  PolylineSource,
  QueryOptions,
} from "./source.js";
import type { AcrossTable, StackedTable } from "./table.js";

/** What `Dataset.acrossDatasets` takes. */
export interface AcrossOptions extends QueryOptions {
  /** Names, in the order of the result. Absent: all that have the variable, in the order of the store. */
  readonly datasets?: readonly string[];
  /** One grid with the datasets along its first axis; what is read must have one shape. */
  readonly stacked?: boolean;
  /** What to read of each, by index, as `GridSource.read` takes it; slices end where an array does. */
  readonly selection?: GridSelection;
  /**
   * Stored blocks that are read at once at most; fewer take less memory. Absent: as many as the engine has under way, so
   * that neighbours become one request.
   */
  readonly concurrency?: number;
}

/** An attribute as it is stored: 64-bit integers beyond 2^53 are bigints, times are RFC 3339 text. */
export type AttributeValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly (boolean | number | bigint | string | Uint8Array)[];

export interface MemberAttributes {
  readonly values: ReadonlyMap<string, AttributeValue>;
  /** Names of attributes whose values the files do not tell apart from others (docs/formats/atlas.md, "Faults"). */
  readonly unresolved: readonly string[];
}

/** Integers and times (nanoseconds since 1970) as bigints, floats as numbers, text as its bytes. */
export type StatisticValue = bigint | number | Uint8Array;

/** What the writer noted of one array of one member. */
export interface MemberStatistics {
  /** Cells of the whole shape. */
  readonly rows: bigint;
  /** Cells that hold the fill value or were never written. */
  readonly nulls: bigint;
  /** Of the other cells; a NaN that is no fill value counts as the greatest. Absent where there are none. */
  readonly min?: StatisticValue;
  readonly max?: StatisticValue;
}

/** Stores of many datasets (ATLAS): what they tell of each of them beside its arrays. */
export interface Members {
  /** In order; sources are called `member/array`. */
  readonly names: readonly string[];
  /**
   * Attributes of a member, or of one of its arrays. Costs requests where they are not part of the store's metadata.
   *
   * @throws ReaderError `not-found`
   */
  attributes(
    member: string,
    array?: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<MemberAttributes>;
  /**
   * Statistics as the writer left them, one request for an array in all members; `undefined` where there are none.
   *
   * @throws ReaderError `not-found`
   */
  statistics(
    member: string,
    array: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<MemberStatistics | undefined>;
}

export interface Dataset {
  /** Without query and secrets. */
  readonly url: string;
  readonly format: string;
  readonly formatVersion: string;
  readonly attributes: JsonObject;
  readonly sources: ReadonlyMap<string, AnySource>;
  /** ATLAS alone. */
  readonly members?: Members;
  /** The only one, or the named one; coordinate arrays must be named. */
  source(name?: string): AnySource;
  grid(name?: string): GridSource;
  points(name?: string): PointSource;
  polylines(name?: string): PolylineSource;
  graph(name?: string): GraphSource;
  mesh(name?: string): MeshSource;
  /**
   * Reads one variable of many datasets in one plan, where a store holds several (ATLAS).
   *
   * @throws ReaderError `not-found` for datasets that are not there, or when none of them has the variable; `invalid-query`
   *   naming the dataset whose type, axes or (stacked) shape differ from the first one's; `unsupported` for other formats
   */
  acrossDatasets(name: string, options: AcrossOptions & { readonly stacked: true }): Promise<StackedTable>;
  acrossDatasets(name: string, options?: AcrossOptions & { readonly stacked?: false }): Promise<AcrossTable>;
  /**
   * Counts what the whole store holds and prices it. Lists the store, a request for a thousand objects; where it does not
   * list, plans every source and asks for sizes.
   */
  estimate(options?: EstimateOptions): Promise<Estimate>;
  /** Stops what is running and frees the cache. */
  close(): void;
}
