/**
 * @module Buckets and what is in them: objects in memory, and directories mounted under a prefix and read lazily,
 * so a big sample store costs no memory.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { BucketOptions, CorsRule } from "./types.js";

/**
 * Mounted files up to this size get the MD5 of their bytes as ETag; larger ones an ETag of the multipart form, so that
 * a list does not read a whole store.
 */
const HASHED_MOUNT_BYTES = 1024 * 1024;
/** A mounted directory is walked again for listing after this time. */
const WALK_TTL_MS = 1000;

export interface StoredObject {
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** Content-Type, Cache-Control, Content-Encoding, x-amz-meta-*, … as given at upload. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole-object checksum given at upload: header name (`x-amz-checksum-crc32`) and base64 value. */
  readonly checksum?: { readonly name: string; readonly value: string };
  /** The caller keeps the range inside the object and does not write into the result. */
  read(offset: number, length: number): Buffer | Promise<Buffer>;
}

export interface ObjectOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string;
  readonly lastModified?: Date;
  readonly checksum?: { readonly name: string; readonly value: string };
}

/** A multipart upload under way. */
export interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

interface Mount {
  readonly prefix: string;
  readonly dir: string;
  walkedAt: number;
  keys: string[];
}

export class Bucket {
  readonly name: string;
  readonly created: Date;
  readonly uploads = new Map<string, Upload>();
  owner: string;
  ownerId: string;
  region: string;
  publicRead: boolean | readonly string[];
  publicList: boolean | readonly string[];
  cors: readonly CorsRule[];
  requesterPays: boolean;
  /** The policy document last put, as text. */
  policy: string | undefined;
  readonly #objects = new Map<string, StoredObject>();
  readonly #mounts: Mount[] = [];
  readonly #mountedEtags = new Map<string, string>();
  #sorted: string[] | undefined;

  constructor(name: string, created: Date, options: BucketOptions & { owner: string; region: string }) {
    this.name = name;
    this.created = created;
    this.owner = options.owner;
    this.ownerId = options.ownerId ?? "000000000000";
    this.region = options.region;
    this.publicRead = options.publicRead ?? false;
    this.publicList = options.publicList ?? this.publicRead;
    this.cors = options.cors ?? [];
    this.requesterPays = options.requesterPays ?? false;
  }

  /** Stores the bytes, without a copy. */
  put(key: string, bytes: Uint8Array, options: ObjectOptions = {}): StoredObject {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const object: StoredObject = {
      size: buffer.length,
      etag: options.etag ?? `"${createHash("md5").update(buffer).digest("hex")}"`,
      lastModified: options.lastModified ?? new Date(),
      headers: { "Content-Type": guessType(key), ...options.headers },
      ...(options.checksum ? { checksum: options.checksum } : {}),
      read: (offset, length) => buffer.subarray(offset, offset + length),
    };
    if (!this.#objects.has(key)) this.#sorted = undefined;
    this.#objects.set(key, object);
    return object;
  }

  /** Removes an object from memory; mounted files stay. */
  delete(key: string): void {
    if (this.#objects.delete(key)) this.#sorted = undefined;
  }

  /** Serves the files under `dir` as keys `prefix` + relative path. Objects put later win over mounted ones. */
  mount(prefix: string, dir: string): void {
    this.#mounts.push({ prefix, dir: path.resolve(dir), walkedAt: Number.NEGATIVE_INFINITY, keys: [] });
  }

  find(key: string): StoredObject | undefined | Promise<StoredObject | undefined> {
    return this.#objects.get(key) ?? (this.#mounts.length === 0 ? undefined : this.#findMounted(key));
  }

  /** All keys in the order of their UTF-8 bytes. */
  async sortedKeys(): Promise<readonly string[]> {
    this.#sorted ??= [...this.#objects.keys()].sort(compareUtf8);
    if (this.#mounts.length === 0) return this.#sorted;
    const all = new Set(this.#sorted);
    for (const mount of this.#mounts) {
      if (Date.now() - mount.walkedAt > WALK_TTL_MS) {
        mount.keys = await walk(mount.dir, mount.prefix);
        mount.walkedAt = Date.now();
      }
      for (const key of mount.keys) all.add(key);
    }
    return [...all].sort(compareUtf8);
  }

  async #findMounted(key: string): Promise<StoredObject | undefined> {
    for (const { prefix, dir } of this.#mounts.toReversed()) {
      if (!key.startsWith(prefix)) continue;
      const segments = key.slice(prefix.length).split("/");
      if (segments.some((s) => s === "" || s === "." || s === ".." || /[\\\0]/.test(s))) continue;
      const file = path.join(dir, ...segments);
      const info = await stat(file).catch(() => undefined);
      if (!info?.isFile()) continue;
      return {
        size: info.size,
        etag: await this.#etagOf(file, info.size, info.mtimeMs),
        lastModified: info.mtime,
        headers: { "Content-Type": guessType(key) },
        read: (offset, length) => readPart(file, offset, length),
      };
    }
    return undefined;
  }

  async #etagOf(file: string, size: number, modified: number): Promise<string> {
    const id = `${file}\0${size}\0${modified}`;
    let etag = this.#mountedEtags.get(id);
    if (etag === undefined) {
      const hash = createHash("md5");
      if (size <= HASHED_MOUNT_BYTES) etag = `"${hash.update(await readPart(file, 0, size)).digest("hex")}"`;
      else etag = `"${hash.update(id).digest("hex")}-1"`;
      this.#mountedEtags.set(id, etag);
    }
    return etag;
  }
}

async function readPart(file: string, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was served`);
      done += bytesRead;
    }
    return buffer;
  } finally {
    await handle?.close();
  }
}

/** The files below a directory, as keys. */
export async function walk(dir: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const child = path.join(dir, entry.name);
    const isDirectory = entry.isSymbolicLink() ? (await stat(child)).isDirectory() : entry.isDirectory();
    if (isDirectory) keys.push(...(await walk(child, `${prefix}${entry.name}/`)));
    else keys.push(prefix + entry.name);
  }
  return keys;
}

/** Orders texts as their UTF-8 bytes: code units differ from that only where surrogates meet U+E000–U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // A surrogate belongs to a code point above every single unit.
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function guessType(key: string): string {
  return /(\.json|(^|\/)\.z(array|attrs|group|metadata))$/.test(key)
    ? "application/json"
    : "binary/octet-stream";
}
