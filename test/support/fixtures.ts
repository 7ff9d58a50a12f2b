/**
 * Finds the fixtures and loads the answers that lie beside them; the layout is described in
 * `test/fixtures/README.md`. Node only.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AbsolutePath } from "../../src/core/plan.js";

/** The folders of `test/fixtures` that hold stores with answers. */
export type FixtureFamily =
  | "zarr"
  | "zarr-vectors"
  | "zarr-vectors-shapes"
  | "tiledb"
  | "atlas"
  | "atlas-packed"
  | "atlas-profiles"
  | "grids"
  | "demo"
  | "stores";

/** Where an expected array's bytes are: at `offset` in the answers' blob, or known by hash and samples alone. */
export interface ValuesReference {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes. */
  readonly length: number;
  readonly offset?: number;
  readonly sha256?: string;
  /** `[flat index, value]`, for a useful message where only the hash is kept. */
  readonly samples?: readonly (readonly [number, unknown])[];
}

/** One entry per axis, as `GridSource.read` takes them: whole axis, index, or slice. */
export type SelectionEntry =
  | null
  | number
  | { readonly start: number | null; readonly stop: number | null; readonly step: number | null };

export interface ExpectedArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly shards?: readonly number[];
  readonly data: ValuesReference;
  readonly selections: readonly {
    readonly selection: readonly SelectionEntry[];
    readonly data: ValuesReference;
  }[];
}

/** What the reference implementation answered, where it differs from the truth in the file. */
export interface ReferenceNote {
  readonly agrees: boolean;
  readonly rows?: number;
  readonly shape?: readonly number[];
  readonly error?: string;
}

export interface ExpectedGridQuery {
  readonly name: string;
  readonly array: string;
  readonly query: {
    readonly bbox?: readonly number[];
    readonly ranges?: Readonly<Record<string, readonly [number | string, number | string]>>;
  };
  readonly tags?: readonly string[];
  /** First index per axis; meaningless where the axis is empty. */
  readonly start: readonly number[];
  readonly axes: readonly { readonly name: string; readonly values: ValuesReference }[];
  readonly data: ValuesReference;
  readonly reference: ReferenceNote;
}

export type ExpectedField =
  | { readonly dtype: "string"; readonly categories: readonly string[]; readonly codes: ValuesReference }
  | { readonly dtype: string; readonly data: ValuesReference; readonly validity?: ValuesReference };

/** Rows in canonical order: by position, axis after axis, then by the fields of `sortedBy`. */
export interface ExpectedPoints {
  readonly rows: number;
  readonly positions: ValuesReference;
  readonly fields: Readonly<Record<string, ExpectedField>>;
}

export interface ExpectedPointQuery extends ExpectedPoints {
  readonly name: string;
  readonly query: {
    readonly bbox?: readonly number[];
    readonly level?: number;
    readonly objects?: readonly number[];
    readonly groups?: readonly number[];
    readonly ranges?: Readonly<Record<string, readonly [number | string, number | string]>>;
  };
  readonly reference: ReferenceNote;
}

interface Head {
  readonly name: string;
  readonly store: string;
  readonly formatVersion: string;
  readonly generator: Readonly<Record<string, string>>;
  readonly about?: string;
}

export interface ZarrAnswers extends Head {
  readonly format: "zarr";
  readonly consolidated: boolean;
  /** By path in the store; `""` where the store itself is the array. */
  readonly arrays: Readonly<Record<string, ExpectedArray>>;
  readonly queries?: readonly ExpectedGridQuery[];
  /** Arrays that must be refused: the error's code, and a word its message must hold. */
  readonly refuses?: Readonly<Record<string, { readonly code: string; readonly mentions: string }>>;
}

/** What a source of `grids` tells when it is opened; `null` where it does not tell. */
export interface ExpectedGridInfo {
  readonly role?: string;
  readonly crs?: unknown;
  readonly bounds?: readonly number[];
  readonly dimensions?: readonly string[];
  readonly units?: readonly (string | null)[];
  readonly levels?: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly resolution?: readonly (number | null)[];
  }[];
}

/** A query through coordinates of any kind, at any level. */
export interface ExpectedCoordinateQuery {
  readonly name: string;
  readonly source: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly axes: readonly {
    readonly name: string;
    readonly unit?: string;
    readonly calendar?: string;
    /** ISO 8601, in the calendar of the axis. */
    readonly times?: readonly string[];
    /** Absent: the axis has no labels. */
    readonly values?: ValuesReference;
  }[];
  readonly data: ValuesReference;
  readonly mask?: ValuesReference;
  readonly coordinates?: Readonly<Record<string, ValuesReference>>;
}

/** Answers of the stores in `grids`. */
export interface CoordinateAnswers extends Head {
  readonly format: "grids";
  readonly sources: Readonly<Record<string, ExpectedGridInfo>>;
  readonly queries: readonly ExpectedCoordinateQuery[];
}

export interface PointAnswers extends Head {
  readonly format: "zarr-vectors";
  readonly kind: "points";
  readonly sortedBy: readonly string[];
  readonly levels: readonly (ExpectedPoints & {
    readonly level: number;
    readonly dims: number;
    readonly bounds: readonly number[];
  })[];
  readonly queries: readonly ExpectedPointQuery[];
}

/** A column of a TileDB answer; `validity` is 0 where a number is null. Of lists, the lengths (-1: null) and all values. */
export type ExpectedTileDBField =
  | (ExpectedField & { readonly validity?: ValuesReference })
  | { readonly dtype: string; readonly lengths: ValuesReference; readonly items: ValuesReference };

export interface ExpectedTileDBQuery {
  readonly name: string;
  readonly query: {
    readonly bbox?: readonly number[];
    readonly ranges?: Readonly<Record<string, readonly [number | string, number | string]>>;
    readonly fields?: readonly string[];
    readonly positions?: readonly string[];
    readonly timestamp?: number;
  };
  readonly rows: number;
  readonly positions: ValuesReference;
  readonly fields: Readonly<Record<string, ExpectedTileDBField>>;
}

/** Cells in C order: numbers, with `validity` 0 where one is null, or text. */
export type ExpectedTileDBCells =
  | (ValuesReference & { readonly validity?: ValuesReference })
  | (Exclude<ExpectedTileDBField, { readonly data: ValuesReference }> & {
      readonly shape: readonly number[];
    });

export interface TileDBGridAnswers extends Head {
  readonly format: "tiledb";
  readonly kind: "grid";
  readonly queries: readonly {
    readonly name: string;
    readonly query: Pick<ExpectedTileDBQuery["query"], "ranges" | "timestamp">;
    /** By attribute. */
    readonly arrays: Readonly<Record<string, ExpectedTileDBCells>>;
  }[];
}

export interface TileDBPointAnswers extends Head {
  readonly format: "tiledb";
  readonly kind: "points";
  /** Rows are in the order of their positions, then of these fields. */
  readonly sortedBy: readonly string[];
  readonly queries: readonly ExpectedTileDBQuery[];
}

/** Text as it is. */
export interface TextReference {
  readonly strings: readonly string[];
}

/** Lines by object, columns per vertex and per line. */
export interface ExpectedLines {
  readonly level: number;
  readonly ids: ValuesReference;
  readonly startIndices: ValuesReference;
  readonly positions: ValuesReference;
  readonly vertexFields: Readonly<Record<string, ValuesReference | TextReference>>;
  readonly fields: Readonly<Record<string, ValuesReference | TextReference>>;
}

export interface ExpectedLineQuery {
  readonly name: string;
  readonly query: Readonly<Record<string, unknown>> & { readonly level?: number };
  /** Ids of the lines with a vertex inside. */
  readonly whole: readonly number[];
  /** Runs of vertices inside: place of the line in its level, first vertex, number. */
  readonly clip?: ValuesReference;
  /** Ids that the reference's own rule gives. */
  readonly chunks?: readonly number[];
}

export interface LineAnswers extends Head {
  readonly format: "zarr-vectors";
  readonly kind: "polylines";
  readonly levels: readonly ExpectedLines[];
  readonly queries: readonly ExpectedLineQuery[];
}

/** Vertices in order of position, and links between them in ascending order. */
export interface ExpectedNetwork {
  readonly positions: ValuesReference;
  readonly links: ValuesReference;
  readonly vertexFields: Readonly<Record<string, ValuesReference | TextReference>>;
  /** Per link; `valid` is 0 where nothing is stored for it. */
  readonly fields?: Readonly<
    Record<string, { readonly data: ValuesReference | TextReference; readonly valid: ValuesReference }>
  >;
}

export interface NetworkAnswers extends Head {
  readonly format: "zarr-vectors";
  readonly kind: "graph" | "mesh";
  /** Edges go from a node to its parent. */
  readonly isTree: boolean;
  readonly levels: readonly (ExpectedNetwork & { readonly level: number })[];
  readonly queries: readonly (ExpectedNetwork & {
    readonly name: string;
    readonly query: Readonly<Record<string, unknown>>;
    /** Whether the reference gives the same. */
    readonly agrees?: boolean;
  })[];
}

/** What an ATLAS package reads: numbers, or text in C order. */
export type ExpectedAtlasValues =
  | ValuesReference
  | { readonly shape: readonly number[]; readonly strings: readonly string[] };

export interface ExpectedAtlasArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly dimensions: readonly string[];
  readonly data: ExpectedAtlasValues;
  /** Empty where nothing was flushed. Integers beyond 2^53 are text, bytes `{ bytes }` in hexadecimal. */
  readonly stats?: Readonly<Record<string, unknown>>;
  /** From 0.12 on; in 0.10 they are attributes of the dataset. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Boxes; what lies beyond the array is cut off. */
  readonly windows: readonly {
    readonly start: readonly number[];
    readonly shape: readonly number[];
    readonly data: ExpectedAtlasValues;
  }[];
}

export interface AtlasAnswers extends Head {
  readonly format: "atlas";
  /** Where the package answers otherwise than what was written: attributes of datasets, and of their array `v`. */
  readonly told?: Readonly<Record<string, { readonly attributes: object; readonly v: object }>>;
  /** Names of the datasets, in order. */
  readonly listed: readonly string[];
  readonly datasets: Readonly<
    Record<
      string,
      {
        readonly attributes?: Readonly<Record<string, unknown>>;
        readonly arrays: Readonly<Record<string, ExpectedAtlasArray>>;
      }
    >
  >;
}

/** One variable of several datasets, and rows of all of them, in the order of the datasets and their levels. */
export interface AtlasProfileAnswers extends Head {
  readonly format: "atlas";
  /** Where the package answers otherwise than what was written: attributes of datasets, and of their array `v`. */
  readonly told?: Readonly<Record<string, { readonly attributes: object; readonly v: object }>>;
  readonly cases: readonly {
    readonly name: string;
    readonly array: string;
    readonly datasets: readonly string[];
    readonly start: readonly number[] | null;
    readonly shape: readonly number[] | null;
    /** `null` where a dataset does not have the variable. */
    readonly values: readonly (ExpectedAtlasValues | null)[];
    readonly stacked?: ValuesReference;
  }[];
  readonly queries: readonly {
    readonly name: string;
    readonly query: {
      readonly bbox?: readonly number[];
      readonly ranges?: Readonly<Record<string, readonly [number | string, number | string]>>;
    };
    readonly rows: number;
    readonly positions: ValuesReference;
    readonly fields: Readonly<Record<string, ValuesReference>>;
  }[];
}

/** Numbers as they are stored, and what CF makes of them, by dataset and array. */
export interface AtlasPackedAnswers extends Head {
  readonly format: "atlas";
  readonly datasets: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly stored: ValuesReference; readonly decoded: ValuesReference }>>
    >
  >;
}

/** What the library lists in a group, and what its arrays hold. */
export interface TileDBGroupAnswers extends Head {
  readonly format: "tiledb";
  readonly kind: "group";
  readonly metadata: Readonly<Record<string, string>>;
  readonly sources: Readonly<
    Record<
      string,
      | { readonly kind: "grid"; readonly data: ValuesReference }
      | { readonly kind: "points"; readonly positions: ValuesReference; readonly height: ValuesReference }
    >
  >;
  /** Members that do not lie below the group. */
  readonly elsewhere: readonly string[];
}

export type TileDBAnswers = TileDBPointAnswers | TileDBGridAnswers | TileDBGroupAnswers;

type Answers =
  | ZarrAnswers
  | PointAnswers
  | LineAnswers
  | NetworkAnswers
  | TileDBAnswers
  | AtlasAnswers
  | AtlasPackedAnswers
  | AtlasProfileAnswers
  | CoordinateAnswers;

export interface Fixture<A extends Answers = Answers> {
  readonly family: FixtureFamily;
  readonly name: string;
  /** Directory of the store. */
  readonly path: string;
  /** The same as a `file:` URL, without a slash at the end. */
  readonly url: string;
  readonly answers: A;
  /** Raw little-endian C-order bytes, a copy; `undefined` where only a hash is kept. */
  bytes(reference: ValuesReference): Uint8Array | undefined;
  /**
   * Says how `actual` differs from what is expected, or `undefined` when it is equal to the bit.
   * Any view will do: its bytes are compared, so pass the numbers in little-endian C order. A `Float32Array` may
   * stand for float16 values, which are widened exactly.
   */
  difference(reference: ValuesReference, actual: ArrayBufferView): string | undefined;
}

const root = new URL("../fixtures/", import.meta.url);

/** All fixtures of a folder, by name. */
export function listFixtures(family: "zarr" | "stores"): Fixture<ZarrAnswers>[];
export function listFixtures(family: "zarr-vectors"): Fixture<PointAnswers>[];
export function listFixtures(family: "tiledb"): Fixture<TileDBAnswers>[];
export function listFixtures(family: "zarr-vectors-shapes"): Fixture<LineAnswers | NetworkAnswers>[];
export function listFixtures(family: "atlas"): Fixture<AtlasAnswers>[];
export function listFixtures(family: "atlas-packed"): Fixture<AtlasPackedAnswers>[];
export function listFixtures(family: "atlas-profiles"): Fixture<AtlasProfileAnswers>[];
export function listFixtures(family: "grids"): Fixture<CoordinateAnswers>[];
export function listFixtures(family: FixtureFamily): Fixture[];
export function listFixtures(family: FixtureFamily): Fixture[] {
  const suffix = ".expected.json";
  return readdirSync(new URL(`${family}/`, root))
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => loadFixture(family, name.slice(0, -suffix.length)));
}

/** The files of a store's folder by key, each in a buffer of its own. */
export function filesOf(folder: string): Map<AbsolutePath, Uint8Array> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const full = join(parentPath, name);
      return [`/${relative(folder, full)}`, new Uint8Array(readFileSync(full))];
    }),
  );
}

/** One fixture by folder and name. */
export function loadFixture(family: FixtureFamily, name: string): Fixture {
  const folder = new URL(`${family}/`, root);
  const answers = JSON.parse(
    readFileSync(new URL(`${name}.expected.json`, folder), "utf8"),
  ) as Fixture["answers"];
  const blob = readFileSync(new URL(`${name}.expected.bin`, folder));
  const path = fileURLToPath(new URL(answers.store, folder));
  const bytes = (reference: ValuesReference): Uint8Array | undefined =>
    reference.offset === undefined
      ? undefined
      : Uint8Array.from(blob.subarray(reference.offset, reference.offset + reference.length));
  return {
    family,
    name,
    path,
    url: pathToFileURL(path).href,
    answers,
    bytes,
    difference: (reference, actual) =>
      reference.dtype === "float16" && actual instanceof Float32Array
        ? differenceWidened(reference, bytes(reference), actual)
        : describeDifference(reference, bytes(reference), actual),
  };
}

function describeDifference(
  reference: ValuesReference,
  expected: Uint8Array | undefined,
  actual: ArrayBufferView,
): string | undefined {
  const got = new Uint8Array(actual.buffer, actual.byteOffset, actual.byteLength);
  if (got.length !== reference.length) {
    return `${got.length} bytes instead of ${reference.length} (${reference.dtype} [${reference.shape.join(", ")}])`;
  }
  if (expected === undefined) {
    const hash = createHash("sha256").update(got).digest("hex");
    return hash === reference.sha256
      ? undefined
      : `sha256 ${hash} instead of ${reference.sha256}; samples ${JSON.stringify(reference.samples)}`;
  }
  const at = expected.findIndex((byte, index) => byte !== got[index]);
  return at < 0 ? undefined : `byte ${at} is ${got[at]} instead of ${expected[at]} (${reference.dtype})`;
}

function differenceWidened(
  reference: ValuesReference,
  half: Uint8Array | undefined,
  actual: Float32Array,
): string | undefined {
  if (half === undefined) throw new Error("float16 values are expected to be small enough to be stored");
  if (actual.length * 2 !== reference.length) {
    return `${actual.length} values instead of ${reference.length / 2} (float16)`;
  }
  const view = new DataView(half.buffer);
  const at = actual.findIndex(
    (value, index) => !Object.is(value, widenFloat16(view.getUint16(2 * index, true))),
  );
  return at < 0
    ? undefined
    : `value ${at} is ${actual[at]} instead of ${widenFloat16(view.getUint16(2 * at, true))} (float16)`;
}

/** IEEE 754 binary16 by its definition: sign, five bits of exponent, ten of fraction. */
function widenFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

type Numeric = ArrayLike<number> | ArrayLike<bigint>;

/**
 * Row order by position, axis after axis, then by the given columns; NaN last. Apply it to a query's rows
 * before comparing them with {@link ExpectedPoints}: formats promise no order.
 */
export function canonicalOrder(
  positions: Numeric,
  dims: number,
  columns: readonly Numeric[] = [],
): Uint32Array {
  const rows = positions.length / dims;
  return Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => {
    for (let axis = 0; axis < dims; axis++) {
      const order = compare(positions[a * dims + axis], positions[b * dims + axis]);
      if (order !== 0) return order;
    }
    for (const column of columns) {
      const order = compare(column[a], column[b]);
      if (order !== 0) return order;
    }
    return a - b;
  });
}

function compare(a: number | bigint | undefined, b: number | bigint | undefined): number {
  if (a === undefined || b === undefined) throw new Error("a column is shorter than the positions");
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

interface Column<T> extends ArrayLike<T> {
  readonly constructor: unknown;
}

/** A column, or interleaved positions, with its rows in another order; same type, new buffer. */
export function takeRows<T extends Column<number> | Column<bigint> | readonly string[]>(
  column: T,
  order: Uint32Array,
  width = 1,
): T {
  const taken = new (column.constructor as new (length: number) => Record<number, unknown>)(
    order.length * width,
  );
  order.forEach((row, index) => {
    for (let k = 0; k < width; k++) taken[index * width + k] = column[row * width + k];
  });
  return taken as unknown as T;
}

/** The strings of an expected field, row by row; `undefined` is a missing value. */
export function expectedStrings(fixture: Fixture, field: ExpectedField): (string | undefined)[] | undefined {
  if (!("categories" in field)) return undefined;
  const raw = fixture.bytes(field.codes);
  if (raw === undefined) return undefined;
  return Array.from(new Int32Array(raw.buffer), (code) => (code < 0 ? undefined : field.categories[code]));
}

/** Stores of profiles with their answers; containers hold what a directory store holds, and share its answers. */
export function listProfileStores(): { name: string; path: string; fixture: Fixture<AtlasProfileAnswers> }[] {
  const fixtures = listFixtures("atlas-profiles");
  const newest = fixtures.find(({ name }) => name === "atlas14-profiles")!;
  const containers = ["atlas160-profiles", "atlas172-profiles"].map((name) => ({
    name,
    path: fileURLToPath(new URL(`atlas-profiles/${name}.atlas`, root)),
    fixture: newest,
  }));
  return [...fixtures.map((fixture) => ({ name: fixture.name, path: fixture.path, fixture })), ...containers];
}
