/**
 * What CF attributes say of the arrays that refer to one another: coordinates, bounds, grid mappings.
 * CF conventions 1.11, §5 "Coordinate systems" (https://cfconventions.org).
 *
 * @module
 */
import type { JsonObject } from "../../core/json.js";
import { spatialRole } from "../../engine/labels/spatial-role.js";

/** Names of the arrays that an array's attributes refer to as coordinates, bounds, or grid mapping. */
export function referredNames(attributes: JsonObject): readonly string[] {
  return ["coordinates", "bounds", "climatology", "grid_mapping"].flatMap((key) => {
    const value = attributes[key];
    // The long form of grid_mapping: "crs: x y".
    return typeof value === "string" ? value.split(/\s+/).map((name) => name.replace(/:$/, "")) : [];
  });
}

/** Names of the coordinates that attributes list beside those of the dimensions. */
export function coordinateNames({ coordinates }: JsonObject): readonly string[] {
  return typeof coordinates === "string" ? coordinates.split(/\s+/).filter((name) => name !== "") : [];
}

/** Whether attributes, not only a usual name, say that a coordinate is a longitude or a latitude. */
export function isGeographicRole(name: string, attributes: JsonObject): boolean {
  const role = spatialRole(name, attributes);
  return role !== undefined && role.axis !== "z" && role.strength >= 2;
}

/** The reference system that a grid mapping variable names, as stored. */
export function crsOf(mapping: JsonObject): string | undefined {
  const candidates = [mapping.crs_wkt, mapping.spatial_ref, mapping.epsg_code];
  return candidates.find((value): value is string => typeof value === "string" && value !== "");
}

/** A string attribute, or `undefined`. */
export function textAttribute(attributes: JsonObject, ...names: readonly string[]): string | undefined {
  return names.map((name) => attributes[name]).find((value) => typeof value === "string");
}
