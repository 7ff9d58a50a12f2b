/**
 * A TileDB data tile: chunks, each of which went through the field's filter pipeline (format_spec/tile.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import type { Ragged } from "../../bytes/ragged.js";
import { arrayOf, countItems, isRagged, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { Kernels } from "../../kernel/kernel.js";
import { MAX_UNSIZED_BYTES } from "../compressed.js";
import { type CodecDefinition, defineCodec } from "../define.js";
import { tiledbType } from "./datatypes.js";
import {
  dictionaryFilter,
  type FilterSpec,
  parseFilters,
  rleFilter,
  type UndoStep,
  undoSteps,
} from "./filters.js";
import { decodeDictionary, decodeTextRuns } from "./text-runs.js";
import { type ChunkBytes, corruptChunk, type FilterContext } from "./types.js";

/** What a tile's bytes have to be read with. */
export interface TileOptions {
  /** Format version of the fragment or of the generic tile. */
  readonly version: number;
  /** Number of the data type that the pipeline begins with. */
  readonly type: number;
  /** Values per cell of fixed length. */
  readonly valuesPerCell: number;
  readonly filters: readonly FilterSpec[];
}

interface CodecOptions extends TileOptions {
  /** Number of the part that is wanted, of so many equal ones: coordinates before format 5. */
  readonly part: number;
  readonly parts: number;
}

/** Filters that, in front of text of variable length, hold where each cell begins. */
const textFilters: ReadonlyMap<number, (chunk: ChunkBytes, context: FilterContext) => Ragged> = new Map([
  [rleFilter, decodeTextRuns],
  [dictionaryFilter, decodeDictionary],
]);

export const tiledbTile: CodecDefinition = defineCodec<CodecOptions>({
  name: "tiledb-tile",
  kind: "array-to-bytes",
  parse: (configuration) => ({
    version: configuration.number("version"),
    type: configuration.number("type"),
    valuesPerCell: configuration.optional("valuesPerCell", (self) => self.number("valuesPerCell")) ?? 1,
    filters: parseFilters(configuration),
    part: configuration.optional("part", (self) => self.number("part")) ?? 0,
    parts: configuration.optional("parts", (self) => self.number("parts")) ?? 1,
  }),
  check({ filters, type }, meta) {
    undoSteps(isRagged(meta.dtype) ? filters.slice(1) : filters, tiledbType(type));
    return meta;
  },
  create: (options, kernels) => ({
    kind: "array-to-bytes",
    decode(bytes, { dtype, shape }) {
      if (isRagged(dtype)) return { values: decodeText(bytes, options, kernels) };
      const { part, parts } = options;
      const size = shape && countItems(shape) * itemBytes(dtype) * parts;
      const decoded = decodeTile(bytes, options, kernels, size);
      const make = arrayOf(dtype);
      if (decoded.length % (make.BYTES_PER_ELEMENT * parts) !== 0) {
        const what = parts === 1 ? "" : ` in ${parts} parts`;
        throw corruptChunk(
          "tiledb-tile",
          `${decoded.length} bytes are no whole number of ${dtype} values${what}`,
        );
      }
      const length = decoded.length / make.BYTES_PER_ELEMENT / parts;
      const values = new make(decoded.buffer, part * length * make.BYTES_PER_ELEMENT, length);
      return { values: parts === 1 ? values : values.slice() };
    },
  }),
});

/** One chunk as it is stored. */
interface StoredChunk extends ChunkBytes {
  /** Bytes it decodes to. */
  readonly size: number;
}

/**
 * Decodes a tile into an array of its own.
 *
 * @param size bytes it has to have; absent where only the tile tells
 * @throws ReaderError `corrupt`, `codec-failed`, `unknown-codec`, `limit-exceeded`
 */
export function decodeTile(
  bytes: Uint8Array,
  options: TileOptions,
  kernels: Kernels,
  size?: number,
): Uint8Array {
  const type = tiledbType(options.type);
  const steps = undoSteps(options.filters, type);
  const chunks = readChunks(bytes);
  const total = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  if (size !== undefined && total !== size) {
    throw corruptChunk("tiledb-tile", `the chunks hold ${total} bytes where the tile has ${size}`);
  }
  if (total > MAX_UNSIZED_BYTES) {
    throw new ReaderError("limit-exceeded", `a tile promises ${total} bytes.`, {
      detail: { codec: "tiledb-tile" },
    });
  }
  const result = new Uint8Array(total);
  let at = 0;
  const cellBytes = type.size * options.valuesPerCell;
  for (const chunk of chunks) {
    const data = undoChunk(chunk, steps, { version: options.version, cellBytes, kernels, type });
    result.set(data, at);
    at += data.length;
  }
  return result;
}

/** Decodes a tile of text whose first filter holds the cells; such a tile is one chunk. */
function decodeText(bytes: Uint8Array, options: TileOptions, kernels: Kernels): Ragged {
  const [first, ...others] = options.filters;
  const decode = textFilters.get(first?.id ?? 0);
  const type = tiledbType(options.type);
  const chunks = readChunks(bytes);
  if (decode === undefined || chunks.length > 1)
    throw corruptChunk("tiledb-tile", "text is expected in one chunk");
  const [chunk] = chunks;
  if (chunk === undefined) return { length: 0, offsets: new Uint32Array(1), bytes: new Uint8Array(0) };
  const context = { version: options.version, cellBytes: type.size, kernels, type, limit: limitOf(chunk) };
  return decode(undo(chunk, undoSteps(others, type), context), context);
}

function readChunks(bytes: Uint8Array): StoredChunk[] {
  if (bytes.length === 0) return []; // a file without a byte: every cell of the fragment is empty
  const cursor = new ByteCursor(bytes, "tiledb-tile");
  const count = cursor.count(cursor.size(), 12);
  return Array.from({ length: count }, () => {
    const size = cursor.u32();
    const dataBytes = cursor.u32();
    const metadata = cursor.bytes(cursor.u32());
    return { size, metadata, data: cursor.bytes(dataBytes) };
  });
}

/** Headers of windows and half-way forms are larger than the chunk, but not by more than this. */
function limitOf({ size }: StoredChunk): number {
  return Math.min(16 * size + 65_536, MAX_UNSIZED_BYTES);
}

function undo(stored: ChunkBytes, steps: readonly UndoStep[], context: FilterContext): ChunkBytes {
  return steps.reduce((chunk, step) => step.undo(chunk, { ...context, type: step.type }), stored);
}

function undoChunk(
  stored: StoredChunk,
  steps: readonly UndoStep[],
  options: Omit<FilterContext, "limit">,
): Uint8Array {
  const { metadata, data } = undo(stored, steps, { ...options, limit: limitOf(stored) });
  if (metadata.length > 0) throw corruptChunk("tiledb-tile", "filters left a header behind");
  if (data.length === stored.size) return data;
  throw corruptChunk("tiledb-tile", `a chunk decodes to ${data.length} bytes, not ${stored.size}`);
}
