/**
 * The footer of an array file (`.af`), versions 4 and 5: its blocks, and which chunks of which entries lie in them.
 * Source of the layout: array-format 0.10 to 0.12, `footer.rs`.
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
}

/** Length of the framing behind the index. */
export const trailerBytes = 12;
/** `ARRF`, behind the index of an array file. */
export const arrayFileMark = 0x46525241;
const rootBytes = 96;
const blockBytes = 56;
const entryBytes = 168;
const chunkBytes = 32;
/** Length of an attribute value. */
export const attributeBytes = 24;
const maxRank = 64;

/** Bytes of the index, from the last bytes of a file of the kind that `mark` tells. */
export function indexLength(tail: Uint8Array, where: string, mark = arrayFileMark): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (tail.length < trailerBytes || view.getUint32(tail.length - 4, true) !== mark) {
    throw new ReaderError("corrupt", `${where} does not end as such a file of an ATLAS store does.`, {
      hint: "The upload may have been cut short; copy it again.",
      detail: { key: where },
    });
  }
  const length = view.getBigUint64(tail.length - trailerBytes, true);
  if (length < 2n ** 31n) return Number(length);
  throw new ReaderError("limit-exceeded", `${where} promises an index of ${length} bytes.`, {
    detail: { key: where },
  });
}

/** An index whose entries are read when they are asked for. */
export class Footer {
  /** Which layer the file says it is; 0 for the base. */
  readonly layer: number;
  readonly archive: Archive;
  /** The dictionaries that attributes of entries point into. */
  readonly attributeKeys: Run;
  readonly attributeValues: Run;
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
    const root = archive.length - rootBytes;
    if (root < 0 || !isRoot(archive, root)) throw unknownVersion(archive);
    this.layer = archive.u32(root + 72);
    this.archive = archive;
    this.#blocks = archive.run(root + 8, blockBytes);
    this.#arrays = archive.run(root + 24, entryBytes);
    this.attributeKeys = archive.run(root + 40, 16);
    this.attributeValues = archive.run(root + 56, attributeBytes);
  }

  /** The entry of a dataset, if this file has one. */
  entry(name: string): ArrayEntry | undefined {
    this.#names ??= this.archive.numberNames(this.#arrays, entryBytes);
    const number = this.#names.get(name);
    if (number === undefined) return undefined;
    let entry = this.#entries.get(number);
    if (entry === undefined) {
      entry = readEntry(this.archive, this.#arrays.at + number * entryBytes);
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

function isRoot(archive: Archive, root: number): boolean {
  const version = archive.u32(root);
  return (version === 4 || version === 5) && archive.u32(root + 4) === 0;
}

function unknownVersion(archive: Archive): ReaderError {
  const { length, where } = archive;
  const versionAt = (back: number): number => (length >= back ? archive.u32(length - back) : 0);
  const found =
    versionAt(72) === 6 || versionAt(56) === 6 ? "6" : versionAt(48) === 4 ? "4 with 32-bit pointers" : "?";
  return new ReaderError(
    "unsupported",
    `${where} has an index of version ${found}; versions 4 and 5 are read.`,
    {
      detail: { key: where },
    },
  );
}

function readEntry(archive: Archive, at: number): ArrayEntry {
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
    isDeleted: archive.flag(at + 136),
    attributesAt: at + 144,
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
