/**
 * Root and level metadata: versions, axes, chunk shapes, bounds, conventions.
 * Spec: zarr_vectors docs/08-metadata.md; version gate in docs/formats/zarr-vectors.md.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";

export interface AxisInfo {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
}

export interface RootMetadata {
  readonly version: string;
  /** How per-chunk families are stored: arrays with a cell per chunk (0.9), or groups with an array per chunk (0.7). */
  readonly layout: "arrays" | "groups";
  readonly chunkShape: readonly number[];
  /** Smallest and largest corner, one number per axis; absent when none is stored or it has another rank. */
  readonly bounds?: { readonly min: readonly number[]; readonly max: readonly number[] };
  readonly geometryTypes: readonly string[];
  readonly axes: readonly AxisInfo[];
  readonly levels: readonly number[];
  /** Whether chunks are divided into bins, through which writers find the chunk of a vertex. */
  readonly hasBins: boolean;
  /** Whether nodes have the row before them as their parent, unless a link says otherwise: skeletons. */
  readonly isTree: boolean;
  /** Objects are the fragments of the only chunk, and there is no object index. */
  readonly hasIdentityObjects: boolean;
  /** World coordinates less the stored ones, per axis. */
  readonly coordinateOffset?: readonly number[];
  readonly crs?: JsonObject | string;
  /** `{scope: {attribute: {dtype, unit, description}}}`. */
  readonly attributeSpecs?: JsonObject;
  readonly attributes: JsonObject;
}

export interface LevelMetadata {
  readonly level: number;
  readonly chunkShape: readonly number[];
  /** Absent when the writer left a 0, which incremental writers do. */
  readonly vertexCount?: number;
  /** Chunk keys begin with the number of one of these values, which is the attribute of all rows in the chunk. */
  readonly chunkedBy?: { readonly name: string; readonly values: readonly JsonValue[] };
  /** Holds only what the next coarser level lacks. */
  readonly isAdditive: boolean;
}

const defaultAxisNames = ["x", "y", "z", "w"];

/** Tokens of `required_capabilities` that are understood. */
const knownCapabilities = new Set([
  "fragment_index",
  "multiscale_links",
  "preserved_object_ids",
  "shared_fragments",
  "dense_manifests",
  "fragment_link_groups",
  "additive_levels",
]);

/**
 * Reads the root document.
 *
 * @throws ReaderError `unsupported` naming the version or capability, `invalid-metadata` naming the JSON path
 */
export function parseRoot(document: JsonObject, where: string): RootMetadata {
  const attributes = new JsonReader(document, where).object("attributes");
  const root = attributes.object("zarr_vectors");
  const version = root.optional("zv_version", (self) => self.string("zv_version")) ?? "0.9";
  const layout = layoutOfVersion(version, where);
  for (const token of root.optional("required_capabilities", (self) =>
    self.strings("required_capabilities"),
  ) ?? []) {
    if (!knownCapabilities.has(token)) {
      throw new ReaderError("unsupported", `${where}: the store requires the capability "${token}".`, {
        hint: "This version of cloudcrop does not know it; reading on could give incomplete data.",
        detail: { key: where },
      });
    }
  }
  const chunkShape = checkChunkShape(root.numbers("chunk_shape"), where);
  const axes = parseAxes(attributes, chunkShape.length, where);
  const bounds = parseBounds(root, chunkShape.length);
  const crs = root.raw("crs");
  const specs = root.raw("attribute_specs");
  const bins = root.optional("base_bin_shape", (self) => self.numbers("base_bin_shape"));
  const offset = root.optional("coordinate_offset", (self) => self.numbers("coordinate_offset"));
  if (attributes.raw("shard_layout") !== undefined) throw customShards(where);
  return {
    version,
    layout,
    hasBins: bins?.some((size, axis) => size !== chunkShape[axis]) ?? false,
    isTree: root.raw("links_convention") === "implicit_sequential_with_branches",
    hasIdentityObjects: root.raw("object_index_convention") === "identity",
    ...(offset === undefined ? {} : { coordinateOffset: offset }),
    chunkShape,
    ...(bounds === undefined ? {} : { bounds }),
    geometryTypes: root.strings("geometry_types"),
    axes,
    levels: parseLevels(attributes),
    ...(typeof crs === "string" || isJsonObject(crs) ? { crs } : {}),
    ...(isJsonObject(specs) ? { attributeSpecs: specs } : {}),
    attributes: attributes.value,
  };
}

/** The layout of each version that can be read; 0.6 is 0.7 without chunk shapes of levels. */
const layouts: Readonly<Record<string, RootMetadata["layout"]>> = {
  "0.6": "groups",
  "0.7": "groups",
  "0.9": "arrays",
};

function layoutOfVersion(version: string, where: string): RootMetadata["layout"] {
  const [major, minor] = version.split(".").map(Number);
  const layout = layouts[`${major}.${minor}`];
  if (layout !== undefined) return layout;
  const isOld = major === 0 && minor !== undefined && minor < 9;
  throw new ReaderError(
    "unsupported",
    `${where}: Zarr-Vectors format ${version} cannot be read; ${Object.keys(layouts).join(", ")} can.`,
    {
      hint: isOld
        ? "No tool converts it in place: write the store again with zarr-vectors 0.9.2 or later."
        : "A newer version of cloudcrop may read it.",
      detail: { key: where },
    },
  );
}

/** The error for the shards that format 0.7 made of its own. */
export function customShards(where: string): ReaderError {
  return new ReaderError("unsupported", `${where}: chunks packed into custom shards (format 0.7).`, {
    hint: "Write the store again with zarr-vectors 0.9.2 or later, whose shards are Zarr's own.",
    detail: { key: where },
  });
}

function checkChunkShape(shape: readonly number[], where: string): readonly number[] {
  if (shape.length >= 2 && shape.every((size) => Number.isFinite(size) && size > 0)) return shape;
  throw new ReaderError("invalid-metadata", `${where}: chunk_shape should be two or more positive numbers.`, {
    detail: { key: where },
  });
}

function parseAxes(attributes: JsonReader, rank: number, where: string): readonly AxisInfo[] {
  const [first] = attributes.optional("multiscales", (self) => self.array("multiscales")) ?? [];
  if (!isJsonObject(first)) {
    return Array.from({ length: rank }, (_, axis) => ({
      name: defaultAxisNames[axis] ?? `axis${axis}`,
      type: "space",
    }));
  }
  const axes = new JsonReader(first, where, "$.attributes.multiscales[0]")
    .array("axes")
    .map((value, axis) => {
      const path = `$.attributes.multiscales[0].axes[${axis}]`;
      const item = new JsonReader(isJsonObject(value) ? value : {}, where, path);
      const unit = item.optional("unit", (self) => self.string("unit"));
      const type = item.optional("type", (self) => self.string("type")) ?? "space";
      return { name: item.string("name"), type, ...(unit === undefined ? {} : { unit }) };
    });
  if (axes.length === rank) return axes;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: chunk_shape has ${rank} entries and multiscales names ${axes.length} axes.`,
    { detail: { key: where } },
  );
}

/** Level numbers from the paths of the datasets; level 0 alone when none are listed. */
function parseLevels(attributes: JsonReader): readonly number[] {
  const [first] = attributes.optional("multiscales", (self) => self.array("multiscales")) ?? [];
  const datasets = isJsonObject(first) && Array.isArray(first.datasets) ? first.datasets : [];
  const levels = datasets.flatMap((dataset) =>
    isJsonObject(dataset) && typeof dataset.path === "string" && /^\d+$/.test(dataset.path)
      ? [Number(dataset.path)]
      : [],
  );
  return levels.length === 0 ? [0] : [...new Set(levels)].sort((a, b) => a - b);
}

function parseBounds(root: JsonReader, rank: number): RootMetadata["bounds"] {
  const corners = root.raw("bounds");
  if (!Array.isArray(corners)) return undefined;
  const [min, max] = corners as readonly unknown[];
  const isCorner = (corner: unknown): corner is readonly number[] =>
    Array.isArray(corner) && corner.length === rank && corner.every((value) => Number.isFinite(value));
  return isCorner(min) && isCorner(max) ? { min, max } : undefined;
}

/**
 * Reads a level's document.
 *
 * @throws ReaderError `invalid-metadata` naming the JSON path
 */
export function parseLevel(
  level: number,
  document: JsonObject | undefined,
  root: RootMetadata,
  where: string,
): LevelMetadata {
  const attributes = isJsonObject(document?.attributes) ? document.attributes : {};
  const own = isJsonObject(attributes.zarr_vectors_level) ? attributes.zarr_vectors_level : {};
  const reader = new JsonReader(own, where, "$.attributes.zarr_vectors_level");
  const chunkedBy = reader.optional("chunk_attribute_name", (self) => self.string("chunk_attribute_name"));
  const values = chunkedBy === undefined ? [] : reader.array("chunk_attribute_values");
  const shape = reader.optional("chunk_shape", (self) => self.numbers("chunk_shape"));
  const count = reader.optional("vertex_count", (self) => self.number("vertex_count"));
  return {
    level,
    chunkShape: shape === undefined ? root.chunkShape : checkChunkShape(shape, where),
    ...(count === undefined || count === 0 ? {} : { vertexCount: count }),
    ...(chunkedBy === undefined ? {} : { chunkedBy: { name: chunkedBy, values } }),
    isAdditive: reader.raw("refinement") === "add",
  };
}
