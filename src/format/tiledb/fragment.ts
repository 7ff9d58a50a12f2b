/**
 * A fragment's tables, read by range when they are first needed and kept: the boxes of its tiles and where each tile of each
 * column lies (format_spec/fragment.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { readRange } from "../../store/read-range.js";
import type { ReadOptions } from "../../store/types.js";
import { type Box, readBox } from "./box.js";
import type { FragmentName } from "./directory.js";
import type { ColumnTables, FragmentFooter } from "./footer.js";
import { decodeGenericTile } from "./generic-tile.js";
import type { ArraySchema } from "./schema.js";

/** Files of one field, and where in each the tiles lie. */
export interface ColumnTiles {
  readonly key: AbsolutePath;
  /** One entry more than tiles: the last is the length of the file. */
  readonly offsets: readonly number[];
}

/** The metadata file begins with the R-tree and the tables of tile offsets; a file of this size is read whole. */
const wholeFileBytes = 256 * 1024;
/** Bytes to ask for where a table's end is not known. */
const tableGuessBytes = 64 * 1024;

/** One fragment with the schema it was written with. */
export class Fragment {
  readonly name: FragmentName;
  readonly schema: ArraySchema;
  readonly footer: FragmentFooter;
  readonly #engine: Engine;
  /** Decoded tables by offset. */
  readonly #tables = new Map<number, Promise<Uint8Array>>();
  #span: Promise<Uint8Array> | undefined;
  #boxes: Promise<readonly Box[]> | undefined;

  /** @param whole the metadata file, where it came with the footer */
  constructor(
    name: FragmentName,
    schema: ArraySchema,
    footer: FragmentFooter,
    engine: Engine,
    whole?: Uint8Array,
  ) {
    this.name = name;
    this.schema = schema;
    this.footer = footer;
    this.#engine = engine;
    this.#span = whole && Promise.resolve(whole);
  }

  get metadataKey(): AbsolutePath {
    return `${this.name.folder}/__fragment_metadata.tdb`;
  }

  /** Cells of a sparse fragment. */
  get cells(): number {
    const { tiles } = this.footer;
    return tiles === 0 ? 0 : (tiles - 1) * this.schema.capacity + this.cellsOf(tiles - 1);
  }

  /** Cells of a tile of a sparse fragment. */
  cellsOf(tile: number): number {
    const { tiles, cellsInLastTile } = this.footer;
    const isLast = tile === tiles - 1;
    return isLast && cellsInLastTile > 0 ? cellsInLastTile : this.schema.capacity;
  }

  /** The bounding box of every tile of a sparse fragment, in order. */
  boxes(options: ReadOptions): Promise<readonly Box[]> {
    this.#boxes ??= this.#readBoxes(options);
    this.#boxes.catch(() => {
      this.#boxes = undefined;
    });
    return this.#boxes;
  }

  async #readBoxes(options: ReadOptions): Promise<readonly Box[]> {
    const { rtree, tiles, version } = this.footer;
    const { dimensions } = this.schema;
    const cursor = new ByteCursor(await this.#table(rtree, options), `${this.metadataKey} (R-tree)`);
    if (version < 5) cursor.skip(4);
    cursor.skip(4);
    if (version < 5) cursor.skip(1);
    const levels = cursor.u32();
    let boxes: Box[] = [];
    for (let level = 0; level < levels; level++) {
      const count = cursor.count(cursor.size(), dimensions.length * 2);
      boxes = Array.from({ length: count }, () => readBox(cursor, dimensions));
    }
    if (boxes.length === tiles) return boxes;
    throw cursor.corrupt(`has boxes of ${boxes.length} tiles where the fragment has ${tiles}`);
  }

  /** Where the tiles of a column lie in its file of cells of fixed length, or of offsets. */
  tiles(column: number, options: ReadOptions): Promise<ColumnTiles> {
    const tables = this.#columnTables(column);
    return this.#offsets(this.#fieldKey(column, ""), tables.offsets, tables.fileBytes, options);
  }

  /** The same for the bytes of cells of variable length. */
  variableTiles(column: number, options: ReadOptions): Promise<ColumnTiles> {
    const tables = this.#columnTables(column);
    return this.#offsets(
      this.#fieldKey(column, "_var"),
      tables.variableOffsets,
      tables.variableFileBytes,
      options,
    );
  }

  /** Decoded bytes of every tile of a column of variable length. */
  async variableSizes(column: number, options: ReadOptions): Promise<readonly number[]> {
    const { variableSizes } = this.#columnTables(column);
    return readSizes(await this.#table(variableSizes, options), this.metadataKey);
  }

  /** The same for the flags of a nullable column. */
  validityTiles(column: number, options: ReadOptions): Promise<ColumnTiles> {
    const tables = this.#columnTables(column);
    return this.#offsets(
      this.#fieldKey(column, "_validity"),
      tables.validityOffsets,
      tables.validityFileBytes,
      options,
    );
  }

  /** The stored table at an offset that the footer names; undefined where there is none. */
  async statistics(offset: number, options: ReadOptions): Promise<ByteCursor | undefined> {
    if (offset === 0) return undefined;
    return new ByteCursor(await this.#table(offset, options), `${this.metadataKey} (byte ${offset})`);
  }

  /** Relative names of the delete conditions that were applied when this fragment was consolidated. */
  async processedConditions(options: ReadOptions): Promise<ReadonlySet<string>> {
    const { processedConditions } = this.footer;
    if (processedConditions === 0) return new Set();
    const cursor = new ByteCursor(await this.#table(processedConditions, options), this.metadataKey);
    const count = cursor.count(cursor.size(), 8);
    return new Set(Array.from({ length: count }, () => cursor.text(cursor.size())));
  }

  #columnTables(column: number): ColumnTables {
    return this.footer.columns[column]!;
  }

  /** File of a column: numbered from format 9 on, named before. */
  #fieldKey(column: number, suffix: string): AbsolutePath {
    return `${this.name.folder}/${fieldFile(column, this)}${suffix}.tdb`;
  }

  async #offsets(
    key: AbsolutePath,
    table: number,
    fileBytes: number,
    options: ReadOptions,
  ): Promise<ColumnTiles> {
    const offsets = readSizes(await this.#table(table, options), this.metadataKey);
    const isAscending = offsets.every((offset, tile) => offset <= (offsets[tile + 1] ?? fileBytes));
    if (!isAscending) {
      throw new ReaderError(
        "corrupt",
        `${this.metadataKey}: the tiles of ${key} lie outside the file or out of order.`,
        {
          detail: { key: this.metadataKey },
        },
      );
    }
    return { key, offsets: [...offsets, fileBytes] };
  }

  #table(offset: number, options: ReadOptions): Promise<Uint8Array> {
    let table = this.#tables.get(offset);
    if (table === undefined) {
      table = this.#readTable(offset, options);
      this.#tables.set(offset, table);
      table.catch(() => this.#tables.delete(offset));
    }
    return table;
  }

  async #readTable(offset: number, options: ReadOptions): Promise<Uint8Array> {
    const span = await this.#readSpan(options);
    const isInSpan = span.length > offset;
    const next = this.footer.tableOffsets.find((other) => other > offset);
    const length = next === undefined ? tableGuessBytes : Math.min(next - offset, wholeFileBytes);
    const stored = isInSpan ? span : await this.#read({ offset, length }, options);
    const at = isInSpan ? offset : 0;
    const where = `${this.metadataKey} (byte ${offset})`;
    const needed = genericTileLength(stored, at, where);
    if (needed <= stored.length - at) {
      return (await decodeGenericTile(stored, at, where, this.#engine, options.signal)).bytes;
    }
    const whole = await this.#read({ offset, length: needed }, options);
    return (await decodeGenericTile(whole, 0, where, this.#engine, options.signal)).bytes;
  }

  /** The front of the metadata file: R-tree and tile offsets of all columns, which every query needs. */
  #readSpan(options: ReadOptions): Promise<Uint8Array> {
    if (this.#span === undefined) {
      const { columns } = this.footer;
      const behind = columns.map(({ variableOffsets }) => variableOffsets).filter((offset) => offset > 0);
      const length = Math.min(...behind, ...(behind.length === 0 ? [wholeFileBytes] : []));
      this.#span = this.#read({ offset: 0, length }, options);
      this.#span.catch(() => {
        this.#span = undefined;
      });
    }
    return this.#span;
  }

  async #read(range: ByteRange, options: ReadOptions): Promise<Uint8Array> {
    const bytes = await readRange(this.#engine.store, this.metadataKey, range, {
      ...options,
      priority: "metadata",
    });
    if (bytes !== undefined) return bytes;
    throw new ReaderError(
      "changed",
      `${this.metadataKey} is gone: the array was vacuumed while it was read.`,
      {
        hint: "Open it again.",
        detail: { key: this.metadataKey },
      },
    );
  }
}

/** Stored length of the generic tile at an offset, which the header tells. */
function genericTileLength(stored: Uint8Array, offset: number, where: string): number {
  const header = new ByteCursor(stored, where).seek(offset).skip(4);
  const tileBytes = header.size();
  return 34 + header.skip(18).u32() + tileBytes;
}

function readSizes(table: Uint8Array, where: string): number[] {
  const cursor = new ByteCursor(table, where);
  const count = cursor.count(cursor.size(), 8);
  return Array.from({ length: count }, () => cursor.size());
}

/** Base name of a column's files: attributes, then the slot of old coordinates, then dimensions, then what the library adds. */
function fieldFile(column: number, { schema, footer }: Fragment): string {
  const { attributes, dimensions } = schema;
  const dimension = column - attributes.length - 1;
  if (column === attributes.length) return "__coords";
  if (dimension >= dimensions.length) {
    const internal = footer.hasTimestamps ? ["t", "dt", "dci"] : ["dt", "dci"];
    return internal[dimension - dimensions.length]!;
  }
  if (footer.version >= 9) return dimension < 0 ? `a${column}` : `d${dimension}`;
  const { name } = dimension < 0 ? attributes[column]! : dimensions[dimension]!;
  return footer.version === 8 ? percentEncode(name) : name;
}

/** What format 8 wrote for characters that file systems may refuse; five of them come out odd. */
const encoded: ReadonlyMap<string, string> = new Map([
  ...[..."!#$%&'()*+,/:;=?@[]"].map(
    (character) => [character, `%${character.charCodeAt(0).toString(16).toUpperCase()}`] as const,
  ),
  ['"', "%22"],
  ["<", "%20"],
  [">", "%2D"],
  ["\\", "%30"],
  ["|", "%3C"],
]);

function percentEncode(name: string): string {
  return [...name].map((character) => encoded.get(character) ?? character).join("");
}
