/**
 * Which spatial axis a coordinate labels, by CF attributes and usual names.
 * CF conventions 1.11, §4 "Coordinate types" (https://cfconventions.org).
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
  z: [
    "z",
    "level",
    "lev",
    "depth",
    "height",
    "altitude",
    "elevation",
    "plev",
    "pressure",
    "pres",
    "pressure_level",
  ],
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
