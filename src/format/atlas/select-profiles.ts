/**
 * Which datasets may hold rows of a query, before any of their levels is read: by the values that each has once, which are
 * read together and kept, and by statistics.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { mapPaced } from "../../core/pace.js";
import type { Bounds } from "../../engine/labels/bounds.js";
import { readAcross } from "./across.js";
import { statisticsBytes } from "./index-size.js";
import type { DatasetRows, Profiles } from "./profile-rows.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore, ReadSettings } from "./schema.js";
import { boundsOf, type Bounds as ProvenBounds } from "./statistics.js";

/** A dataset with all positions. */
export interface Candidate {
  readonly dataset: string;
  readonly rows: DatasetRows;
}

/** By column. */
type Limits = ReadonlyMap<string, readonly Bounds[]>;

/** All datasets that have the positions of a query, and what each has once. */
export interface Candidates {
  readonly list: readonly Candidate[];
  /** By the name of an array: its values in those that have it once, read together. */
  readonly singles: (array: string) => Promise<ReadonlyMap<string, number | bigint>>;
}

export function openCandidates({ store, engine }: Profiles, list: readonly Candidate[]): Candidates {
  const singles = readOnce(async (array) => {
    const datasets = list.flatMap(({ dataset, rows }) => (rows.kindOf(array) === "single" ? [dataset] : []));
    if (datasets.length === 0) return new Map<string, number | bigint>();
    const { data } = await readAcross(store, array, { datasets, signal: engine.closed }, engine);
    return new Map(datasets.map((dataset, index) => [dataset, (data as Float64Array)[index]!]));
  });
  return { list, singles };
}

/** The datasets that meet the limits on what they have once; those without a column that is limited never do. */
export async function selectBySingles(
  { list, singles }: Candidates,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<readonly Candidate[]> {
  const tests = await Promise.all(
    [...limits].map(async ([array, bounds]) => {
      const values = await raceAbort(singles(array), signal);
      return ({ dataset, rows }: Candidate): boolean => {
        if (rows.kindOf(array) === "line") return true;
        const value = values.get(dataset);
        return value !== undefined && bounds.every(({ min, max }) => value >= min && value <= max);
      };
    }),
  );
  return list.filter((candidate) => tests.every((test) => test(candidate)));
}

/** Statistics are read where what they may save is so many times as large. */
const worthwhile = 4;

/** Of datasets whose entries are known, those whose statistics do not prove that no level meets the limits. */
export async function selectByStatistics(
  { store }: Profiles,
  candidates: readonly Candidate[],
  limits: Limits,
  settings: { readonly payloadBytes: number; readonly signal?: AbortSignal },
): Promise<readonly Candidate[]> {
  const { payloadBytes, ...options } = settings;
  const lines = [...limits].filter(([array]) => candidates.some(({ rows }) => rows.kindOf(array) === "line"));
  if (payloadBytes < worthwhile * statisticsBytes * store.datasets.size * lines.length) return candidates;
  const tests = await Promise.all(
    lines.map(async ([array, bounds]) => {
      const proven = await readBounds(store, array, candidates, options);
      return ({ dataset }: Candidate): boolean => {
        const own = proven.get(dataset);
        return own === undefined || bounds.every(({ min, max }) => own.max >= min && own.min <= max);
      };
    }),
  );
  return candidates.filter((candidate) => tests.every((test) => test(candidate)));
}

/** What statistics prove of an array, by dataset. */
async function readBounds(
  store: AtlasStore,
  array: string,
  candidates: readonly Candidate[],
  options: ReadSettings,
): Promise<ReadonlyMap<string, ProvenBounds>> {
  const datasets = candidates.flatMap(({ dataset, rows }) =>
    rows.kindOf(array) === "line" ? [dataset] : [],
  );
  const [statistics, entries] = await Promise.all([
    store.statistics(array, options),
    store.entries(array, datasets, { ...options, withHistory: true }),
  ]);
  const proven = new Map<string, ProvenBounds>();
  await mapPaced(datasets, (dataset, index) => {
    const layered = entries[index];
    const own = layered && boundsOf(statistics?.get(dataset), layered);
    if (own !== undefined) proven.set(dataset, own);
  });
  return proven;
}
