/**
 * What CF attributes and usual names say about a coordinate: which spatial axis it labels, and what refers to it.
 * CF conventions 1.11, §4 "Coordinate types" and §5 "Coordinate systems" (https://cfconventions.org).
 *
 * @module
 */
import type { JsonObject } from "../../core/json.js";

export type SpatialAxis = "x" | "y" | "z";

/** Which axis, and how strong the evidence is: standard name, `axis`, units, name. */
export interface SpatialRole {
  readonly axis: SpatialAxis;
  readonly strength: number;
}

const standardNames: Readonly<Record<SpatialAxis, readonly string[]>> = {
  x: ["longitude", "projection_x_coordinate", "grid_longitude", "projection_x_angular_coordinate"],
  y: ["latitude", "projection_y_coordinate", "grid_latitude", "projection_y_angular_coordinate"],
  z: [
    "altitude",
    "height",
    "depth",
    "geopotential_height",
    "height_above_mean_sea_level",
    "height_above_reference_ellipsoid",
    "height_above_geopotential_datum",
    "air_pressure",
    "sea_water_pressure",
    "model_level_number",
    "atmosphere_sigma_coordinate",
    "atmosphere_hybrid_sigma_pressure_coordinate",
    "ocean_sigma_coordinate",
    "ocean_s_coordinate",
  ],
};

const usualNames: Readonly<Record<SpatialAxis, readonly string[]>> = {
  x: ["lon", "longitude", "long", "x", "rlon", "easting", "xc"],
  y: ["lat", "latitude", "y", "rlat", "northing", "yc"],
  z: ["z", "level", "lev", "depth", "height", "altitude", "elevation", "plev", "pressure", "pressure_level"],
};

const axes: readonly SpatialAxis[] = ["x", "y", "z"];

/** Tells which spatial axis a coordinate labels, or `undefined` when nothing says so. */
export function spatialRole(name: string, attributes: JsonObject): SpatialRole | undefined {
  const { standard_name: standardName, axis, units, positive } = attributes;
  const byStandardName = axes.find((one) => standardNames[one].includes(String(standardName)));
  if (byStandardName !== undefined) return { axis: byStandardName, strength: 4 };
  // A standard name of something else (time) rules the usual names out, not the other attributes.
  const byAxis = axes.find((one) => typeof axis === "string" && axis.toLowerCase() === one);
  if (byAxis !== undefined) return { axis: byAxis, strength: 3 };
  if (typeof axis === "string" && axis.toLowerCase() === "t") return undefined;
  if (typeof units === "string") {
    if (/^degrees?_?(east|E)$/.test(units)) return { axis: "x", strength: 2 };
    if (/^degrees?_?(north|N)$/.test(units)) return { axis: "y", strength: 2 };
  }
  if (positive === "up" || positive === "down") return { axis: "z", strength: 2 };
  const byName = axes.find((one) => usualNames[one].includes(name.toLowerCase()));
  return byName === undefined ? undefined : { axis: byName, strength: 1 };
}

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
