/**
 * The links of a level: which arrays hold them, and which cells of those matter for some chunks.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { JsonReader } from "../../core/json.js";
import { remember } from "../../core/lookahead.js";
import type { ColumnRead } from "../../core/plan.js";
import { nodeKey } from "../zarr/chunk-key.js";
import { locateBlob } from "./cell-groups.js";
import { type Cell, type CellFamily, type Chunk, chunkCode, columnOf, nodeAttributes } from "./cells.js";
import type { Container } from "./container.js";
import type { Level } from "./levels.js";
import { type LinkAttribute, readLinkAttributes } from "./link-attributes.js";
import type { LinkFormat } from "./link-rows.js";
import { parseRowType } from "./row-type.js";

/** Links whose endpoints lie at fixed distances from the chunk of the first. */
export interface LinkArray {
  readonly format: LinkFormat;
  /** Chunk of each endpoint, less that of the first. */
  readonly offsets: readonly Chunk[];
  readonly cells: CellFamily;
  /** What holds the values of each attribute of the family for these links. */
  readonly attributes: readonly (CellFamily | undefined)[];
  /** Codes of the chunks that hold some, where they are listed. */
  readonly known?: ReadonlySet<number | string>;
}

export interface LinkFamily {
  /** Vertices per link. */
  readonly width: number;
  /** Whether links across chunks are stored once for each chunk they touch. */
  readonly isDuplicated: boolean;
  /** Whether links across chunks go from parent to child; those within a chunk go from child to parent. */
  readonly isParentFirst: boolean;
  readonly arrays: readonly LinkArray[];
  readonly attributes: readonly LinkAttribute[];
  /** Format 0.7: all links across chunks of the level, as records of (chunk…, vertex) per endpoint. */
  readonly records?: { readonly column: ColumnRead; readonly rank: number };
}

/** Widest link: a face of so many vertices is a mistake. */
const maxWidth = 16;

const opened = new WeakMap<Level, Promise<LinkFamily | undefined>>();

/**
 * Opens the links of a level that stay within it, once.
 *
 * @returns `undefined` when it has none
 */
export function openLinks(level: Level): Promise<LinkFamily | undefined> {
  return remember(opened, level, () => openFamily(level));
}

async function openFamily(level: Level): Promise<LinkFamily | undefined> {
  const { container, metadata } = level;
  const path = `${metadata.level}/links/0`;
  const document = await container.documents.read(path);
  if (container.root.layout === "groups") return openBlobLinks(level, path);
  if (document === undefined) return undefined;
  const reader = new JsonReader(nodeAttributes(document), nodeKey("/", path, "zarr.json"), "$.attributes");
  const width = checkWidth(reader.optional("link_width", (self) => self.number("link_width")) ?? 2, path);
  const isDuplicated = reader.raw("store") === "duplicate";
  const isSorted = !isDuplicated && reader.raw("directed") !== true;
  const [segments, attributes] = await Promise.all([
    offsetSegments(path, width, isSorted, level),
    readLinkAttributes(level),
  ]);
  const arrays = await Promise.all(
    segments.map((segment) => openLinkArray(level, segment, width, attributes)),
  );
  return {
    width,
    isDuplicated,
    // The streaming skeleton writer alone makes directed families.
    isParentFirst: reader.raw("directed") === true,
    arrays: arrays.filter((array) => array !== undefined),
    attributes,
  };
}

function checkWidth(width: number, path: string): number {
  if (Number.isInteger(width) && width >= 2 && width <= maxWidth) return width;
  throw new ReaderError("unsupported", `/${path}: links of ${width} vertices; 2 to ${maxWidth} can be read.`);
}

/** Names of the arrays: those that are listed, else those that lie nearby. */
async function offsetSegments(
  path: string,
  width: number,
  isSorted: boolean,
  level: Level,
): Promise<readonly string[]> {
  const { container, metadata } = level;
  const listed = await container.documents.children(path);
  if (listed !== undefined) return listed;
  const rank = container.root.axes.length;
  container.engine.report(
    "links-probed",
    `The arrays of /${path} cannot be listed, so those of neighbouring chunks are looked for; links that reach farther are not found. Consolidate the store's metadata.`,
  );
  const lead = metadata.chunkedBy === undefined ? [] : ["0"];
  const steps = neighbours(rank).map((step) => [...lead, ...step.map(signed)].join("."));
  const zero = steps[(steps.length - 1) / 2]!;
  const near = isSorted ? steps.slice((steps.length - 1) / 2) : steps;
  let names: readonly (readonly string[])[] = [[]];
  for (let endpoint = 1; endpoint < width; endpoint++) {
    names = names.flatMap((name) => near.map((step) => [...name, step]));
    // Sorted links name their endpoints' chunks in ascending order.
    if (isSorted)
      names = names.filter(
        (name) => name.length < 2 || steps.indexOf(name.at(-1)!) >= steps.indexOf(name.at(-2)!),
      );
    if (names.length > maxProbes) return [new Array(width - 1).fill(zero).join("_")];
  }
  return names.map((name) => name.join("_"));
}

/** Documents that are looked for one by one. */
const maxProbes = 200;

/** Steps to the chunks around one, and to itself, ascending. */
function neighbours(rank: number): number[][] {
  if (rank === 0) return [[]];
  return [-1, 0, 1].flatMap((step) => neighbours(rank - 1).map((rest) => [step, ...rest]));
}

function signed(step: number): string {
  return step > 0 ? `+${step}` : String(step);
}

async function openLinkArray(
  level: Level,
  segment: string,
  width: number,
  attributes: readonly LinkAttribute[],
): Promise<LinkArray | undefined> {
  const { container, metadata } = level;
  const rank = container.root.axes.length + (metadata.chunkedBy === undefined ? 0 : 1);
  const offsets = parseSegment(segment, width, rank);
  if (offsets === undefined) return undefined;
  const cells = await container.openFamily(metadata, `links/0/${segment}`, "uint8");
  if (cells === undefined) return undefined;
  const reader = new JsonReader(cells.attributes, nodeKey("/", cells.path, "zarr.json"), "$.attributes");
  const { dtype } = parseRowType(
    reader.optional("dtype", (self) => self.string("dtype")) ?? "int64",
    `/${cells.path}`,
  );
  const isWithin = offsets.every((offset) => offset.every((step) => step === 0));
  const { known } = cells;
  return {
    format: { dtype, width, hasOrder: reader.raw("has_perm") === true, isFlat: isWithin },
    offsets,
    cells,
    attributes: await Promise.all(
      attributes.map(({ info }) =>
        container.openFamily(metadata, `link_attributes/${info.name}/0/${segment}`),
      ),
    ),
    ...(known === undefined ? {} : { known: new Set(known.map(chunkCode)) }),
  };
}

/** `0.0.+1_0.+1.0` as the chunk of every endpoint less that of the first; `undefined` for other names. */
function parseSegment(segment: string, width: number, rank: number): Chunk[] | undefined {
  const steps = segment.split("_").map((part) => part.split("."));
  const isOne = steps.length === width - 1 && steps.every((step) => step.length === rank);
  if (!isOne || !steps.flat().every((step) => /^[+-]?\d{1,9}$/.test(step))) return undefined;
  return [new Array<number>(rank).fill(0), ...steps.map((step) => step.map(Number))];
}

/** Links of format 0.7: those within chunks per chunk, all others in one blob. */
async function openBlobLinks(level: Level, path: string): Promise<LinkFamily | undefined> {
  const { container, metadata } = level;
  const cells = await container.openFamily(metadata, "links/0", "uint8");
  const across = `${metadata.level}/cross_chunk_links/0`;
  const document = await container.documents.read(across);
  if (cells === undefined && document === undefined) return undefined;
  const attributes = { ...nodeAttributes(document ?? {}), ...cells?.attributes };
  const width = checkWidth(Number(attributes.link_width ?? 2), path);
  const rank = Number(attributes.sid_ndim ?? container.root.axes.length);
  const zero = new Array<number>(rank).fill(0);
  const { dtype } = parseRowType(String(attributes.dtype ?? "int64"), `/${path}`);
  const linkAttributes = await readLinkAttributes(level);
  const values = linkAttributes.map(({ info }) =>
    container.openFamily(metadata, `link_attributes/${info.name}/0`),
  );
  const arrays: LinkArray[] =
    cells === undefined
      ? []
      : [
          {
            format: { dtype, width, hasOrder: false, isFlat: true },
            offsets: new Array<Chunk>(width).fill(zero),
            cells,
            attributes: await Promise.all(values),
            ...(cells.known === undefined ? {} : { known: new Set(cells.known.map(chunkCode)) }),
          },
        ];
  const records = document === undefined ? undefined : await findRecords(`${across}/data`, container);
  return {
    width,
    isDuplicated: false,
    isParentFirst: false,
    arrays,
    attributes: linkAttributes,
    ...(records === undefined ? {} : { records: { column: records, rank } }),
  };
}

async function findRecords(path: string, { documents }: Container): Promise<ColumnRead | undefined> {
  const document = await documents.read(path);
  const cell: Cell | undefined = document && (await locateBlob(path, document));
  if (cell === undefined) return undefined;
  return {
    name: path,
    dtype: "uint8" as DataType,
    codecs: cell.codecs,
    read: cell.read,
    required: true,
    isTable: true,
  };
}

/**
 * The cells of a chunk that hold links whose first endpoint is in it: of each array its table, then the values of some attributes.
 *
 * @param wanted numbers of the attributes
 */
export async function linkTables(
  arrays: readonly LinkArray[],
  wanted: readonly number[],
  chunk: Chunk,
  signal?: AbortSignal,
): Promise<ColumnRead[]> {
  const families = arrays.flatMap(({ cells, attributes }) => [cells, ...wanted.map((at) => attributes[at])]);
  return Promise.all(
    families.map(async (cells): Promise<ColumnRead> => {
      if (cells === undefined) return { name: "", dtype: "uint8", codecs: [], isTable: true };
      return columnOf(cells.path, cells, await cells.locate(chunk, signal), { isTable: true });
    }),
  );
}

/** Whether an array may have links at a chunk. */
export function mayHold({ known }: LinkArray, chunk: Chunk): boolean {
  return known === undefined || known.has(chunkCode(chunk));
}

/** The chunk of an endpoint of links whose first endpoint is in `chunk`. */
export function chunkOfEndpoint({ offsets }: LinkArray, chunk: Chunk, endpoint: number): Chunk {
  return chunk.map((coordinate, axis) => coordinate + offsets[endpoint]![axis]!);
}
