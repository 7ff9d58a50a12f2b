/**
 * The footer of an array file (`.af`), versions 4 to 6: its blocks, and which chunks of which entries lie in them.
 * Source of the layouts: array-format 0.10 to 0.15, `footer.rs`.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { Archive, type Run } from "./archive.js";

/** A compressed run of chunks. */
export interface Block {
  readonly offset: number;
  readonly storedBytes: number;
  readonly decodedBytes: number;
  /** Absent: stored as it is. */
  readonly codec?: string;
}

/** Where a chunk lies: in which block, and where in its decoded bytes. */
export interface ChunkPlace {
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}

export type FillValue =
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int" | "uint" | "time"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "text"; readonly value: string };

/** One array of one dataset. */
export interface ArrayEntry {
  /** Number of its data type, as `typeNames` counts them. */
  readonly type: number;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dimensions: readonly string[];
  /** By grid coordinates, joined with commas. */
  readonly chunks: ReadonlyMap<string, ChunkPlace>;
  readonly fill?: FillValue;
  readonly isDeleted: boolean;
  /** Where its attributes begin in the archive. */
  readonly attributesAt: number;
  /** Where its statistics begin, from version 6 on. */
  readonly statisticsAt?: number;
}

const blockBytes = 56;
const chunkBytes = 32;
/** Length of an attribute value. */
export const attributeBytes = 24;
const maxRank = 64;

/** How attributes of an entry are stored: `pairs` and `indexes` point into lists of names and values, `values` are there. */
export type AttributeForm = "pairs" | "indexes" | "values";

/**
 * Where a root has its lists. All begin with the version and the list of blocks.
 *
 * | version | root | names of attributes | values of attributes | entries        |
 * | ------- | ---- | ------------------- | -------------------- | -------------- |
 * | 4, 5    | 96   | 40                  | 56                   | 24, 168 bytes  |
 * | 6       | 72   | 24 (all texts)      | 40                   | 56, 256 bytes  |
 * | 6       | 56   | 24 (all texts)      |                      | 40, 256 bytes  |
 */
interface Layout {
  readonly versions: readonly number[];
  readonly rootBytes: number;
  readonly keys: number;
  readonly values?: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly form: AttributeForm;
}

const layouts: readonly Layout[] = [
  { versions: [4, 5], rootBytes: 96, keys: 40, values: 56, entries: 24, entryBytes: 168, form: "pairs" },
  { versions: [6], rootBytes: 72, keys: 24, values: 40, entries: 56, entryBytes: 256, form: "indexes" },
  { versions: [6], rootBytes: 56, keys: 24, entries: 40, entryBytes: 256, form: "values" },
];

/** Lengths of indexes without blocks, entries and attributes. */
export const emptyIndexBytes: readonly number[] = layouts.map(({ rootBytes }) => rootBytes);

/** An index whose entries are read when they are asked for. */
export class Footer {
  /** Which layer the file says it is; 0 for the base, and from version 6 on. */
  readonly layer: number;
  readonly archive: Archive;
  /** What attributes of entries point into. */
  readonly attributeKeys: Run;
  readonly attributeValues: Run;
  readonly attributeForm: AttributeForm;
  readonly #layout: Layout;
  readonly #blocks: Run;
  readonly #arrays: Run;
  readonly #entries = new Map<number, ArrayEntry>();
  #names: ReadonlyMap<string, number> | undefined;

  /**
   * @param index the bytes of the index alone
   * @throws ReaderError `unsupported` for versions that are not known, `corrupt`
   */
  constructor(index: Uint8Array, where: string) {
    const archive = new Archive(index, where);
    const layout = layouts.find((each) => isRoot(archive, each));
    if (layout === undefined) throw unknownVersion(archive);
    const root = archive.length - layout.rootBytes;
    const { keys, values, form } = layout;
    this.layer = form === "pairs" ? archive.u32(root + 72) : 0;
    this.archive = archive;
    this.#layout = layout;
    this.#blocks = archive.run(root + 8, blockBytes);
    this.#arrays = archive.run(root + layout.entries, layout.entryBytes);
    this.attributeForm = form;
    this.attributeKeys = archive.run(root + keys, 16);
    this.attributeValues =
      values === undefined ? { at: 0, length: 0 } : archive.run(root + values, attributeBytes);
  }

  /** The entry of a dataset, if this file has one. */
  entry(name: string): ArrayEntry | undefined {
    const { entryBytes, form } = this.#layout;
    this.#names ??= this.archive.numberNames(this.#arrays, entryBytes);
    const number = this.#names.get(name);
    if (number === undefined) return undefined;
    let entry = this.#entries.get(number);
    if (entry === undefined) {
      entry = readEntry(this.archive, this.#arrays.at + number * entryBytes, form === "pairs");
      this.#entries.set(number, entry);
    }
    return entry;
  }

  block(number: number): Block {
    const { archive } = this;
    if (number >= this.#blocks.length) {
      throw archive.corrupt(`names block ${number} where there are ${this.#blocks.length}`);
    }
    const at = this.#blocks.at + number * blockBytes;
    if (archive.u32(at) !== number)
      throw archive.corrupt(`has block ${archive.u32(at)} in the place of ${number}`);
    const block = {
      offset: archive.size(at + 8),
      storedBytes: archive.size(at + 16),
      decodedBytes: archive.size(at + 24),
    };
    return archive.flag(at + 32) ? { ...block, codec: archive.text(at + 40) } : block;
  }
}

/** Lists are checked as well: any number in front of a shorter root may look like the version of a longer one. */
function isRoot(archive: Archive, layout: Layout): boolean {
  const { versions, rootBytes, keys, values, entries, entryBytes } = layout;
  const root = archive.length - rootBytes;
  return (
    root >= 0 &&
    versions.includes(archive.u32(root)) &&
    archive.u32(root + 4) === 0 &&
    archive.hasRun(root + 8, blockBytes) &&
    archive.hasRun(root + keys, 16) &&
    archive.hasRun(root + entries, entryBytes) &&
    (values === undefined || archive.hasRun(root + values, attributeBytes))
  );
}

function unknownVersion(archive: Archive): ReaderError {
  const { length, where } = archive;
  const versionAt = (back: number): number => (length >= back ? archive.u32(length - back) : 0);
  const found = versionAt(48) === 4 ? "4 with 32-bit pointers" : "that is not known";
  return new ReaderError(
    "unsupported",
    `${where} has an index of version ${found}; versions 4 to 6 are read.`,
    {
      detail: { key: where },
    },
  );
}

function readEntry(archive: Archive, at: number, isLayered: boolean): ArrayEntry {
  const shape = archive.numbers(at + 40);
  const chunkShape = archive.numbers(at + 72);
  if (shape.length !== chunkShape.length || shape.length > maxRank) {
    throw archive.corrupt(`has a shape of ${shape.length} axes with chunks of ${chunkShape.length}`);
  }
  const entry = {
    type: archive.u8(at + 16),
    shape,
    chunkShape,
    dimensions: archive.texts(at + 56),
    chunks: readChunks(archive, at + 88, shape.length),
    isDeleted: isLayered && archive.flag(at + 136),
    attributesAt: at + (isLayered ? 144 : 136),
    ...(!isLayered && archive.flag(at + 152) && { statisticsAt: at + 160 }),
  };
  return archive.flag(at + 104) ? { ...entry, fill: readFill(archive, at + 112) } : entry;
}

function readChunks(archive: Archive, at: number, rank: number): ReadonlyMap<string, ChunkPlace> {
  const { at: first, length } = archive.run(at, chunkBytes);
  const chunks = new Map<string, ChunkPlace>();
  for (let number = 0; number < length; number++) {
    const chunk = first + number * chunkBytes;
    if (archive.size(chunk + 8) !== rank)
      throw archive.corrupt(`has a chunk whose coordinates are not ${rank}`);
    const coordinates = archive.numbers(chunk).join();
    if (chunks.has(coordinates)) throw archive.corrupt(`has the chunk ${coordinates} twice`);
    chunks.set(coordinates, {
      block: archive.u32(chunk + 16),
      offset: archive.u32(chunk + 20),
      length: archive.u32(chunk + 24),
    });
  }
  return chunks;
}

function readFill(archive: Archive, at: number): FillValue {
  const tag = archive.u8(at);
  switch (tag) {
    case 0:
      return { kind: "bool", value: archive.flag(at + 1) };
    case 1:
      return { kind: "int", value: archive.i64(at + 8) };
    case 2:
      return { kind: "uint", value: archive.u64(at + 8) };
    case 3:
      return { kind: "float", value: archive.f64(at + 8) };
    case 4:
      return { kind: "text", value: archive.text(at + 8) };
    case 5:
      return { kind: "time", value: archive.i64(at + 8) };
    default:
      throw archive.corrupt(`has a fill value of kind ${tag}`);
  }
}
