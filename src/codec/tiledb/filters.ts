/**
 * A filter pipeline as data, and the chain of undoing it (tiledb/sm/filter/filter_pipeline.cc).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { JsonReader } from "../../core/json.js";
import { undoBitWidth } from "./bit-width.js";
import { undoCompressor, undoParts } from "./compressor.js";
import { anyType, type TileDBType, tiledbType } from "./datatypes.js";
import { decodeDelta, decodeDoubleDelta, undoPositiveDelta } from "./deltas.js";
import { undoMd5, undoSha256 } from "./digests.js";
import { undoFloatScale, undoXor } from "./float-scale.js";
import { decodeRle } from "./rle.js";
import { undoBitShuffle, undoByteShuffle } from "./shuffles.js";
import type { CellType, UndoFilter } from "./types.js";

/** One filter of a pipeline, as plain data; the numbers are those of the file. */
export interface FilterSpec {
  readonly id: number;
  /** DELTA and DOUBLE_DELTA: the type they work in, where it is not the one they are given. */
  readonly reinterpret?: number;
  /** SCALE_FLOAT. */
  readonly scale?: number;
  readonly offset?: number;
  readonly width?: number;
}

/** One step back: the filter, and the type it worked in. */
export interface UndoStep {
  readonly name: string;
  readonly type: CellType;
  readonly undo: UndoFilter;
}

/** Filters by number; what needs options is made by `stepOf`. */
const filters: ReadonlyMap<number, readonly [string, UndoFilter]> = new Map([
  [1, ["GZIP", undoCompressor("GZIP", "zlib")]],
  [2, ["ZSTD", undoCompressor("ZSTD", "zstd")]],
  [3, ["LZ4", undoCompressor("LZ4", "lz4")]],
  [4, ["RLE", undoParts("RLE", decodeRle)]],
  [5, ["BZIP2", undoCompressor("BZIP2", "bzip2")]],
  [6, ["DOUBLE_DELTA", undoParts("DOUBLE_DELTA", decodeDoubleDelta)]],
  [7, ["BIT_WIDTH_REDUCTION", undoBitWidth]],
  [8, ["BITSHUFFLE", undoBitShuffle]],
  [9, ["BYTESHUFFLE", undoByteShuffle]],
  [10, ["POSITIVE_DELTA", undoPositiveDelta]],
  [12, ["CHECKSUM_MD5", undoMd5]],
  [13, ["CHECKSUM_SHA256", undoSha256]],
  [16, ["XOR", undoXor]],
  [19, ["DELTA", undoParts("DELTA", decodeDelta)]],
]);

/** Filters that are known by name and not undone. */
const refused: Readonly<Record<number, string>> = {
  11: "AES-256-GCM (the array is encrypted)",
  14: "DICTIONARY on data that is not text of variable length",
  17: "BITSORT",
  18: "WEBP",
};

export const rleFilter = 4;
export const dictionaryFilter = 14;
const scaleFloat = 15;
const doubleDelta = 6;
const delta = 19;
const xor = 16;

/**
 * The steps that undo a pipeline, the first one to take in front.
 *
 * @throws ReaderError `unknown-codec` naming the filter
 */
export function undoSteps(specs: readonly FilterSpec[], type: TileDBType): UndoStep[] {
  const steps: UndoStep[] = [];
  let current: CellType = type;
  for (const spec of specs) {
    if (spec.id === 0) continue;
    const [step, next] = stepOf(spec, current);
    steps.push(step);
    current = next;
  }
  return steps.reverse();
}

/** A filter's step, and the type of what it put out when it was written. */
function stepOf(spec: FilterSpec, given: CellType): [UndoStep, CellType] {
  if (spec.id === scaleFloat) {
    const { scale = 1, offset = 0, width = given.size } = spec;
    const undo = undoFloatScale({ scale, offset, width });
    return [
      { name: "SCALE_FLOAT", type: given, undo },
      { size: width, kind: "signed" },
    ];
  }
  const known = filters.get(spec.id);
  if (known === undefined) throw unknownFilter(spec.id);
  const [name, undo] = known;
  const { reinterpret = anyType } = spec;
  const isDelta = spec.id === delta || spec.id === doubleDelta;
  const type = isDelta && reinterpret !== anyType ? tiledbType(reinterpret) : given;
  const next: CellType = spec.id === xor ? { size: type.size, kind: "signed" } : type;
  return [{ name, type, undo }, next];
}

function unknownFilter(id: number): ReaderError {
  const name = refused[id] ?? `number ${id}`;
  return new ReaderError("unknown-codec", `TileDB filter ${name} cannot be undone.`, {
    detail: { codec: name },
    hint: "Other fields of the array can be read: name them in `fields`.",
  });
}

/** A pipeline out of a codec's configuration. */
export function parseFilters(configuration: JsonReader): FilterSpec[] {
  return configuration.array("filters").map((_, index) => readFilter(configuration, index));
}

function readFilter(configuration: JsonReader, index: number): FilterSpec {
  const value = configuration.array("filters")[index];
  if (typeof value === "object" && value !== null && !Array.isArray(value) && "id" in value) {
    return value as unknown as FilterSpec;
  }
  throw new ReaderError("invalid-metadata", `codec tiledb-tile: filters[${index}] has no id.`);
}
