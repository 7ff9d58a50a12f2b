/**
 * Which lane reads what: parts that share a request, and the columns of one part, belong together; lanes get equal shares.
 *
 * @module
 */
import { type MergeLimits, mergeRanges } from "../bytes/ranges.js";
import type { ByteRange, ChunkRead, ColumnRead, ReadPart } from "../core/plan.js";
import type { Lane } from "../net/lane.js";
import { type HoldingStore, placeRead } from "../store/types.js";
import type { DecodePool } from "../worker/pool.js";

/** A group above this share of a lane's load is dealt out request by request. */
const smallestShareBytes = 2 * 1024 * 1024;
/** What an object weighs whose size is not known. */
const unknownBytes = 256 * 1024;

/** One request to come: the reads that the store will merge, and the parts they are for. */
interface Run {
  readonly parts: readonly number[];
  readonly reads: readonly ChunkRead[];
  readonly bytes: number;
}

interface Load {
  readonly requests: number;
  readonly bytes: number;
}

/** What lanes have been given so far; one for all batches of a query. */
export type LaneLoads = Map<Lane, Load>;

/**
 * Chooses a lane for each read of the parts that start together; none where they are to be read on this thread. Reads that the store merges by `limits` get the same
 * lane, so the requests are those of a single thread.
 */
export function assignLanes(
  parts: readonly ReadPart[],
  pool: Pick<DecodePool, "lanes">,
  loads: LaneLoads,
  limits: MergeLimits,
  store: Pick<HoldingStore, "laneOf" | "placeOf">,
): Map<ChunkRead, Lane> {
  const assigned = new Map<ChunkRead, Lane>();
  const all = findRuns(parts, limits, store);
  const total = bytesOf(all);
  // What a query asks for bit by bit, shard by shard, is worth as many lanes as the same at once.
  const before = sumOf(loads.values());
  const lanes = pool.lanes?.(before.requests + all.length, before.bytes + total) ?? [];
  if (lanes.length === 0) return assigned;
  const loadOf = (lane: Lane): number => loads.get(lane)?.bytes ?? 0;
  const share = Math.max(smallestShareBytes, total / lanes.length);
  for (const group of groupRuns(all)) {
    for (const runs of bytesOf(group) > share ? group.map((run) => [run]) : [group]) {
      const lane = keeperOf(runs, lanes, store) ?? lanes.reduce((a, b) => (loadOf(b) < loadOf(a) ? b : a));
      const load = loads.get(lane) ?? { requests: 0, bytes: 0 };
      loads.set(lane, { requests: load.requests + runs.length, bytes: load.bytes + bytesOf(runs) });
      for (const run of runs) {
        for (const read of run.reads) assigned.set(read, lane);
      }
    }
  }
  return assigned;
}

interface Member {
  readonly read: ChunkRead;
  readonly part: number;
  /** In the object that holds the bytes. */
  readonly range: ByteRange | undefined;
}

/** The requests that the reads of these parts become, as the store merges them. */
function findRuns(
  parts: readonly ReadPart[],
  limits: MergeLimits,
  store: Pick<HoldingStore, "placeOf">,
): Run[] {
  const byObject = new Map<string, Member[]>();
  for (const [part, one] of parts.entries()) {
    for (const { read } of columnsOf(one)) {
      const place = read && placeRead(store, read);
      if (read === undefined || place === undefined) continue;
      const together = mergeKey(place);
      const members = byObject.get(together) ?? [];
      byObject.set(together, members);
      members.push({ read, part, range: place.range });
    }
  }
  return [...byObject.values()].flatMap((members) => {
    const ranged = members.filter(({ range }) => range);
    const merged = mergeRanges(
      ranged.map(({ range }) => range!),
      limits,
      members[0]?.read.isThrifty,
    );
    const whole = members.filter(({ range }) => !range);
    return [
      ...merged.map((run) =>
        runOf(
          run.members.map((index) => ranged[index]!),
          run.length,
        ),
      ),
      ...(whole[0] === undefined ? [] : [runOf(whole, whole[0].read.bytesHint ?? unknownBytes)]),
    ];
  });
}

/** Reads are merged with those of the same object that are as thrifty. */
export function mergeKey({ object, isThrifty = false }: { object: string; isThrifty?: boolean }): string {
  return `${isThrifty} ${object}`;
}

function runOf(members: readonly Member[], bytes: number): Run {
  return { parts: members.map(({ part }) => part), reads: members.map(({ read }) => read), bytes };
}

/** What a part is made of. */
export function columnsOf(part: ReadPart): readonly ColumnRead[] {
  return part.kind === "rows" ? part.columns : [part.column];
}

/** Requests that are connected by parts, each of which needs all of its columns in one place. */
function groupRuns(runs: readonly Run[]): Run[][] {
  const groupOf = new Map<number, Run[]>();
  const groups = new Set<Run[]>();
  for (const run of runs) {
    const merged = [run];
    for (const other of new Set(run.parts.map((part) => groupOf.get(part)))) {
      if (other === undefined) continue;
      groups.delete(other);
      merged.push(...other);
      for (const { parts } of other) for (const part of parts) groupOf.set(part, merged);
    }
    for (const part of run.parts) groupOf.set(part, merged);
    groups.add(merged);
  }
  return [...groups];
}

/** The lane that has some of the bytes already. */
function keeperOf(
  runs: readonly Run[],
  lanes: readonly Lane[],
  store: Pick<HoldingStore, "laneOf">,
): Lane | undefined {
  for (const { key, range } of runs.flatMap(({ reads }) => reads)) {
    const lane = store.laneOf?.(key, range);
    if (lane !== undefined && lanes.includes(lane)) return lane;
  }
  return undefined;
}

function sumOf(loads: Iterable<Load>): Load {
  let [requests, bytes] = [0, 0];
  for (const load of loads) {
    requests += load.requests;
    bytes += load.bytes;
  }
  return { requests, bytes };
}

function bytesOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.bytes, 0);
}
