/**
 * Every store among the fixtures, what may be asked of each of its sources, and trials: a source's price, then the query, and
 * what a server saw of both.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ColumnRead, ReadPart } from "../../src/core/plan.js";
import type { Explain } from "../../src/core/price.js";
import type { AnySource, GridSource, PolylineQuery, Query } from "../../src/core/source.js";
import { isReaderError } from "../../src/index.js";
import type { LogEntry } from "./s3-server/types.js";

export const fixturesRoot = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** What lies among the fixtures and is no store, by why that is. */
const noStores: Readonly<Record<string, RegExp>> = {
  "streams of single codecs": /^codecs\//,
  "pages of web servers": /^index-pages\//,
  "licences of the data": /^licences\//,
  "what is said about the fixtures": /README\.md$|\/disagreements[^/]*\.txt$/,
  "answers of stores": /\.expected\.(json|bin)$|\.resolved\.json$|\/answers\.json$|-xarray\.json$/,
  "the list of the demo": /^demo\/samples\.json$/,
  "what references lead to": /^stores\/(raw-\d\.bin|wind\.h5)$/,
  "single files of ATLAS stores": /^atlas-vectors\/.*\.(af|stats)$/,
  "a store of a thousand fragments, in an archive: test/unit/format/tiledb/many.test.ts prices it":
    /^tiledb-many\/array\.tar\.gz$/,
};

const isStore = (path: string): boolean =>
  /\.(zarr|zarrvectors|tdb|atlas|zip)$|\/references-[^.]+\.json$/.test(path);

/** Every store among the fixtures by its path below their root; and what is neither a store nor known to be none. */
export function listStores(): { readonly stores: readonly string[]; readonly unknown: readonly string[] } {
  const paths = readdirSync(fixturesRoot, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(`${fixturesRoot}${entry.name}`).map((name) => `${entry.name}/${name}`)
      : [entry.name],
  );
  return {
    stores: paths.filter(isStore),
    unknown: paths.filter((path) => !isStore(path) && !Object.values(noStores).some((why) => why.test(path))),
  };
}

/** A query of any kind of source. */
export type AnyQuery = Query & Pick<PolylineQuery, "lines" | "limit" | "polygon" | "objects">;

/** A part of each interval, which begins inside and ends inside. */
function partOf(bounds: readonly number[]): number[] {
  const dims = bounds.length / 2;
  const at = (share: number): number[] =>
    Array.from({ length: dims }, (_, axis) => {
      const [low, high] = [bounds[axis]!, bounds[axis + dims]!];
      return low + share * (high - low);
    });
  return [...at(0.25), ...at(0.6)];
}

async function gridQueries(source: GridSource): Promise<Record<string, AnyQuery>> {
  const ranges: Record<string, [number, number]> = {};
  for (const { name, values } of await source.axes()) {
    const numbers = Array.from(values as ArrayLike<number>, Number).filter(Number.isFinite);
    if (numbers.length < 4) continue;
    numbers.sort((a, b) => a - b);
    ranges[name] = [numbers[numbers.length >> 2]!, numbers[(numbers.length * 5) >> 3]!];
  }
  return Object.keys(ranges).length === 0 ? {} : { ranges: { ranges } };
}

function rowQueries({ kind, info }: AnySource): Record<string, AnyQuery> {
  const [field] = [...info.fields, ...(info.vertexFields ?? [])];
  const bbox = info.bounds && partOf(info.bounds);
  const box = bbox && { bbox: bbox as never };
  const [west, south] = bbox ?? [];
  const [east, north] = bbox?.slice(bbox.length / 2) ?? [];
  const triangle = [
    [west!, south!],
    [east!, south!],
    [east!, north!],
    [west!, south!],
  ];
  return {
    positions: { fields: [] },
    ...(field === undefined ? {} : { "one field": { fields: [field.name] } }),
    ...(box === undefined ? {} : { box }),
    ...(kind === "polylines"
      ? { clipped: { ...box, lines: "clip" }, chunks: { ...box, lines: "chunks" } }
      : {}),
    ...(bbox !== undefined && (kind === "points" || kind === "polylines")
      ? { polygon: { polygon: [triangle] } }
      : {}),
    ...(kind === "points" || kind === "polylines" ? { limited: { limit: 1 } } : {}),
    objects: { objects: [0] },
  };
}

/** What to ask of a source, by what it is about: all of it, parts, every level. */
export async function queriesOf(source: AnySource): Promise<Record<string, AnyQuery>> {
  const levels = source.info.levels.slice(1).map(({ level }) => [`level ${level}`, { level }] as const);
  const own = source.kind === "grid" ? await gridQueries(source) : rowQueries(source);
  return { whole: {}, ...own, ...Object.fromEntries(levels) };
}

export interface Spent {
  readonly requests: number;
  readonly bytes: number;
}

/** Some bytes of an object, as a plan names them. */
export interface ChunkPlace {
  readonly key: string;
  /** First and last byte; endlessly many of whole objects. */
  readonly bytes: readonly [number, number];
}

/** The price of a query, what a server saw of explaining and of querying, and what came. */
export interface Trial {
  readonly price: Explain;
  readonly explained: readonly LogEntry[];
  readonly planned: readonly LogEntry[];
  readonly queried: readonly LogEntry[];
  readonly spent: Spent;
  /** What the query told of itself at last. */
  readonly told: Spent;
  /** Parts of the plan that read something, and what they read. */
  readonly parts: number;
  readonly chunks: readonly ChunkPlace[];
  /** Rows, or cells of a grid. */
  readonly rows: number;
}

/** @returns a code where the source refuses the query, by `explain` and by `query` alike */
export async function tryPrice(
  source: AnySource,
  query: AnyQuery,
  log: readonly LogEntry[],
): Promise<Trial | string> {
  const atStart = log.length;
  let price: Explain;
  try {
    price = await source.explain(query as never);
  } catch (thrown) {
    const code = await codeOf(source.query(query as never));
    if (code !== undefined && isReaderError(thrown, code)) return code;
    throw thrown;
  }
  const explained = log.length;
  const reads: ColumnRead[][] = [];
  for await (const part of await source.plan(query as never)) {
    const columns = columnsOf(part).filter(({ read }) => read !== undefined);
    if (columns.length > 0) reads.push(columns);
  }
  const planned = log.length;
  let told: Spent = { requests: 0, bytes: 0 };
  const onProgress = (progress: Spent): void => {
    told = { requests: progress.requests, bytes: progress.bytes };
  };
  const table = await source.query(query as never, { onProgress });
  const queried = log.slice(planned);
  const bytes = queried.reduce((sum, { status = 0, bytes: sent }) => sum + (status < 300 ? sent : 0), 0);
  return {
    price,
    explained: log.slice(atStart, explained),
    planned: log.slice(explained, planned),
    queried,
    spent: { requests: queried.length, bytes },
    told,
    parts: reads.length,
    chunks: reads.flat().map(({ read }) => ({ key: read!.key, bytes: endsOf(read!.range) })),
    rows: table.kind === "grid" ? table.shape.reduce((cells, length) => cells * length, 1) : table.length,
  };
}

function columnsOf(part: ReadPart): readonly ColumnRead[] {
  return part.kind === "rows" ? part.columns : [part.column];
}

async function codeOf(query: Promise<unknown>): Promise<"unsupported" | "invalid-query" | undefined> {
  const thrown = await query.then(
    () => undefined,
    (error: unknown) => error,
  );
  return (["unsupported", "invalid-query"] as const).find((code) => isReaderError(thrown, code));
}

function endsOf(
  range: { readonly offset: number; readonly length: number } | undefined,
): ChunkPlace["bytes"] {
  return range === undefined
    ? [0, Number.POSITIVE_INFINITY]
    : [range.offset, range.offset + range.length - 1];
}

/** First and last byte of what a request for a fixture asked for. */
function bytesOf({ key, range }: LogEntry): ChunkPlace["bytes"] {
  const [, first, last] = /^bytes=(\d*)-(\d+)$/.exec(range ?? "") ?? [];
  if (last === undefined) return [0, Number.POSITIVE_INFINITY];
  if (first !== "") return [Number(first), Number(last)];
  const { size } = statSync(`${fixturesRoot}${key}`);
  return [Math.max(0, size - Number(last)), size - 1];
}

function overlap([a, b]: ChunkPlace["bytes"], [c, d]: ChunkPlace["bytes"]): boolean {
  return a <= d && c <= b;
}

/** Requests that brought something. */
function bodies(entries: readonly LogEntry[]): LogEntry[] {
  return entries.filter(({ method, status = 0 }) => method === "GET" && status < 300);
}

/** Of later requests those for bytes that an earlier one had brought, in words. */
export function askedTwice(earlier: readonly LogEntry[], later: readonly LogEntry[]): string[] {
  return later
    .filter((entry) =>
      bodies(earlier).some(
        (before) =>
          before.key === entry.key &&
          before.query === entry.query &&
          overlap(bytesOf(before), bytesOf(entry)),
      ),
    )
    .map(inWords);
}

/** Requests to the store of a fixture that brought bytes of chunks, in words. */
export function chunksAmong(
  entries: readonly LogEntry[],
  path: string,
  chunks: readonly ChunkPlace[],
): string[] {
  return bodies(entries)
    .filter((entry) =>
      chunks.some(({ key, bytes }) => `${path}${key}` === entry.key && overlap(bytes, bytesOf(entry))),
    )
    .map(inWords);
}

function inWords({ key, range }: LogEntry): string {
  return `${key} ${range ?? ""}`;
}
