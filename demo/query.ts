/**
 * @module
 * From the form to the query the library takes.
 */
import type { Bbox, PointQuery } from "cloudcrop";
import type { Scene } from "./scene.js";
import type { Draft, Ends } from "./state.js";

/** What `level: "auto"` may read here: a picture is drawn at once. */
export const autoBudget = { bytes: 100_000 } as const;

/** A box where the plane is narrowed on both axes, ranges for everything else. */
export function queryOf(scene: Scene, draft: Draft): PointQuery {
  const intervals = new Map(Object.entries(draft.intervals));
  const bbox = takeBox(scene, intervals);
  const ranges = Object.fromEntries(intervals);
  return {
    ...(bbox === undefined ? {} : { bbox }),
    ...(intervals.size === 0 ? {} : { ranges }),
    ...(draft.fields === undefined ? {} : { fields: draft.fields }),
    ...(draft.level === undefined ? {} : { level: draft.level }),
    ...(draft.level === "auto" ? { budget: autoBudget } : {}),
  };
}

function takeBox(scene: Scene, intervals: Map<string, Ends>): Bbox | undefined {
  if (!scene.takesBox) return undefined;
  const { dimensions, x, y, source } = scene;
  const third = source.kind !== "grid" ? dimensions[2] : undefined;
  const names = [dimensions[x]!.name, dimensions[y]!.name];
  const ends = names.map((name) => intervals.get(name));
  if (!ends.every(isNumeric)) return undefined;
  const depth = third === undefined ? undefined : intervals.get(third.name);
  if (third !== undefined && isNumeric(depth)) {
    names.push(third.name);
    ends.push(depth);
  }
  for (const name of names) intervals.delete(name);
  return [...ends.map((end) => Number(end![0])), ...ends.map((end) => Number(end![1]))];
}

function isNumeric(ends: Ends | undefined): ends is readonly [number, number] {
  return ends?.every((end) => typeof end === "number") ?? false;
}

/** A grid of many dimensions begins with one plane of it, not with all of it. */
export function firstDraft(scene: Scene): Draft {
  if (scene.source.kind !== "grid") return { intervals: {} };
  const others = scene.dimensions.flatMap((dimension, index): [string, Ends][] => {
    const first = dimension.labels?.[0];
    if (index === scene.x || index === scene.y || first === undefined) return [];
    return [[dimension.name, [Number(first), Number(first)]]];
  });
  return { intervals: Object.fromEntries(others) };
}

/** The drawn or typed box on the plane of the picture, where both of its sides are set. */
export function planeBox(scene: Scene, draft: Draft): readonly [number, number, number, number] | undefined {
  const x = draft.intervals[scene.dimensions[scene.x]?.name ?? ""];
  const y = draft.intervals[scene.dimensions[scene.y]?.name ?? ""];
  if (!isNumeric(x) || !isNumeric(y)) return undefined;
  return [x[0], y[0], x[1], y[1]];
}
