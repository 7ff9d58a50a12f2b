/**
 * The rows of the objects that a query names, chunk by chunk.
 *
 * @module
 */
import type { NetworkQuery } from "../../core/source.js";
import { type Chunk, chunkCode, chunkKey, compareChunks } from "./cells.js";
import { readFragments } from "./fragment-tables.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { corruptTable } from "./int64.js";
import type { Level } from "./levels.js";
import { type Manifests, tooMany } from "./manifests.js";
import { type ObjectSet, readObjects } from "./objects.js";

export interface ObjectRows {
  /** Chunks that hold some, ascending. */
  readonly chunks: readonly Chunk[];
  readonly objects: ObjectSet;
  /** Runs of rows in a chunk: pairs of the first and the one after the last, ascending and apart; absent: all rows. */
  runsOf(chunk: Chunk, signal?: AbortSignal): Promise<Uint32Array | undefined>;
}

/** Finds the chunks of the objects that a query names. */
export async function readObjectRows(
  level: Level,
  query: Pick<NetworkQuery, "objects" | "groups">,
  signal?: AbortSignal,
): Promise<ObjectRows> {
  const objects = (await readObjects(level, query, signal))!;
  const { manifests } = objects;
  const runsIn = groupRuns(manifests);
  return {
    chunks: [...manifests.chunks].sort(compareChunks),
    objects,
    async runsOf(chunk, aborted) {
      const fragments = await readFragments(level, chunk, aborted);
      if (fragments === undefined) return undefined;
      return runsOfObjects(manifests, runsIn(chunk), fragments, whereOf(level, chunk));
    },
  };
}

/** Pieces of objects in one chunk. */
const maxRuns = 2 ** 24;

/** Names a chunk in errors. */
export function whereOf({ vertices }: Level, chunk: Chunk): string {
  return `/${vertices.path} ${chunkKey(chunk)}`;
}

/** Finds the runs of fragments that manifests name in a chunk, by their numbers. */
export function groupRuns({ chunks, places }: Manifests): (chunk: Chunk) => Uint32Array {
  const ends = new Uint32Array(chunks.length + 1);
  for (const place of places) ends[place + 1]!++;
  for (let place = 0; place < chunks.length; place++) ends[place + 1]! += ends[place]!;
  const next = ends.slice();
  const runs = new Uint32Array(places.length);
  places.forEach((place, run) => {
    runs[next[place]!++] = run;
  });
  const placeOf = new Map(chunks.map((chunk, place) => [chunkCode(chunk), place]));
  return (chunk) => {
    const place = placeOf.get(chunkCode(chunk));
    return place === undefined ? new Uint32Array(0) : runs.subarray(ends[place], ends[place + 1]);
  };
}

/**
 * Calls back with each fragment of a chunk that manifests name.
 *
 * @param runs those that are in the chunk
 * @throws ReaderError `corrupt` for a fragment that is not there
 */
export function forEachFragment(
  { firsts, counts }: Manifests,
  runs: Uint32Array,
  { count: there }: Fragments,
  where: string,
  each: (fragment: number, run: number) => void,
): void {
  for (const run of runs) {
    const [first, count] = [firsts[run]!, counts[run]!];
    if (first + count > there) {
      throw corruptTable(where, `a manifest names fragment ${first + count - 1}, there are ${there}.`);
    }
    for (let fragment = first; fragment < first + count; fragment++) each(fragment, run);
  }
}

/**
 * Rows of one chunk that belong to some object, as pairs of the first and the one after the last, ascending and apart.
 *
 * @param runs of fragments, those that are in the chunk
 */
export function runsOfObjects(
  manifests: Manifests,
  runs: Uint32Array,
  fragments: Fragments,
  where: string,
): Uint32Array {
  const found: [number, number][] = [];
  forEachFragment(manifests, runs, fragments, where, (fragment) => {
    forEachRun(fragments, fragment, (row, rows) => found.push([row, row + rows]));
    if (found.length > maxRuns) throw tooMany(`${where}: the objects are in more than ${maxRuns} pieces.`);
  });
  found.sort((a, b) => a[0] - b[0]);
  const apart: number[] = [];
  for (const [first, end] of found) {
    if (apart.length > 0 && first <= apart.at(-1)!) apart[apart.length - 1] = Math.max(apart.at(-1)!, end);
    else apart.push(first, end);
  }
  return Uint32Array.from(apart);
}
