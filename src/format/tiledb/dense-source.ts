/**
 * A dense array as grids: one of each attribute.
 *
 * @module
 */
import { arrayOf, type FixedType, itemBytes, listedType } from "../../core/dtype.js";
import type { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { loadPart } from "../../core/load-part.js";
import type {
  GridQuery,
  GridReadOptions,
  GridSource,
  Plan,
  QueryOptions,
  SourceInfo,
} from "../../core/source.js";
import { createGridSource } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import { type Run, resolveSelection } from "../../engine/selection.js";
import { checkGridQuery } from "./check-query.js";
import { type DenseAxis, denseAxes, labelsOf, runsOf } from "./dense-grid.js";
import { checkField, fieldType } from "./field-tiles.js";
import { hasManyValues, planDense } from "./plan-dense.js";
import { type Attribute, variable } from "./schema.js";
import type { Snapshot, Timeline } from "./snapshot.js";
import { fieldInfo } from "./sparse-query.js";

type DenseCells = typeof import("./dense-cells.js");

/** Whether cells are more than numbers, or may have no value. */
function needsCells({ isNullable, valuesPerCell }: Attribute): boolean {
  return isNullable || valuesPerCell === variable;
}

/** Sources by attribute name, and why others have none. */
export interface DenseSources {
  readonly sources: ReadonlyMap<string, GridSource>;
  readonly failures: ReadonlyMap<string, ReaderError>;
}

/** Makes the sources. Costs the fragments' footers where the domain of a dimension is unbounded. */
export async function openDense(
  now: Snapshot,
  at: Timeline,
  attributes: JsonObject,
  engine: Engine,
): Promise<DenseSources> {
  const { schema } = now;
  const isUnbounded = schema.dimensions.map(
    ({ domain }) => domain !== undefined && BigInt(domain[1]) - BigInt(domain[0]) > 2n ** 31n,
  );
  const fragments = isUnbounded.includes(true) ? await now.fragments() : [];
  const used = schema.dimensions.map((_, axis) =>
    fragments
      .map(({ footer }) => BigInt(footer.nonEmptyDomain![axis]![1]))
      .reduce<bigint | undefined>((most, end) => (most === undefined || end > most ? end : most), undefined),
  );
  const axes = denseAxes(schema, used);
  const sources = new Map<string, GridSource>();
  const failures = new Map<string, ReaderError>();
  for (const attribute of schema.attributes) {
    // An attribute may have no name.
    const name = attribute.name === "" ? "values" : attribute.name;
    const refused = refusal(attribute);
    const cells = needsCells(attribute) ? await loadPart(import("./dense-cells.js")) : undefined;
    if (refused !== undefined) failures.set(name, refused);
    else sources.set(name, gridOf(name, attribute, axes, at, attributes, engine, now, cells));
  }
  return { sources, failures };
}

function refusal(attribute: Attribute): ReaderError | undefined {
  try {
    checkField(attribute);
    return undefined;
  } catch (thrown) {
    return thrown as ReaderError;
  }
}

function gridOf(
  name: string,
  attribute: Attribute,
  axes: readonly DenseAxis[],
  at: Timeline,
  attributes: JsonObject,
  engine: Engine,
  now: Snapshot,
  cells: DenseCells | undefined,
): GridSource {
  const fill = fillOf(attribute);
  const planRuns = async (
    runs: readonly (readonly Run[])[],
    dropped: readonly number[],
    timestamp: GridQuery["timestamp"],
    options: QueryOptions,
  ): Promise<Plan> => {
    const snapshot = await at(timestamp);
    const labels = axes.map((axis, index) => labelsOf(axis, runs[index]!));
    const fragments = await snapshot.fragments();
    const plan = {
      ...{ schema: snapshot.schema, axes, attribute, fragments, runs, fill, labels, dropped },
      dtype: fieldType(attribute),
      categories: snapshot.categories.get(attribute.name),
    };
    return planDense(cells === undefined ? plan : { ...plan, makePart: cells.makeCellsPart }, options);
  };
  const definition = {
    info: infoOf(name, attribute, axes, attributes, now),
    queryKeys: ["timestamp"],
    plan: async (query: GridQuery, options: QueryOptions) => {
      checkGridQuery(query, name);
      return planRuns(runsOf(axes, query), [], query.timestamp, options);
    },
    planSelection: async (selection: Parameters<GridSource["read"]>[0], options: GridReadOptions) => {
      checkGridQuery(options, name);
      const shape = axes.map(({ cells }) => cells);
      const names = axes.map(({ dimension }) => dimension.name);
      const { runs, dropped } = resolveSelection(selection ?? [], shape, names);
      return planRuns(runs, dropped, undefined, options);
    },
    axes: async () =>
      axes.map((axis) => labelsOf(axis, [{ start: 0, count: axis.cells, step: 1, offset: 0 }])),
  };
  if (cells === undefined) return createGridSource(definition, engine);
  const fillIsValid = attribute.isNullable ? attribute.fillIsValid : undefined;
  return cells.createCellGrid({ ...definition, fillIsValid }, engine);
}

function infoOf(
  name: string,
  attribute: Attribute,
  axes: readonly DenseAxis[],
  attributes: JsonObject,
  { categories }: Snapshot,
): SourceInfo {
  const isWide = hasManyValues(attribute);
  const { crs } = attributes;
  return {
    name,
    role: "data",
    dimensions: [...axes.map(({ dimension }) => dimension.name), ...(isWide ? ["value"] : [])],
    ...(typeof crs === "string" ? { crs } : {}),
    fields: [{ ...fieldInfo(attribute, categories.get(attribute.name)), name }],
    levels: [{ level: 0 }],
    shape: [...axes.map(({ cells }) => cells), ...(isWide ? [attribute.valuesPerCell] : [])],
    chunkShape: [...axes.map(({ extent }) => extent), ...(isWide ? [attribute.valuesPerCell] : [])],
    dtype: fieldType(attribute),
    attributes,
  };
}

/** One value that stands where nothing was written; before format 6 the default of the type. */
function fillOf(attribute: Attribute): Uint8Array {
  const { fill, type, valuesPerCell } = attribute;
  const isVariable = valuesPerCell === variable;
  // The library's own fill of text is a zero byte, which its users never see.
  if (isVariable && listedType(fieldType(attribute)) === undefined)
    return fill?.every((byte) => byte === 0) === false ? fill : new Uint8Array(0);
  if (fill !== undefined) return isVariable ? fill : fill.slice(0, type.size);
  const dtype = type.dtype as FixedType;
  const value = new (arrayOf(dtype))(1);
  if (type.kind === "float") value[0] = Number.NaN;
  else if (type.name === "CHAR") value[0] = 0x80;
  else if (type.kind !== "unsigned") writeMinimum(value, type.size);
  else if (type.text === undefined && type.name.startsWith("UINT")) new Uint8Array(value.buffer).fill(255);
  return new Uint8Array(value.buffer, 0, itemBytes(dtype));
}

function writeMinimum(value: ArrayBufferView, size: number): void {
  new Uint8Array(value.buffer)[size - 1] = 0x80;
}
