/**
 * Which lane reads what: parts that share a request, and the columns of one part, belong together; lanes get equal shares.
 *
 * @module
 */
import { type MergeLimits, mergeRanges } from "../bytes/ranges.js";
import type { AbsolutePath, ChunkRead, ReadPart } from "../core/plan.js";
import type { Lane } from "../net/lane.js";
import type { HoldingStore } from "../store/types.js";
import type { DecodePool } from "../worker/pool.js";

/** A group above this share of a lane's load is dealt out request by request. */
const smallestShareBytes = 2 * 1024 * 1024;
/** What an object weighs whose size is not known. */
const unknownBytes = 256 * 1024;

/** One request to come: the reads that the store will merge, and the parts they are for. */
interface Run {
  readonly parts: Set<number>;
  readonly reads: ChunkRead[];
  bytes: number;
}

/** What lanes have been given so far; one for all batches of a query. */
export type LaneLoads = Map<Lane, number>;

/**
 * Chooses a lane for each read of the parts that start together; none where they are to be read on this thread. Reads that the store merges by `limits` get the same
 * lane, so the requests are those of a single thread.
 */
export function assignLanes(
  parts: readonly ReadPart[],
  lanesFor: NonNullable<DecodePool["lanes"]>,
  loads: LaneLoads,
  limits: MergeLimits,
  store: Pick<HoldingStore, "laneOf">,
): Map<ChunkRead, Lane> {
  const assigned = new Map<ChunkRead, Lane>();
  const all = findRuns(parts, limits);
  const total = all.reduce((sum, run) => sum + run.bytes, 0);
  const lanes = lanesFor(all.length, total);
  if (lanes.length === 0) return assigned;
  const groups = groupRuns(all);
  const share = Math.max(smallestShareBytes, total / lanes.length);
  for (const group of groups) {
    const bytes = group.reduce((sum, run) => sum + run.bytes, 0);
    for (const runs of bytes > share ? group.map((run) => [run]) : [group]) {
      const lane = keeperOf(runs, lanes, store) ?? leastLoaded(lanes, loads);
      for (const run of runs) {
        loads.set(lane, (loads.get(lane) ?? 0) + run.bytes);
        for (const read of run.reads) assigned.set(read, lane);
      }
    }
  }
  return assigned;
}

/** The requests that the reads of these parts become, as the store merges them. */
function findRuns(parts: readonly ReadPart[], limits: MergeLimits): Run[] {
  const byKey = new Map<AbsolutePath, { readonly read: ChunkRead; readonly part: number }[]>();
  const runs: Run[] = [];
  for (const [part, { read }] of parts.flatMap((one, index) =>
    columnsOf(one).map((column) => [index, column] as const),
  )) {
    if (read === undefined) continue;
    const reads = byKey.get(read.key);
    if (reads === undefined) byKey.set(read.key, [{ read, part }]);
    else reads.push({ read, part });
  }
  for (const reads of byKey.values()) {
    const ranged = reads.filter(({ read }) => read.range !== undefined);
    for (const { members, length } of mergeRanges(
      ranged.map(({ read }) => read.range!),
      limits,
    )) {
      runs.push(
        runOf(
          members.map((index) => ranged[index]!),
          length,
        ),
      );
    }
    const whole = reads.filter(({ read }) => read.range === undefined);
    if (whole.length > 0) runs.push(runOf(whole, whole[0]!.read.bytesHint ?? unknownBytes));
  }
  return runs;
}

function runOf(members: readonly { readonly read: ChunkRead; readonly part: number }[], bytes: number): Run {
  return { parts: new Set(members.map(({ part }) => part)), reads: members.map(({ read }) => read), bytes };
}

function columnsOf(part: ReadPart): readonly { readonly read?: ChunkRead }[] {
  return part.kind === "rows" ? part.columns : [part.column];
}

/** Requests that are connected by parts, each of which needs all of its columns in one place. */
function groupRuns(runs: readonly Run[]): Run[][] {
  const groupOf = new Map<number, Run[]>();
  const groups = new Set<Run[]>();
  for (const run of runs) {
    const merged = [run];
    for (const other of new Set([...run.parts].map((part) => groupOf.get(part)))) {
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
  if (store.laneOf === undefined) return undefined;
  for (const { key, range } of runs.flatMap(({ reads }) => reads)) {
    const lane = store.laneOf(key, range);
    if (lane !== undefined && lanes.includes(lane)) return lane;
  }
  return undefined;
}

function leastLoaded(lanes: readonly Lane[], loads: LaneLoads): Lane {
  return lanes.reduce((best, lane) => ((loads.get(lane) ?? 0) < (loads.get(best) ?? 0) ? lane : best));
}
