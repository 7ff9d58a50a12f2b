/**
 * The multiscale images of OME-Zarr 0.1 to 0.6: axes, and the transforms that place each level
 * (https://ngff.openmicroscopy.org/0.5/, §"multiscales" metadata).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import type { StatedDimension } from "./placement.js";

/** The attributes of OME-Zarr: under `ome` from 0.5 on, beside the others before. */
export function omeAttributes(attributes: JsonObject): JsonObject {
  return isJsonObject(attributes.ome) ? attributes.ome : attributes;
}

/** One level of an image. */
export interface OmeLevel {
  /** Below the image's group. */
  readonly path: string;
  readonly dimensions?: readonly StatedDimension[];
}

/** Axes before version 0.3, which does not name them. */
const fixedAxes = ["t", "c", "z", "y", "x"];

/**
 * Reads an entry of `multiscales`.
 *
 * @param where names the group in messages
 * @returns `undefined` when it is no image of OME-Zarr
 */
export function readOmeLevels(entry: JsonObject, where: string): readonly OmeLevel[] | undefined {
  const { datasets, coordinateTransformations } = entry;
  if (!Array.isArray(datasets) || !datasets.every(isDataset)) return undefined;
  return datasets.map((dataset: JsonObject & { readonly path: string }) => {
    const axes = axesOf(entry, dataset);
    if (axes === undefined) return { path: dataset.path };
    // From 0.6 on the entry's own transforms lead to other systems of coordinates.
    const outer = entry.coordinateSystems === undefined ? coordinateTransformations : undefined;
    const placed = isList(dataset.coordinateTransformations);
    const steps = [...flatten(dataset.coordinateTransformations), ...flatten(outer)];
    const dimensions = axes.map((axis, index) =>
      stateAxis(axis, index, axes, placed ? steps : undefined, where),
    );
    return { path: dataset.path, dimensions };
  });
}

interface OmeAxis {
  readonly name: string;
  readonly type?: string;
  readonly unit?: string;
}

function isDataset(value: JsonValue): value is JsonObject & { readonly path: string } {
  return isJsonObject(value) && typeof value.path === "string";
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The axes of an image: objects, names (0.3), those of the system that a level's transform leads to (0.6), or fixed. */
function axesOf(entry: JsonObject, dataset: JsonObject): readonly OmeAxis[] | undefined {
  const systems = isList(entry.coordinateSystems) ? entry.coordinateSystems.filter(isJsonObject) : [];
  const [transform] = isList(dataset.coordinateTransformations) ? dataset.coordinateTransformations : [];
  const target = isJsonObject(transform) ? transform.output : undefined;
  const wanted = isJsonObject(target) ? target.name : target;
  const system = systems.find(({ name }) => name === wanted) ?? systems[0];
  const axes = entry.axes ?? system?.axes;
  if (axes === undefined && ["0.1", "0.2"].includes(String(entry.version))) {
    return fixedAxes.map((name) => axisOf(name)!);
  }
  const read = isList(axes) ? axes.map(axisOf) : [undefined];
  return read.some((axis) => axis === undefined) ? undefined : (read as readonly OmeAxis[]);
}

function axisOf(value: JsonValue): OmeAxis | undefined {
  if (typeof value === "string") {
    const type = value === "t" ? "time" : value === "c" ? "channel" : "space";
    return { name: value, type };
  }
  if (!isJsonObject(value) || typeof value.name !== "string") return undefined;
  const { name, type, unit } = value;
  return {
    name,
    ...(typeof type === "string" ? { type } : {}),
    ...(typeof unit === "string" ? { unit } : {}),
  };
}

/** Transforms in order, the parts of a sequence one by one. */
function flatten(transforms: JsonValue | undefined): readonly JsonObject[] {
  return (isList(transforms) ? transforms : [])
    .filter(isJsonObject)
    .flatMap((one) => (one.type === "sequence" ? flatten(one.transformations) : [one]));
}

function stateAxis(
  { name, type, unit }: OmeAxis,
  index: number,
  axes: readonly OmeAxis[],
  steps: readonly JsonObject[] | undefined,
  where: string,
): StatedDimension {
  const axis = type === "space" ? spatialAxis(name, index, axes) : type === "time" ? "T" : undefined;
  const attributes = {
    ...(axis === undefined ? {} : { axis }),
    ...(unit === undefined ? {} : { units: unit }),
  };
  // The numbers of channels and of axes of other types are names of nothing.
  if (steps === undefined || (type !== "space" && type !== "time")) return { name, attributes };
  let [start, step] = [0, 1];
  for (const transform of steps) {
    const values = transform.type === "scale" ? transform.scale : transform.translation;
    const value = isList(values) ? values[index] : undefined;
    if (transform.type === "identity") continue;
    if (typeof value !== "number" || (transform.type !== "scale" && transform.type !== "translation")) {
      return { name, attributes, failure: notPlaced(name, transform, where) };
    }
    if (transform.type === "scale") [start, step] = [start * value, step * value];
    else start += value;
  }
  return { name, attributes, regular: { start, step } };
}

/** By its usual name, else by its place: x is the last axis of space. */
function spatialAxis(name: string, index: number, axes: readonly OmeAxis[]): string | undefined {
  if (/^[xyz]$/i.test(name)) return name.toUpperCase();
  const fromEnd = axes.slice(index + 1).filter((axis) => axis.type === "space").length;
  return ["X", "Y", "Z"][fromEnd];
}

function notPlaced(name: string, transform: JsonObject, where: string): ReaderError {
  return new ReaderError(
    "unsupported",
    `${where}: the coordinate transformation "${String(transform.type)}" of the axis "${name}" is not supported.`,
    { hint: "Use read() with indices." },
  );
}
