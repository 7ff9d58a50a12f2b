/**
 * The profiles of a store as points: where a dataset has a longitude and a latitude, each of its levels is a row. What a
 * dataset has once counts for all of its levels.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import { once } from "../../core/lookahead.js";
import { mapPaced, startPace } from "../../core/pace.js";
import type { FieldInfo, PointQuery, PointSource } from "../../core/source.js";
import { createPointSource } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import { type SpatialAxis, spatialRole } from "../../engine/labels/spatial-role.js";
import type { PlanOptions } from "../../engine/planner.js";
import { typeUnit } from "./array-place.js";
import { readMemberAttributes, textsOf } from "./members.js";
import {
  datasetField,
  isNumeric,
  type LayoutOf,
  numericNames,
  type Profiles,
  rowsOf,
} from "./profile-rows.js";
import { type AtlasStore, type DatasetSchema, tellsAxis } from "./schema.js";
import { dataTypeOf } from "./types.js";

/** Name of the source; names of the others have a slash. */
export const profilesName = "profiles";

/**
 * The source over all profiles of a store.
 *
 * @returns `undefined` where no dataset has a longitude and a latitude
 */
export async function createProfiles(store: AtlasStore, engine: Engine): Promise<PointSource | undefined> {
  const datasets = [...store.datasets.values()];
  const [x, y, z] = await findCoordinates(store, engine);
  if (x === undefined || y === undefined) return undefined;
  const positions = z === undefined ? [x, y] : [x, y, z];
  const columns = new Map<string, FieldInfo>();
  let rows: number | undefined = 0;
  await mapPaced(new Set(datasets), (schema) => {
    if (!schema.arrays.has(x) || !schema.arrays.has(y)) return;
    for (const [name, info] of columnsOf(schema, positions)) if (!columns.has(name)) columns.set(name, info);
  });
  const pace = startPace();
  for (const schema of datasets) {
    const wait = pace.step();
    if (wait !== undefined) await wait;
    if (rows === undefined || !positions.every((name) => schema.arrays.has(name))) continue;
    const count = rowsOf(numericNames(schema.arrays), layoutsOf(schema), positions)?.count;
    rows = count === undefined ? undefined : rows + count;
  }
  if (!positions.every((name) => columns.has(name))) return undefined;
  if (!columns.has(datasetField)) {
    columns.set(datasetField, {
      name: datasetField,
      dtype: "int32",
      width: 1,
      categories: [...store.datasets.keys()],
    });
  }
  const profiles: Profiles = { store, engine, positions, columns };
  const planner = once(async () => (await loadPart(import("./plan-profiles.js"))).createPlanner(profiles));
  const definition = {
    info: {
      name: profilesName,
      role: "data" as const,
      dimensions: positions,
      fields: [...columns.values()].filter(({ name }) => !positions.includes(name)),
      levels: [{ level: 0, ...(rows === undefined ? {} : { rows }) }],
      ...(rows === undefined ? {} : { rows }),
      attributes: {},
    },
    plan: async (query: PointQuery, options: PlanOptions) => {
      const { level = 0 } = query;
      if (level !== 0)
        throw new ReaderError("invalid-query", `profiles have no level ${level}; they have level 0.`);
      return (await planner())(query, options);
    },
  };
  return createPointSource(definition, engine);
}

const axes = ["x", "y", "z"] as const;

/** The arrays that are longitude, latitude and depth: by usual names, and where these do not tell the first two, by attributes. */
async function findCoordinates(store: AtlasStore, engine: Engine): Promise<readonly (string | undefined)[]> {
  const names = await sortNames(store);
  const byName = axes.map((axis) => names.find((name) => spatialRole(name, {})?.axis === axis));
  if (byName[0] !== undefined && byName[1] !== undefined) return byName;
  const roles = await readRoles(store, engine);
  return axes.map((axis, at) => names.find((name) => roles.get(name) === axis) ?? byName[at]);
}

/** Names of arrays of numbers, those that most datasets have first. */
async function sortNames({ datasets }: AtlasStore): Promise<readonly string[]> {
  const counts = new Map<string, number>();
  await mapPaced(datasets.values(), ({ arrays }) => {
    for (const [name, schema] of arrays) {
      if (isNumeric(schema)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  });
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/** Attributes are in the files of each array: of more than so many they are not read to open a store. */
const mostRoles = 16;

/** Axes by attributes, as the first dataset has them that tells of any. */
async function readRoles(store: AtlasStore, { closed }: Engine): Promise<ReadonlyMap<string, SpatialAxis>> {
  const telling = new Map<string, string>();
  for (const [dataset, schema] of store.datasets) {
    for (const array of schema.arrays.keys()) {
      if (!telling.has(array) && telling.size < mostRoles && tellsAxis(schema, array))
        telling.set(array, dataset);
    }
  }
  const roles = await Promise.all(
    [...telling].map(async ([array, dataset]) => {
      const { values } = await readMemberAttributes(store, dataset, array, { signal: closed });
      return [array, spatialRole(array, textsOf(values))?.axis] as const;
    }),
  );
  return new Map(roles.filter((role): role is [string, SpatialAxis] => role[1] !== undefined));
}

/** The arrays of a dataset that are columns; where only files tell their shapes, all that may be. */
function columnsOf(schema: DatasetSchema, positions: readonly string[]): Map<string, FieldInfo> {
  const layouts = layoutsOf(schema);
  const rows = rowsOf(numericNames(schema.arrays), layouts, positions);
  const columns = new Map<string, FieldInfo>();
  for (const [name, array] of schema.arrays) {
    const dtype = dataTypeOf(array.type);
    if (dtype === undefined) continue;
    if (array.layout !== undefined && rows?.kindOf(name) === undefined) continue;
    columns.set(name, { name, dtype, width: 1, ...typeUnit(array) });
  }
  return columns;
}

function layoutsOf({ arrays }: DatasetSchema): LayoutOf {
  return (name) => arrays.get(name)?.layout;
}
