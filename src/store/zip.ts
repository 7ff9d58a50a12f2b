/**
 * Zip archives, read by range from any store: the directory once, then of each member what is asked for. Archives within
 * one folder (`air.zarr/…`) are read from inside it.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.js";
import { raceAbort, SharedWork } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import { type Bytes, type Lane, releaseBytes } from "../net/lane.js";
import { inflate } from "./inflate.js";
import { checkWhole, InflatedMembers } from "./inflated-members.js";
import { boundRange, copyRange, readRange } from "./read-range.js";
import {
  type BytesPlace,
  canHold,
  type HoldingStore,
  type ListableStore,
  type ReadableStore,
  type ReadOptions,
} from "./types.js";
import { corrupt, dataOffset, headerBytes, readZipDirectory, type ZipMember } from "./zip-directory.js";

export interface ZipStoreOptions {
  /** Folder within the archive that keys are below. Default: the one that all members lie in, if there is one. */
  readonly root?: string;
  /** Told of each key when the archive is found to have changed; what was read of it must not be mixed with what comes. */
  readonly onChanged?: (key: AbsolutePath) => void;
}

interface Contents {
  readonly members: ReadonlyMap<string, ZipMember>;
  /** In front of every key; empty, or with a slash at its end. */
  readonly root: string;
}

/** What a local header may have beyond the directory's entry: a zip64 field (20 bytes), and alignment. */
const slackBytes = 64;
/** Deflate spends two bits on 258 bytes at best; nothing larger is allocated for what a directory promises. */
const maxDeflateRatio = 1032;

const methodNames: Readonly<Record<number, string>> = {
  9: "deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "zstd",
  95: "xz",
  99: "AES encryption",
};

/** Reads the members of one archive by name. Stored members are read in parts, deflated ones whole. */
export class ZipStore implements ListableStore, HoldingStore {
  readonly #outer: ReadableStore;
  readonly #key: AbsolutePath;
  readonly #root: string | undefined;
  readonly #onChanged: ((key: AbsolutePath) => void) | undefined;
  #members: Contents | undefined;
  #contents: SharedWork<Contents> | undefined;
  readonly #dataAt = new Map<ZipMember, number>();
  readonly #inflated = new InflatedMembers((member, options) => this.#whole(member, options));

  /** @param key of the archive within `outer`, a store that can read ranges of it and tell its size */
  constructor(outer: ReadableStore, key: AbsolutePath, options: ZipStoreOptions = {}) {
    this.#outer = outer;
    this.#key = key;
    this.#root = options.root?.replace(/^\/+|\/+$/g, "");
    this.#onChanged = options.onChanged;
  }

  /** Lets go of the directory and of all that was read by it: the archive is another one now. */
  forget(): void {
    const known = this.#members;
    this.#contents = undefined;
    this.#members = undefined;
    this.#dataAt.clear();
    this.#inflated.clear();
    if (known === undefined || this.#onChanged === undefined) return;
    for (const name of known.members.keys()) {
      if (name.startsWith(known.root)) this.#onChanged(`/${name.slice(known.root.length)}`);
    }
  }

  /** The requests are those of the store around it. */
  get meters(): boolean {
    return this.#outer.meters === true;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const member = await this.#find(key, options);
    if (member === undefined) return undefined;
    // Ranges of it were read, or are being read.
    if (this.#inflated.has(member)) return (await this.#inflated.read(member, options)).slice();
    return this.#whole(member, options);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    const member = await this.#find(key, options);
    if (member === undefined) return undefined;
    const { offset, length } = boundRange(range, member.size);
    if (length === 0) return new Uint8Array(0);
    if (member.method !== 0) return copyRange(await this.#inflated.read(member, options), { offset, length });
    if (length === member.size) return this.#whole(member, options);
    const dataAt = this.#dataAt.get(member) ?? (await this.#locate(member, options));
    return this.#read(dataAt + offset, length, options);
  }

  /** Parts of stored members, inner chunks of shards as a rule, stay where they are decoded; the rest has to come here. */
  async hold(
    key: AbsolutePath,
    range: RangeQuery | undefined,
    lane: Lane,
    options: ReadOptions = {},
  ): Promise<Bytes | undefined> {
    const member = range === undefined ? undefined : await this.#find(key, options);
    const part = member && range && boundRange(range, member.size);
    const isHere =
      part === undefined || member?.method !== 0 || part.length === 0 || part.length === member.size;
    if (isHere) return range === undefined ? this.get(key, options) : this.getRange(key, range, options);
    const dataAt = this.#dataAt.get(member) ?? (await this.#locate(member, options));
    return this.#read(dataAt + part.offset, part.length, options, lane);
  }

  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    return (await this.#find(key, options))?.size;
  }

  /** Known once the directory is; ranges of deflated members take all of the member. */
  placeOf(key: AbsolutePath, range: ByteRange | undefined): BytesPlace | undefined {
    if (this.#members === undefined) return undefined;
    const member = this.#members.members.get(this.#members.root + key.slice(1));
    if (member === undefined) return {};
    const isPart = range !== undefined && member.method === 0 && range.length < member.size;
    const headBytes = headerBytes(member) + member.extraBytes;
    const offset = member.headerAt + (isPart ? headBytes + range.offset : 0);
    const length = isPart ? range.length : headBytes + slackBytes + member.packedSize;
    return { object: this.#key, range: { offset, length: Math.min(length, member.endsBy - offset) } };
  }

  /** Deflated members that ranges were read of. */
  holds(key: AbsolutePath): boolean {
    const member = this.#members?.members.get(this.#members.root + key.slice(1));
    return member !== undefined && this.#inflated.has(member);
  }

  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size: number }> {
    const { members, root } = await this.#open(options);
    const wanted = root + prefix.slice(1);
    for (const [name, { size }] of members) {
      options.signal?.throwIfAborted();
      if (name.startsWith(wanted)) yield { key: `/${name.slice(root.length)}`, size };
    }
  }

  async #find(key: AbsolutePath, options: ReadOptions): Promise<ZipMember | undefined> {
    options.signal?.throwIfAborted();
    const { members, root } = await this.#open(options);
    const member = members.get(root + key.slice(1));
    if (member !== undefined) this.#refuseUnreadable(member);
    return member;
  }

  /** The directory, read once; a failed read is tried again by the next reader. */
  async #open(options: ReadOptions): Promise<Contents> {
    if (!this.#contents?.open) {
      const { signal: _own, ...rest } = options;
      this.#contents = new SharedWork((signal) => this.#readContents({ ...rest, signal }));
    }
    const work = this.#contents;
    try {
      return await work.join(options.signal);
    } catch (thrown) {
      // A reader that gave up says nothing about the directory.
      if (!options.signal?.aborted && this.#contents === work) this.#contents = undefined;
      throw thrown;
    }
  }

  async #readContents(options: ReadOptions): Promise<Contents> {
    const size = await sizeOf(this.#outer, this.#key, options);
    if (size === undefined) {
      throw new ReaderError("not-found", `There is no archive at ${this.#key}.`, {
        detail: { key: this.#key },
      });
    }
    const read = (offset: number, length: number): Promise<Uint8Array> => this.#read(offset, length, options);
    const members = await readZipDirectory(read, size, this.#key);
    const root = this.#root === undefined ? commonRoot(members.keys()) : this.#root && `${this.#root}/`;
    this.#members = { members, root };
    return this.#members;
  }

  #refuseUnreadable({ name, method, flags, size, packedSize }: ZipMember): void {
    const isEncrypted = (flags & 1) !== 0 || method === 99;
    if (!isEncrypted && (method === 0 || method === 8)) {
      const isPossible = method === 0 ? size === packedSize : size <= packedSize * maxDeflateRatio;
      if (isPossible) return;
      throw corrupt(this.#key, `"${name}" cannot have ${size} bytes, ${packedSize} of them stored`);
    }
    const why = isEncrypted
      ? "is encrypted"
      : `is compressed with ${methodNames[method] ?? `method ${method}`}; stored and deflated members can be read`;
    throw new ReaderError("unsupported", `"${name}" in ${this.#key} ${why}.`, { detail: { key: name } });
  }

  /** A whole member, its checksum verified. */
  async #whole(member: ZipMember, options: ReadOptions): Promise<Uint8Array> {
    checkWhole(member);
    const packed = await this.#readPacked(member, options);
    const what = `"${member.name}" in ${this.#key}`;
    const bytes =
      member.method === 0 ? packed : await raceAbort(inflate(packed, member.size, what), options.signal);
    const sum = crc32(bytes);
    if (bytes.length === member.size && sum === member.crc32) return bytes;
    throw new ReaderError(
      "corrupt",
      `${what} is damaged: its checksum is ${sum.toString(16)}, the archive says ${member.crc32.toString(16)}.`,
      { detail: { key: member.name } },
    );
  }

  /** Header and data in one request: the header's length is guessed from the directory's entry. */
  async #readPacked(member: ZipMember, options: ReadOptions): Promise<Uint8Array> {
    const known = this.#dataAt.get(member);
    if (known !== undefined) return this.#read(known, member.packedSize, options);
    const { headerAt } = member;
    const guess = headerBytes(member) + member.extraBytes + slackBytes + member.packedSize;
    const head = await this.#read(headerAt, Math.min(guess, member.endsBy - headerAt), options);
    const offset = dataOffset(head, member, this.#key);
    this.#dataAt.set(member, offset);
    const start = offset - headerAt;
    const end = start + member.packedSize;
    return end <= head.length ? head.slice(start, end) : this.#read(offset, member.packedSize, options);
  }

  async #locate(member: ZipMember, options: ReadOptions): Promise<number> {
    const head = await this.#read(member.headerAt, headerBytes(member), options);
    const offset = dataOffset(head, member, this.#key);
    this.#dataAt.set(member, offset);
    return offset;
  }

  /** Part of the archive; all of it, or an error. */
  #read(offset: number, length: number, options: ReadOptions): Promise<Uint8Array>;
  #read(offset: number, length: number, options: ReadOptions, lane: Lane): Promise<Bytes>;
  async #read(offset: number, length: number, options: ReadOptions, lane?: Lane): Promise<Bytes> {
    // The archive is there: what is missing of it is damage, never absence.
    const { mayBeAbsent: _, ...rest } = options;
    const range = { offset, length };
    const outer = this.#outer;
    const bytes =
      lane !== undefined && canHold(outer)
        ? await outer.hold(this.#key, range, lane, rest)
        : await readRange(outer, this.#key, range, rest);
    if (bytes?.length === length) return bytes;
    releaseBytes(bytes);
    throw corrupt(this.#key, `${bytes?.length ?? 0} of ${length} bytes at ${offset} are there`);
  }
}

async function sizeOf(
  store: ReadableStore,
  key: AbsolutePath,
  options: ReadOptions,
): Promise<number | undefined> {
  // A `Map` is a store, and its size is a number.
  if (typeof store.size === "function") return store.size(key, options);
  return (await store.get(key, options))?.length;
}

/** The folder that every member lies in, however deep, with a slash at its end; what macOS adds does not count. */
function commonRoot(names: Iterable<string>): string {
  let root: string | undefined;
  for (const name of names) {
    if (name.startsWith("__MACOSX/") || name.endsWith(".DS_Store")) continue;
    const folder = name.slice(0, name.lastIndexOf("/") + 1);
    if (root === undefined) root = folder;
    while (!folder.startsWith(root)) root = root.slice(0, root.lastIndexOf("/", root.length - 2) + 1);
  }
  return root ?? "";
}
