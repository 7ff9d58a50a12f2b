/**
 * Plans rows of all profiles of a store: which datasets may hold some, where their values lie, and how they become parts.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { ReaderError } from "../../core/error.js";
import { remember } from "../../core/lookahead.js";
import { mapPaced, startPace } from "../../core/pace.js";
import type { ComponentRef, FieldOutput, RowCondition } from "../../core/plan.js";
import type { FieldInfo, Plan, PointQuery } from "../../core/source.js";
import type { PlanOptions } from "../../engine/planner.js";
import { placeName, placeType } from "./array-place.js";
import type { LayeredEntry } from "./layers.js";
import type { RowColumn } from "./profile-column.js";
import { type PartShape, type RowSource, rowParts } from "./profile-parts.js";
import { type ProfileQuery, parseProfileQuery } from "./profile-query.js";
import { datasetField, type LayoutOf, numericNames, type Profiles, rowsOf } from "./profile-rows.js";
import { readPlaces } from "./read-place.js";
import { type ArrayLayout, type EntrySettings, entrySettings } from "./schema.js";
import {
  type Candidate,
  type Candidates,
  openCandidates,
  selectBySingles,
  selectByStatistics,
} from "./select-profiles.js";

type Planner = (query: PointQuery, options: PlanOptions) => Promise<Plan>;

/** Plans queries; what does not depend on one is found out once. */
export function createPlanner(profiles: Profiles): Planner {
  const known = new Map<string, Promise<Candidates>>();
  const candidatesOf = (
    positions: readonly string[],
    names: readonly string[],
    settings: EntrySettings,
  ): Promise<Candidates> =>
    remember(known, JSON.stringify([positions, names]), async () =>
      openCandidates(profiles, await findCandidates(profiles, positions, names, settings)),
    );
  const needsFiles = [...profiles.store.datasets.values()].some(({ arrays }) =>
    [...arrays.values()].some(({ layout }) => layout === undefined),
  );
  return async (query, options) => {
    const asked = await parseProfileQuery(profiles, query);
    const names = needsFiles ? [...asked.fields.map(({ name }) => name), ...asked.limits.keys()] : [];
    const settings = { ...entrySettings(options), signal: profiles.engine.closed };
    const candidates = await raceAbort(candidatesOf(asked.positions, names, settings), options.signal);
    return planProfiles(profiles, withColumns(asked, candidates, query), candidates, query, options);
  };
}

/** The fields that some dataset has as a column: where only files tell shapes, there may be others among those of the source. */
function withColumns(asked: ProfileQuery, { list }: Candidates, query: PointQuery): ProfileQuery {
  const isColumn = ({ name, categories }: FieldInfo): boolean =>
    categories !== undefined || list.length === 0 || list.some(({ rows }) => rows.kindOf(name) !== undefined);
  const odd = asked.fields.find((field) => !isColumn(field));
  if (odd === undefined || query.fields === undefined)
    return { ...asked, fields: asked.fields.filter(isColumn) };
  throw new ReaderError(
    "invalid-query",
    `fields: "${odd.name}" does not run along the rows of any profile.`,
    {
      hint: "Read it from the source of its dataset.",
    },
  );
}

async function planProfiles(
  profiles: Profiles,
  asked: ProfileQuery,
  candidates: Candidates,
  query: PointQuery,
  options: PlanOptions,
): Promise<Plan> {
  const { store } = profiles;
  const { signal } = options;
  const inside = await selectBySingles(candidates, asked.limits, signal);
  const near = inside.filter(({ dataset }) => asked.dataset === undefined || dataset === asked.dataset);
  const wanted = columnsOf(asked, profiles);
  const entries = await readEntries(profiles, near, wanted, entrySettings(options));
  const chosen = await selectByStatistics(profiles, near, asked.limits, {
    payloadBytes: await payloadOf(entries),
    ...(signal && { signal }),
  });
  const numbers = new Map([...store.datasets.keys()].map((dataset, number) => [dataset, number]));
  const sources = await mapPaced(
    chosen,
    ({ dataset, rows }): RowSource => ({
      dataset,
      number: numbers.get(dataset)!,
      count: rows.count,
      entries: wanted.map(({ name }) => {
        const layered = entries.get(name)?.get(dataset);
        return layered && { layered, isSingle: rows.kindOf(name) === "single" };
      }),
    }),
  );
  const left = store.datasets.size - candidates.list.length;
  const dims = asked.positions.length as 2 | 3;
  return {
    level: 0,
    points: { dims, positionType: asked.positionType, fields: asked.fields },
    rowsAtMost: sources.reduce((sum, { count }) => sum + count, 0),
    notes: [
      `${chosen.length} of ${candidates.list.length} profiles may hold rows.`,
      ...(left > 0 ? [`${left} datasets have no ${asked.positions.join(", ")} along one dimension.`] : []),
    ],
    async *[Symbol.asyncIterator]() {
      for await (const part of rowParts(sources, wanted, shapeOf(asked, wanted, query))) {
        signal?.throwIfAborted();
        yield part;
      }
    },
  };
}

/**
 * The datasets that have all positions, and their rows.
 *
 * @param names of the other columns that are wanted
 */
async function findCandidates(
  { store, positions: usual }: Profiles,
  positions: readonly string[],
  names: readonly string[],
  settings: EntrySettings,
): Promise<readonly Candidate[]> {
  const having = [...store.datasets].filter(([, { arrays }]) => positions.every((name) => arrays.has(name)));
  const datasets = having.map(([dataset]) => dataset);
  const layouts = new Layouts(store, datasets);
  const along = [...positions, ...usual];
  await layouts.read(along, settings);
  const isTold = (dataset: string): boolean => rowsOf([], layouts.of(dataset), along)?.count !== 1;
  // Where positions do not tell the rows, other arrays may: then all of them are looked at.
  const areTold = await mapPaced(datasets, isTold);
  await layouts.read(areTold.every(Boolean) ? names : undefined, settings);
  const candidates = await mapPaced(having, ([dataset, { arrays }]) => {
    const rows = rowsOf(numericNames(arrays), layouts.of(dataset), along);
    const isWhole = rows !== undefined && positions.every((name) => rows.kindOf(name) !== undefined);
    return isWhole ? { dataset, rows } : undefined;
  });
  return candidates.filter((candidate) => candidate !== undefined);
}

/** Shapes of arrays: of the metadata, or where these have none, of the files of an array name. */
class Layouts {
  readonly #store: Profiles["store"];
  readonly #datasets: readonly string[];
  readonly #read = new Map<string, ArrayLayout>();

  constructor(store: Profiles["store"], datasets: readonly string[]) {
    this.#store = store;
    this.#datasets = datasets;
  }

  of(dataset: string): LayoutOf {
    const { arrays } = this.#store.datasets.get(dataset)!;
    return (array) => arrays.get(array)?.layout ?? this.#read.get(placeName({ dataset, array }));
  }

  /** @param names absent: all arrays */
  async read(names: readonly string[] | undefined, settings: EntrySettings): Promise<void> {
    const unknown = new Map<string, string[]>();
    const pace = startPace();
    for (const dataset of this.#datasets) {
      const wait = pace.step();
      if (wait !== undefined) await wait;
      for (const [array, { layout, type }] of this.#store.datasets.get(dataset)!.arrays) {
        const isWanted = layout === undefined && (names?.includes(array) ?? type !== "string");
        if (!isWanted || this.#read.has(placeName({ dataset, array }))) continue;
        const having = unknown.get(array);
        if (having === undefined) unknown.set(array, [dataset]);
        else having.push(dataset);
      }
    }
    const reading = [...unknown].map(async ([array, having]) => {
      const entries = await readPlaces(this.#store, array, having, settings);
      having.forEach((dataset, index) => {
        this.#read.set(placeName({ dataset, array }), entries[index]!.entry);
      });
    });
    await Promise.all(reading);
  }
}

/** The arrays to read, each once: positions first. */
function columnsOf(
  { positions, positionType, fields, limits }: ProfileQuery,
  profiles: Profiles,
): RowColumn[] {
  const names = [...positions, ...fields.map(({ name }) => name), ...limits.keys()];
  return [...new Set(names)].flatMap((name) => {
    const { dtype, categories } = profiles.columns.get(name)!;
    if (name === datasetField && categories !== undefined) return [];
    return [{ name, stored: dtype, dtype: positions.includes(name) ? positionType : dtype }];
  });
}

type Entries = ReadonlyMap<string, ReadonlyMap<string, LayeredEntry>>;

/** By array and dataset. */
async function readEntries(
  { store }: Profiles,
  candidates: readonly Candidate[],
  columns: readonly RowColumn[],
  settings: EntrySettings,
): Promise<Entries> {
  const read = columns.map(async ({ name, stored }) => {
    const found = await mapPaced(candidates, ({ dataset, rows }) => {
      const schema = store.datasets.get(dataset)!.arrays.get(name);
      if (schema === undefined || rows.kindOf(name) === undefined) return undefined;
      const place = { dataset, array: name, schema };
      if (placeType(place) === stored) return dataset;
      throw new ReaderError(
        "invalid-query",
        `${placeName(place)} is ${schema.type}, others are ${stored}: they cannot be one column.`,
        { hint: `Leave ${name} out, or read the sources of the datasets.` },
      );
    });
    const having = found.filter((dataset) => dataset !== undefined);
    const entries = having.length === 0 ? [] : await readPlaces(store, name, having, settings);
    return [name, new Map(having.map((dataset, index) => [dataset, entries[index]!]))] as const;
  });
  return new Map(await Promise.all(read));
}

/** Bytes of the blocks that hold the first chunks of the arrays. */
async function payloadOf(entries: Entries): Promise<number> {
  const blocks = new Map<string, number>();
  for (const [array, byDataset] of entries) {
    await mapPaced(byDataset.values(), (layered) => {
      const chunk = layered.chunk(layered.entry.shape.map(() => 0));
      if (chunk !== undefined)
        blocks.set(`${array} ${chunk.key} ${chunk.stored.offset}`, chunk.stored.storedBytes);
    });
  }
  return [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Column 0 is the dataset, the others are `wanted` from 1 on. */
function shapeOf(
  { positions, fields, limits }: ProfileQuery,
  wanted: readonly RowColumn[],
  { polygon }: PointQuery,
): PartShape {
  const columnAt = (name: string): number => wanted.findIndex((column) => column.name === name) + 1;
  const refs = positions.map((name): ComponentRef => ({ column: columnAt(name), component: 0 }));
  const conditions = [...limits].flatMap(([name, bounds]) =>
    bounds.map(({ min, max }): RowCondition => ({ column: columnAt(name), component: 0, min, max })),
  );
  return {
    conditions,
    positions: refs,
    fields: fields.map(({ name }): FieldOutput => ({ name, column: columnAt(name) })),
    ...(polygon === undefined ? {} : { polygon: { rings: polygon, x: refs[0]!, y: refs[1]! } }),
  };
}
