/**
 * The footer of a fragment's metadata: what the fragment covers, the sizes of its files, and where its tables lie
 * (format_spec/fragment.md, "Footer").
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import { type Box, readBox } from "./box.js";
import { checkVersion } from "./generic-tile.js";
import { lastSegment } from "./names.js";
import type { ArraySchema } from "./schema.js";

/** The tables of one column, as offsets in the metadata file; 0 where the format has no such table. */
export interface ColumnTables {
  readonly fileBytes: number;
  readonly variableFileBytes: number;
  readonly validityFileBytes: number;
  readonly offsets: number;
  readonly variableOffsets: number;
  readonly variableSizes: number;
  readonly validityOffsets: number;
  /** Of each tile, from format 12 on: the least and the greatest value, and the sum. */
  readonly minimums: number;
  readonly maximums: number;
  readonly sums: number;
}

export interface FragmentFooter {
  readonly version: number;
  /** File name of its schema; absent before format 10. */
  readonly schemaName?: string;
  readonly isDense: boolean;
  /** Absent where the fragment is empty. */
  readonly nonEmptyDomain?: Box;
  /** Data tiles; 0 in dense fragments, whose number follows from the domain. */
  readonly tiles: number;
  readonly cellsInLastTile: number;
  readonly hasTimestamps: boolean;
  readonly hasDeletes: boolean;
  readonly rtree: number;
  /** Attributes, the slot of old coordinates, dimensions; then timestamps, delete times and delete conditions. */
  readonly columns: readonly ColumnTables[];
  /** Offset of the list of delete conditions already applied; 0 where there is none. */
  readonly processedConditions: number;
  /** Where tables begin, ascending: each ends where the next one begins. */
  readonly tableOffsets: readonly number[];
}

/** @throws ReaderError `unsupported` for fragments without a footer */
export function checkFragmentVersion(version: number, where: string): void {
  if (version >= 3) return;
  throw new ReaderError(
    "unsupported",
    `${where} is written in format ${version}; TileDB fragments of format 3 and later can be read.`,
    {
      hint: "Consolidate the array with a newer TileDB.",
    },
  );
}

/** Version and schema name of a footer, which tell how to read the rest. */
export function readFooterHead(bytes: Uint8Array, where: string): { version: number; schemaName?: string } {
  const cursor = new ByteCursor(bytes, where);
  const version = checkVersion(cursor.u32(), where);
  checkFragmentVersion(version, where);
  return version < 10 ? { version } : { version, schemaName: lastSegment(cursor.text(cursor.size())) };
}

/**
 * Parses a footer, of a fragment that was written with `schema`.
 *
 * @throws ReaderError `corrupt`, `unsupported`
 */
export function parseFooter(bytes: Uint8Array, schema: ArraySchema, where: string): FragmentFooter {
  const head = readFooterHead(bytes, where);
  const { version } = head;
  const cursor = new ByteCursor(bytes, where).skip(4);
  if (version >= 10) cursor.skip(cursor.size());
  const isDense = cursor.u8() === 1;
  const isEmpty = cursor.u8() === 1;
  const domain = isEmpty ? {} : { nonEmptyDomain: readBox(cursor, schema.dimensions) };
  const tiles = cursor.size();
  const cellsInLastTile = cursor.size();
  const hasTimestamps = version >= 14 && cursor.u8() === 1;
  const hasDeletes = version >= 15 && cursor.u8() === 1;
  const { columns, rtree, rest } = readTables(cursor, version, schema, hasTimestamps, hasDeletes);
  const offsets = columns.flatMap((tables) => [
    ...[tables.offsets, tables.variableOffsets, tables.variableSizes, tables.validityOffsets],
    ...[tables.minimums, tables.maximums, tables.sums],
  ]);
  return {
    ...head,
    isDense,
    ...domain,
    tiles,
    cellsInLastTile,
    hasTimestamps,
    hasDeletes,
    rtree,
    columns,
    processedConditions: rest,
    tableOffsets: [...new Set([rtree, rest, ...offsets])].sort((a, b) => a - b),
  };
}

interface Tables {
  readonly columns: ColumnTables[];
  readonly rtree: number;
  /** Offset of the processed conditions. */
  readonly rest: number;
}

function readTables(
  cursor: ByteCursor,
  version: number,
  schema: ArraySchema,
  hasTimestamps: boolean,
  hasDeletes: boolean,
): Tables {
  const attributes = schema.attributes.length;
  const count =
    version < 5
      ? attributes + 1
      : attributes + 1 + schema.dimensions.length + (hasTimestamps ? 1 : 0) + (hasDeletes ? 2 : 0);
  const sizes = (n = count): number[] => Array.from({ length: cursor.count(n, 8) }, () => cursor.size());
  /** Before format 5 the coordinates have no tables of variable length. */
  const variableCount = version < 5 ? attributes : count;
  const fileBytes = sizes();
  const variableFileBytes = sizes(variableCount);
  const validityFileBytes = version >= 7 ? sizes() : [];
  const rtree = cursor.size();
  const offsets = sizes();
  const variableOffsets = sizes(variableCount);
  const variableSizes = sizes(variableCount);
  const validityOffsets = version >= 7 ? sizes() : [];
  // Format 11 writes statistics too, some of it differently.
  const [minimums, maximums, sums] = version >= 12 ? [sizes(), sizes(), sizes()] : [];
  let rest = 0;
  if (version >= 16) rest = cursor.skip(8 * cursor.count(count, 8) + 8).size();
  const columns = Array.from({ length: count }, (_, column) => ({
    fileBytes: fileBytes[column]!,
    variableFileBytes: variableFileBytes[column] ?? 0,
    validityFileBytes: validityFileBytes[column] ?? 0,
    offsets: offsets[column]!,
    variableOffsets: variableOffsets[column] ?? 0,
    variableSizes: variableSizes[column] ?? 0,
    validityOffsets: validityOffsets[column] ?? 0,
    minimums: minimums?.[column] ?? 0,
    maximums: maximums?.[column] ?? 0,
    sums: sums?.[column] ?? 0,
  }));
  return { columns, rtree, rest };
}

/** Length of a footer that is not stored behind it: formats 3 to 9 without text dimensions. */
export function footerLength(version: number, schema: ArraySchema): number {
  const domain = schema.dimensions.reduce((sum, { type }) => sum + 2 * type.size, 0);
  const attributes = schema.attributes.length;
  const count = attributes + 1 + schema.dimensions.length;
  if (version < 5) return 30 + domain + 16 * (attributes + 1) + 24 * attributes;
  if (version < 7) return 6 + domain + 16 + 16 * count + 8 + 24 * count;
  return 6 + domain + 16 + 24 * count + 8 + 32 * count;
}
