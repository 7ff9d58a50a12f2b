/**
 * The chunk grids of Zarr v3: `regular` (core specification), and `rectilinear`, whose chunks differ in length
 * (https://github.com/zarr-developers/zarr-extensions/tree/main/chunk-grids/rectilinear).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { JsonReader, type JsonValue } from "../../core/json.js";
import type { AxisChunks, EqualChunks } from "../../engine/chunk-grid.js";
import { parseExtension, show } from "./extension.js";
import { type ArrayMetadata, checkChunkShape } from "./metadata.js";

/**
 * Reads the chunk grid of an array.
 *
 * @returns `chunkGrid` only where chunks differ in length
 * @throws ReaderError `invalid-metadata`, or `unsupported` naming the grid
 */
export function parseChunkGrid(
  value: JsonValue | undefined,
  shape: readonly number[],
  where: string,
): Pick<ArrayMetadata, "chunkShape" | "chunkGrid"> {
  const { name, configuration } = parseExtension(value, "chunk_grid", where);
  const reader = new JsonReader(configuration, where, "$.chunk_grid.configuration");
  if (name === "regular") {
    return { chunkShape: checkChunkShape(reader.sizes("chunk_shape"), shape, where) };
  }
  if (name === "rectilinear") return parseRectilinear(reader, shape);
  throw new ReaderError(
    "unsupported",
    `${where}: the chunk grid "${name}" is not supported; "regular" and "rectilinear" are.`,
    { detail: { key: where } },
  );
}

/**
 * Refuses grids whose chunks differ in length, for those who count in chunks of one length.
 *
 * @throws ReaderError `unsupported`
 */
export function requireEqualChunks({ chunkGrid }: Pick<ArrayMetadata, "chunkGrid">, where: string): void {
  if (chunkGrid === undefined) return;
  throw new ReaderError("unsupported", `${where}: chunks of different lengths are not supported here.`, {
    detail: { key: where },
  });
}

function parseRectilinear(
  reader: JsonReader,
  shape: readonly number[],
): Pick<ArrayMetadata, "chunkShape" | "chunkGrid"> {
  const { where } = reader;
  const kind = reader.string("kind");
  if (kind !== "inline") {
    throw new ReaderError(
      "unsupported",
      `${where}: the kind "${kind}" of rectilinear chunk grids is not supported; "inline" is.`,
      { detail: { key: where } },
    );
  }
  const axes = reader.array("chunk_shapes");
  if (axes.length !== shape.length) {
    throw invalid(where, `chunk_shapes has ${axes.length} axes, the array has ${shape.length}.`);
  }
  const chunkGrid = axes.map((axis, index) =>
    parseAxis(axis, shape[index]!, `${where}: chunk_shapes[${index}]`, where),
  );
  const largest = chunkGrid.map((chunks) =>
    typeof chunks === "number" ? chunks : chunks.reduce((most, { length }) => Math.max(most, length), 0),
  );
  const chunkShape = checkChunkShape(largest, shape, where);
  return chunkGrid.every((chunks) => typeof chunks === "number") ? { chunkShape } : { chunkShape, chunkGrid };
}

/** Runs stay runs: an axis takes as much memory as its metadata, however many chunks it promises. */
function parseAxis(value: JsonValue, cells: number, what: string, where: string): AxisChunks {
  if (isCount(value)) return value;
  if (!Array.isArray(value))
    throw invalid(where, `${what} is neither a length nor a list of them: ${show(value)}.`);
  const runs: EqualChunks[] = [];
  let chunk = 0;
  let from = 0;
  for (const entry of value as readonly JsonValue[]) {
    const [length, count, ...rest] = Array.isArray(entry) ? entry : [entry, 1];
    if (!isCount(length) || !isCount(count) || rest.length > 0) {
      throw invalid(
        where,
        `${what} should hold lengths and [length, count] of at least 1, found ${show(entry)}.`,
      );
    }
    // Chunks beyond the end of the axis are allowed, and nobody reads them.
    if (from < cells && runs.at(-1)?.length !== length) runs.push({ chunk, from, length });
    chunk += count;
    from += length * count;
  }
  if (from < cells) throw invalid(where, `${what} covers ${from} cells, the axis has ${cells}.`);
  return runs.length > 1 ? runs : (runs[0]?.length ?? 1);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function invalid(where: string, message: string): ReaderError {
  const text = message.startsWith(where) ? message : `${where}: ${message}`;
  return new ReaderError("invalid-metadata", text, { detail: { key: where } });
}
