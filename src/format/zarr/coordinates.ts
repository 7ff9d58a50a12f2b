/**
 * The coordinate arrays of a hierarchy: which array labels which dimension, and its labels, read once on first use.
 * Source of the rule: xarray and CF, a one-dimensional array with the name of its dimension.
 *
 * @module
 */
import { type DataType, isRagged, isRaw, type TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { GridCollector } from "../../engine/collect.js";
import type { Engine } from "../../engine/engine.js";
import { execute } from "../../engine/execute.js";
import { referredNames, unpackLabels } from "./cf.js";
import type { Hierarchy } from "./hierarchy.js";
import type { ArrayMetadata } from "./metadata.js";
import { planRuns, type StoredArray } from "./plan.js";
import { SharedReads } from "./shared-reads.js";

/** One dimension of an array and what labels it. */
export interface Dimension {
  /** As stored, or `dim_0`, `dim_1` … where the array does not say. */
  readonly name: string;
  readonly length: number;
  /** Path of the array that labels it. */
  readonly coordinate?: string;
  /** Attributes of that array. */
  readonly attributes: JsonObject;
  /** There is a coordinate array, but it cannot be used. */
  readonly failure?: ReaderError;
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
   * The labels of a dimension, or `undefined` when it has none; shared with all callers, so not to be written to.
   *
   * @throws ReaderError what keeps its coordinate array from being used, or from being read
   */
  async labels(dimension: Dimension, signal?: AbortSignal): Promise<TypedArray | undefined> {
    if (dimension.failure !== undefined) throw dimension.failure;
    const array = this.#arrays.get(dimension.coordinate ?? "\0");
    if (dimension.coordinate === undefined || array === undefined) return undefined;
    return this.#labels.get(
      dimension.coordinate,
      dimension.length * 8,
      (shared) => readLabels(array, this.#engine, shared),
      signal,
    );
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
      const path = base === "" ? name : `${base}/${name}`;
      const failure = failures.get(path);
      if (failure !== undefined) return { attributes: {}, failure };
      const array = arrays.get(path);
      if (array === undefined || !labelsOwnDimension(array, name) || array.shape[0] !== length) continue;
      const { attributes, dtype } = array;
      if (this.#arrays.has(path) && isRealNumber(dtype)) {
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
    for (const name of referredNames(attributes)) paths.add(group === "" ? name : `${group}/${name}`);
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

function isRealNumber(dtype: DataType): boolean {
  return dtype !== "bool" && !dtype.startsWith("complex") && !isRagged(dtype) && !isRaw(dtype);
}

function labelsOwnDimension(array: ArrayMetadata, name: string): boolean {
  const own = array.dimensionNames[0];
  return array.shape.length === 1 && (own === undefined || own === name);
}

async function readLabels(array: StoredArray, engine: Engine, signal: AbortSignal): Promise<TypedArray> {
  const length = array.metadata.shape[0]!;
  if (length > maxLabels) {
    throw new ReaderError(
      "limit-exceeded",
      `The coordinates "${array.name}" have ${length} labels; the limit is ${maxLabels}.`,
    );
  }
  const runs = length === 0 ? [[]] : [[{ start: 0, count: length, step: 1, offset: 0 }]];
  const plan = planRuns(array, runs, { axes: [], signal });
  const collector = new GridCollector(plan.grid);
  const context = { store: engine.store, pool: engine.pool, signal, priority: "metadata" } as const;
  for await (const { part, result } of execute(plan, context)) {
    if (part.kind === "block" && result?.kind === "block") collector.add(result, part.offset);
  }
  // Coordinates of other types were refused when they were found.
  return unpackLabels((await collector.finish()).data as TypedArray, array.metadata.attributes);
}
