/**
 * Which arrays of a hierarchy are one grid at several resolutions: OME-Zarr images, the convention `multiscales` of
 * GeoZarr and its older forms, ndpyramid, and the products of ALSZarrStore.
 *
 * @module
 */
import { countItems } from "../../core/dtype.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import { isResolutionGroup, transformOf } from "./als.js";
import { joinPath, parentOf } from "./coordinates.js";
import type { Hierarchy } from "./hierarchy.js";
import { omeAttributes, readOmeLevels } from "./ome.js";
import type { StatedPlacement } from "./placement.js";

/** One grid at several resolutions. */
export interface Pyramid {
  /** Below the root; empty where the root itself is the grid. */
  readonly path: string;
  readonly role: "data" | "label";
  /** Of the group, where the grid is all that it holds; else those of the finest array. */
  readonly attributes?: JsonObject;
  /** Not empty; the finest first. */
  readonly levels: readonly PyramidLevel[];
}

export interface PyramidLevel {
  /** Of its array. */
  readonly path: string;
  /** As the store calls it. */
  readonly name: string;
  readonly stated: StatedPlacement;
}

export interface Pyramids {
  readonly pyramids: readonly Pyramid[];
  /** Paths of levels that metadata name and that are not there, or do not fit the others. */
  readonly missing: readonly string[];
}

/**
 * Finds the grids with several levels.
 *
 * @param isData whether the array at a path is more than a coordinate of others
 */
export function findPyramids(hierarchy: Hierarchy, isData: (path: string) => boolean): Pyramids {
  const finder = new PyramidFinder(hierarchy, isData);
  const resolutions = new Map<string, Level[]>();
  for (const [path, { attributes }] of hierarchy.groups) {
    finder.addGroup(path, attributes);
    if (path === "" || !isResolutionGroup(attributes)) continue;
    const level = { path, name: nameOf(path), stated: { places: [transformOf(attributes)] } };
    resolutions.set(parentOf(path), [...(resolutions.get(parentOf(path)) ?? []), level]);
  }
  for (const [base, levels] of resolutions) finder.addLevels(base, levels);
  const pyramids = finder.pyramids.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { pyramids, missing: finder.missing };
}

/** An array, or a group of arrays, at one resolution. */
type Level = PyramidLevel;

class PyramidFinder {
  readonly pyramids: Pyramid[] = [];
  readonly missing: string[] = [];
  readonly #hierarchy: Hierarchy;
  /** Arrays by the group they are in: those that are data. */
  readonly #variables = new Map<string, string[]>();

  constructor(hierarchy: Hierarchy, isData: (path: string) => boolean) {
    this.#hierarchy = hierarchy;
    for (const [path, { shape }] of hierarchy.arrays) {
      if (shape.length === 0 || !isData(path)) continue;
      const group = parentOf(path);
      this.#variables.set(group, [...(this.#variables.get(group) ?? []), path]);
    }
  }

  /** What the attributes of a group say about levels below it. */
  addGroup(group: string, attributes: JsonObject): void {
    const ome = omeAttributes(attributes);
    const { multiscales } = ome;
    if (Array.isArray(multiscales)) {
      multiscales.filter(isJsonObject).forEach((entry, index) => {
        const levels = readOmeLevels(entry, `/${group}`);
        const name = typeof entry.name === "string" ? entry.name : String(index);
        const path = index === 0 ? group : joinPath(group, name);
        const role = ome["image-label"] === undefined ? "data" : "label";
        const placed = levels?.map((level, at) => {
          const { crs } = (entry.datasets as readonly JsonObject[])[at]!;
          return { ...level, places: typeof crs === "string" ? [{ "proj:code": crs }] : [] };
        });
        this.addLevels(path, placed?.map((level) => levelBelow(group, level)) ?? [], { role, attributes });
      });
    } else if (isJsonObject(multiscales)) {
      this.addLevels(group, layoutLevels(group, multiscales, attributes), { attributes });
    }
  }

  /** Levels that are arrays are one grid; those that are groups one for each name of an array in them. */
  addLevels(
    base: string,
    levels: readonly Level[],
    more: Partial<Pick<Pyramid, "role" | "attributes">> = {},
  ): void {
    const { arrays, groups } = this.#hierarchy;
    const { role = "data", attributes } = more;
    const own = levels.filter(({ path }) => arrays.has(path));
    if (own.length > 0) this.#add({ path: base, role, ...(attributes && { attributes }), levels: own });
    const variables = new Map<string, Level[]>();
    for (const level of levels) {
      if (arrays.has(level.path)) continue;
      if (!groups.has(level.path)) this.missing.push(level.path);
      for (const path of this.#variables.get(level.path) ?? []) {
        const name = nameOf(path);
        variables.set(name, [...(variables.get(name) ?? []), { ...level, path }]);
      }
    }
    for (const [name, found] of variables) this.#add({ path: joinPath(base, name), role, levels: found });
  }

  #add(pyramid: Pyramid): void {
    const { arrays } = this.#hierarchy;
    const shapeOf = ({ path }: Level): readonly number[] => arrays.get(path)!.shape;
    const sorted = [...pyramid.levels].sort((a, b) => countItems(shapeOf(b)) - countItems(shapeOf(a)));
    const rank = shapeOf(sorted[0]!).length;
    const levels = sorted.filter((level) => shapeOf(level).length === rank);
    for (const level of sorted) if (!levels.includes(level)) this.missing.push(level.path);
    // An array of that name is a source already.
    if (arrays.has(pyramid.path) && !levels.some(({ path }) => path === pyramid.path)) return;
    this.pyramids.push({ ...pyramid, levels });
  }
}

interface Below {
  readonly path: string;
  readonly dimensions?: StatedPlacement["dimensions"];
  readonly places: readonly JsonObject[];
}

function levelBelow(group: string, { path, dimensions, places }: Below): Level {
  return {
    path: path === "." ? group : joinPath(group, path),
    name: path,
    stated: dimensions === undefined ? { places } : { dimensions, places },
  };
}

/** Levels of the convention `multiscales`, whose drafts call an asset a group, and of the older sets of tile matrices. */
function layoutLevels(group: string, multiscales: JsonObject, attributes: JsonObject): readonly Level[] {
  // The group's own transform is that of one of its levels.
  const { "spatial:transform": _, "spatial:shape": __, "proj:transform": ___, ...shared } = attributes;
  const { layout, tile_matrix_set: set, tile_matrix_limits: limits } = multiscales;
  const entries = Array.isArray(layout) ? layout.filter(isJsonObject) : tileMatrices(set, limits);
  return entries.flatMap((entry) => {
    const asset = [entry.asset, entry.group, entry.id].find((name) => typeof name === "string");
    return typeof asset === "string" ? [levelBelow(group, { path: asset, places: [entry, shared] })] : [];
  });
}

function tileMatrices(set: JsonValue | undefined, limits: JsonValue | undefined): readonly JsonObject[] {
  const matrices = isJsonObject(set) ? set.tileMatrices : undefined;
  if (Array.isArray(matrices)) return matrices.filter(isJsonObject);
  return isJsonObject(limits) ? Object.keys(limits).map((id) => ({ id })) : [];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
