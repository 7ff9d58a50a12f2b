/**
 * A sparse array as a source of points.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { loadPart } from "../../core/load-part.js";
import type { Settling, WrittenTimes } from "../../core/settling.js";
import type { Plan, PointQuery, PointSource, QueryOptions, SourceInfo } from "../../core/source.js";
import { createPointSource, type PointDefinition } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import { checkLevel } from "./check-query.js";
import { boundsOf, coverageAxes, fragmentCoverage, manifestCoverage } from "./coverage.js";
import type { DeleteCondition } from "./deletes.js";
import type { Fragment } from "./fragment.js";
import { fragmentsInBox, planSparse } from "./plan-sparse.js";
import { type ArraySchema, allFields, type Field } from "./schema.js";
import type { Snapshot, Timeline } from "./snapshot.js";
import { fieldInfo, resolveQuery, type SparseQuery, spatialFields } from "./sparse-query.js";

/** Makes the source; costs no request. */
export async function openSparse(
  now: Snapshot,
  at: Timeline,
  attributes: JsonObject,
  engine: Engine,
): Promise<PointSource> {
  const info = sparseInfo(now, attributes, now.hasFooters ? await now.fragments() : undefined);
  const plan = async (asked: PointQuery, options: QueryOptions): Promise<Plan> => {
    checkLevel(asked.level, info.name);
    const { snapshot, ...rest } = await prepare(asked, await at(asked.timestamp), options);
    const { schema, categories } = snapshot;
    return planSparse({ schema, categories, polygon: asked.polygon, ...rest }, options);
  };
  const coverage: PointDefinition["coverage"] = async (options = {}) => {
    const { readFootprints } = await loadPart(import("./footprints.js"));
    const axes = coverageAxes(now.schema, spatialFields(now.schema));
    return axes === undefined ? [] : readFootprints(await now.fragments(), axes, now.schema, options);
  };
  return createPointSource({ info, plan, coverage, queryKeys: ["timestamp"] }, engine);
}

/** A query made ready: what to read, and what rows have to go through afterwards. */
interface Prepared {
  readonly snapshot: Snapshot;
  readonly fragments: readonly Fragment[];
  readonly query: SparseQuery;
  readonly settling?: Settling;
}

async function prepare(asked: PointQuery, snapshot: Snapshot, options: QueryOptions): Promise<Prepared> {
  const { schema, until } = snapshot;
  const query = resolveQuery(schema, asked);
  const [all, deletes] = await Promise.all([snapshot.fragments(), snapshot.deletes()]);
  const fragments = fragmentsInBox(all, schema, query);
  const isDistinct =
    !schema.allowsDuplicates &&
    (fragments.length > 1 || fragments.some(({ footer }) => footer.hasTimestamps));
  const isPartial = fragments.some(({ name, footer }) => footer.hasDeletes || name.end > until);
  if (!isDistinct && !isPartial && deletes.length === 0) return { snapshot, fragments, query };
  // Rows are settled after the polygon was asked, so all versions of a cell have to lie in the same place.
  if (asked.polygon !== undefined && query.positions.some((field) => !isDimension(field, schema))) {
    throw new ReaderError(
      "unsupported",
      "A polygon over attributes of an array whose cells are overwritten or deleted cannot be asked.",
      {
        hint: "Name dimensions in `positions`, or ask for a box.",
      },
    );
  }
  const needed = new Set([
    ...query.fields,
    ...(isDistinct ? schema.dimensions : []),
    ...allFields(schema).filter(
      (field) => query.intervals.has(field) || deletes.some(({ fields }) => fields.has(field.name)),
    ),
  ]);
  return {
    snapshot,
    fragments,
    query: {
      ...query,
      fields: [...needed].filter((field) => !query.positions.includes(field) || query.fields.includes(field)),
    },
    settling: {
      shown: query.fields.length,
      positions: query.positions.map(({ name }) => name),
      ...(isDistinct ? { distinctBy: schema.dimensions.map(({ name }) => name) } : {}),
      deletions: deletes.map(({ time, keeps }) => ({ time, keeps })),
      fragments: await Promise.all(fragments.map((fragment) => timesOf(fragment, deletes, options))),
      until,
      intervals: [...query.intervals].map(([field, interval]) => [field.name, interval] as const),
      limit: asked.limit ?? Number.POSITIVE_INFINITY,
    },
  };
}

function isDimension(field: Field, { dimensions }: ArraySchema): boolean {
  return dimensions.includes(field as ArraySchema["dimensions"][number]);
}

async function timesOf(
  fragment: Fragment,
  deletes: readonly DeleteCondition[],
  { signal }: QueryOptions,
): Promise<WrittenTimes> {
  const { start, end } = fragment.name;
  const { hasTimestamps } = fragment.footer;
  if (deletes.length === 0) return { start, end, hasTimestamps, processed: [] };
  const names = await fragment.processedConditions(signal === undefined ? {} : { signal });
  const processed = deletes.flatMap(({ relativeName }, index) => (names.has(relativeName) ? [index] : []));
  return { start, end, hasTimestamps, processed };
}

function sparseInfo(
  { schema, categories }: Snapshot,
  attributes: JsonObject,
  fragments: readonly Fragment[] | undefined,
): SourceInfo {
  const positions = spatialFields(schema);
  const axes = coverageAxes(schema, positions);
  const { crs } = attributes;
  const stored = fragments && axes && fragmentCoverage(fragments, axes, schema);
  const noted = positions.length === 2 ? manifestCoverage(attributes, schema) : undefined;
  const bounds = boundsOf(stored ?? noted ?? []);
  const coverage = noted ?? stored;
  const rows = fragments?.reduce((sum, { cells }) => sum + cells, 0);
  const dtype = positions[0]?.type.dtype;
  return {
    name: "points",
    role: "data",
    dimensions: positions.map(({ name }) => name),
    ...(bounds === undefined ? {} : { bounds }),
    ...(typeof crs === "string" ? { crs } : {}),
    fields: allFields(schema)
      .filter((field) => !positions.includes(field))
      .map((field) => fieldInfo(field, categories.get(field.name))),
    levels: [{ level: 0, ...(rows === undefined ? {} : { rows }) }],
    ...(dtype === undefined ? {} : { dtype }),
    ...(rows === undefined ? {} : { rows }),
    ...(coverage === undefined ? {} : { coverage }),
    attributes,
  };
}
