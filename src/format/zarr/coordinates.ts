/**
 * The coordinate arrays of a hierarchy: which array labels which dimension, and its labels, read once on first use.
 * Source of the rule: xarray and CF, a one-dimensional array with the name of its dimension.
 *
 * @module
 */
import { countItems, type DataType, isRagged, isRaw, type TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import type { Engine } from "../../engine/engine.js";
import { execute } from "../../engine/execute.js";
import { coordinateNames, isGeographicRole, referredNames } from "./cf.js";
import type { Hierarchy } from "./hierarchy.js";
import type { ArrayMetadata } from "./metadata.js";
import { planRuns, type StoredArray } from "./plan.js";
import { SharedReads } from "./shared-reads.js";

/** Labels in equal steps: that of an index is `start + index · step`. */
export interface RegularLabels {
  readonly start: number;
  readonly step: number;
}

/** One dimension of an array and what labels it. */
export interface Dimension {
  /** As stored, or `dim_0`, `dim_1` … where the array does not say. */
  readonly name: string;
  readonly length: number;
  /** Path of the array that labels it. */
  readonly coordinate?: string;
  /** Labels that metadata state instead. */
  readonly regular?: RegularLabels;
  /** Attributes of the coordinate. */
  readonly attributes: JsonObject;
  /** There is a coordinate, but it cannot be used. */
  readonly failure?: ReaderError;
}

/** A coordinate that is no dimension's own: along one of them under another name, or along two at once. */
export interface Auxiliary {
  readonly name: string;
  /** Of the array, in the order of the coordinate's own axes. */
  readonly axes: readonly [number] | readonly [number, number];
  readonly shape: readonly number[];
  /** Path of the array that holds it. */
  readonly coordinate?: string;
  /** Labels that an affine transform gives: `start + row · perRow + column · perColumn`. */
  readonly plane?: { readonly start: number; readonly perRow: number; readonly perColumn: number };
  readonly attributes: JsonObject;
}

/** Labels kept per dataset. */
const keptLabelBytes = 256 * 1024 * 1024;
/** Longer than any axis in use; a wrong length must not take all memory. */
const maxLabels = 2 ** 27;

/** The coordinates of one hierarchy. */
export class Coordinates {
  readonly #hierarchy: Hierarchy;
  readonly #arrays: ReadonlyMap<string, StoredArray>;
  readonly #engine: Engine;
  readonly #labels = new SharedReads<TypedArray>(keptLabelBytes);
  readonly #planes = new Map<string, readonly string[]>();

  constructor(hierarchy: Hierarchy, arrays: ReadonlyMap<string, StoredArray>, engine: Engine) {
    this.#hierarchy = hierarchy;
    this.#arrays = arrays;
    this.#engine = engine;
  }

  /** The dimensions of an array. */
  dimensionsOf(path: string): readonly Dimension[] {
    const { shape, dimensionNames } = this.#hierarchy.arrays.get(path)!;
    return shape.map((length, axis) => {
      const name = dimensionNames[axis];
      if (name === undefined) return { name: `dim_${axis}`, length, attributes: {} };
      return { name, length, ...this.#find(parentOf(path), name, length) };
    });
  }

  /**
   * The coordinates that an array's attributes, or its group's, name beside those of its dimensions; without a name, the
   * longitudes and latitudes in its group that lie along two of its dimensions.
   */
  auxiliariesOf(path: string, dimensions: readonly Dimension[]): readonly Auxiliary[] {
    const group = parentOf(path);
    const own = this.#hierarchy.arrays.get(path)?.attributes ?? {};
    const shared = this.#hierarchy.groups.get(group)?.attributes ?? {};
    const named = [own, shared].flatMap(coordinateNames).map((name) => joinPath(group, name));
    const found = new Map<string, Auxiliary>();
    for (const candidate of [...named, ...this.#planesIn(group)]) {
      const auxiliary = candidate === path ? undefined : this.#auxiliary(candidate, dimensions);
      if (auxiliary !== undefined) found.set(candidate, auxiliary);
    }
    return [...found.values()];
  }

  /**
   * The labels of a dimension, or `undefined` when it has none; shared with all callers, so not to be written to.
   *
   * @throws ReaderError what keeps its coordinate from being used, or from being read
   */
  async labels(dimension: Dimension, signal?: AbortSignal): Promise<TypedArray | undefined> {
    const { coordinate, regular, failure, length } = dimension;
    if (failure !== undefined) throw failure;
    if (coordinate !== undefined) return this.#read(coordinate, signal);
    if (regular === undefined) return undefined;
    checkCount(length, dimension.name);
    return Float64Array.from({ length }, (_, index) => regular.start + index * regular.step);
  }

  /** The labels of an auxiliary coordinate, in C order of its own axes; shared, as those of a dimension. */
  async auxiliaryLabels(auxiliary: Auxiliary, signal?: AbortSignal): Promise<TypedArray> {
    const { coordinate, plane, shape, name } = auxiliary;
    if (coordinate !== undefined) return this.#read(coordinate, signal);
    const { start, perRow, perColumn } = plane!;
    const [rows, columns] = shape as [number, number];
    checkCount(rows * columns, name);
    const labels = new Float64Array(rows * columns);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++)
        labels[at++] = start + row * perRow + column * perColumn;
    }
    return labels;
  }

  #read(path: string, signal: AbortSignal | undefined): Promise<TypedArray> {
    const array = this.#arrays.get(path)!;
    const bytes = countItems(array.metadata.shape) * 8;
    return this.#labels.get(path, bytes, (shared) => readLabels(array, this.#engine, shared), signal);
  }

  /** Paths of the longitudes and latitudes along two dimensions in a group. */
  #planesIn(group: string): readonly string[] {
    const known = this.#planes.get(group);
    if (known !== undefined) return known;
    const paths = [...this.#hierarchy.arrays].flatMap(([path, { shape, attributes }]) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const isPlane = parentOf(path) === group && shape.length === 2 && path !== "";
      return isPlane && isGeographicRole(name, attributes) ? [path] : [];
    });
    this.#planes.set(group, paths);
    return paths;
  }

  #auxiliary(path: string, dimensions: readonly Dimension[]): Auxiliary | undefined {
    const metadata = this.#hierarchy.arrays.get(path);
    if (metadata === undefined || !this.#arrays.has(path) || !isLabel(metadata.dtype)) return undefined;
    const { shape, dimensionNames, attributes } = metadata;
    const axes = dimensionNames.map((name) => dimensions.findIndex((dimension) => dimension.name === name));
    const fits = axes.every((axis, own) => dimensions[axis]?.length === shape[own]);
    const [first, second] = axes;
    if (!fits || first === undefined || axes.length > 2 || first === second) return undefined;
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (dimensions.some((dimension) => dimension.coordinate === path)) return undefined;
    return {
      name,
      axes: second === undefined ? [first] : [first, second],
      shape,
      coordinate: path,
      attributes,
    };
  }

  /** The nearest array of the dimension's name: in the array's own group, or in a group above. */
  #find(
    group: string,
    name: string,
    length: number,
  ): Pick<Dimension, "coordinate" | "attributes" | "failure"> {
    const { arrays, failures } = this.#hierarchy;
    for (
      let base: string | undefined = group;
      base !== undefined;
      base = base === "" ? undefined : parentOf(base)
    ) {
      const path = joinPath(base, name);
      const failure = failures.get(path);
      if (failure !== undefined) return { attributes: {}, failure };
      const array = arrays.get(path);
      if (array === undefined || !labelsOwnDimension(array, name) || array.shape[0] !== length) continue;
      const { dtype, unit } = array;
      // A type that counts from 1970 says as much as CF's attributes do.
      const attributes =
        unit === undefined
          ? array.attributes
          : { units: unit, calendar: "proleptic_gregorian", ...array.attributes };
      if (this.#arrays.has(path) && isLabel(dtype)) {
        return { coordinate: path, attributes };
      }
      return {
        attributes,
        failure: new ReaderError(
          "unsupported",
          `The coordinates "${path}" are ${dtype}; numbers are needed.`,
        ),
      };
    }
    return { attributes: {} };
  }
}

/** Paths of the arrays that label, bound or describe others. */
export function coordinatePaths(hierarchy: Hierarchy): ReadonlySet<string> {
  const paths = new Set<string>();
  const refer = (group: string, attributes: JsonObject): void => {
    for (const name of referredNames(attributes)) paths.add(joinPath(group, name));
  };
  for (const [path, { attributes }] of hierarchy.groups) refer(path, attributes);
  for (const [path, array] of hierarchy.arrays) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path !== "" && array.dimensionNames[0] === name && array.shape.length === 1) paths.add(path);
    refer(parentOf(path), array.attributes);
  }
  return paths;
}

/** Path of the group an array is in; the root's is empty. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Path of a node by the group it is in. */
export function joinPath(group: string, name: string): string {
  return group === "" ? name : `${group}/${name}`;
}

function labelsOwnDimension(array: ArrayMetadata, name: string): boolean {
  const own = array.dimensionNames[0];
  return array.shape.length === 1 && (own === undefined || own === name);
}

/** Types whose values can be compared with a bound. */
function isLabel(dtype: DataType): boolean {
  return dtype !== "bool" && !dtype.startsWith("complex") && !isRagged(dtype) && !isRaw(dtype);
}

function checkCount(count: number, name: string): void {
  if (count <= maxLabels) return;
  throw new ReaderError(
    "limit-exceeded",
    `The coordinates "${name}" have ${count} labels; the limit is ${maxLabels}.`,
    { hint: "Use read() with indices." },
  );
}

async function readLabels(array: StoredArray, engine: Engine, signal: AbortSignal): Promise<TypedArray> {
  const { shape } = array.metadata;
  checkCount(countItems(shape), array.name);
  const runs = shape.map((count) => (count === 0 ? [] : [{ start: 0, count, step: 1, offset: 0 }]));
  const plan = planRuns(array, runs, { level: 0, axes: [], signal });
  const [{ openCollector }, { unpackLabels }] = await Promise.all([
    import("../../engine/grid-collector.js"),
    import("../../engine/packing.js"),
  ]);
  const collector = await openCollector(plan.grid);
  const context = { store: engine.store, pool: engine.pool, signal, priority: "metadata" } as const;
  for await (const { part, result } of execute(plan, context)) {
    if (part.kind === "block") collector.add(part, result);
  }
  // Coordinates of other types were refused when they were found.
  return unpackLabels((await collector.finish()).data as TypedArray, array.metadata, array.name);
}
