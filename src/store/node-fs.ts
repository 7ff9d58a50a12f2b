/**
 * Local folders, in Node only. Loaded when a path or `file:` URL is opened; asks the running Node for its modules, so
 * that bundlers for browsers find nothing to resolve.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { ReaderError } from "../core/error.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { encodeKey } from "./keys.js";
import type { ListableStore, ReadOptions } from "./types.js";

type Fs = typeof import("node:fs/promises");

/** Reads files below one folder; keys cannot leave it by `..`. */
export class NodeFsStore implements ListableStore {
  readonly handsOver = true;
  readonly #root: string;
  readonly #fs: Fs;

  /** @throws ReaderError `unsupported` outside Node */
  constructor(location: string | URL) {
    const modules = (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule;
    if (modules === undefined) {
      throw new ReaderError(
        "unsupported",
        `"${String(location)}" is a local path, which only Node can read; a page reads https:, s3:, gs: and az: addresses.`,
      );
    }
    this.#fs = modules("node:fs/promises");
    const path = modules("node:path");
    const isUrl = location instanceof URL || location.startsWith("file:");
    this.#root = path.resolve(isUrl ? modules("node:url").fileURLToPath(location) : location);
  }

  /** The folder. */
  get url(): string {
    return this.#root;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    return this.#open(key, async (file) => {
      const { size } = await file.stat();
      return readAt(file, 0, size);
    });
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    return this.#open(key, async (file) => {
      const { size } = await file.stat();
      const offset = "offset" in range ? range.offset : Math.max(0, size - range.suffixLength);
      const end = "offset" in range ? Math.min(size, range.offset + range.length) : size;
      return readAt(file, offset, Math.max(0, end - offset));
    });
  }

  async size(key: AbsolutePath): Promise<number | undefined> {
    return this.#open(key, async (file) => (await file.stat()).size);
  }

  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size: number }> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/"));
    const entries = await this.#fs
      .readdir(this.#root + folder, { withFileTypes: true, recursive: true })
      .catch((thrown: unknown) => {
        if (isAbsent(thrown)) return [];
        throw failure(prefix, thrown);
      });
    for (const entry of entries) {
      options.signal?.throwIfAborted();
      if (!entry.isFile()) continue;
      const path = `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/");
      const key: AbsolutePath = `/${path.slice(this.#root.length).replace(/^\/+/, "")}`;
      const size = await this.size(key);
      if (key.startsWith(prefix) && size !== undefined) yield { key, size };
    }
  }

  async #open<T>(key: AbsolutePath, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    // The same keys are refused as in a URL: empty ones and those with dot segments.
    encodeKey(key.slice(1));
    let file: FileHandle | undefined;
    try {
      file = await this.#fs.open(this.#root + key, "r");
      if ((await file.stat()).isDirectory()) return undefined;
      return await use(file);
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw failure(key, thrown);
    } finally {
      await file?.close();
    }
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) {
      throw new ReaderError(
        "short-body",
        `The file ended after ${filled} of ${length} bytes; it changed while it was read.`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;
}

function isAbsent(thrown: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].includes(codeOf(thrown) ?? "");
}

function failure(key: string, thrown: unknown): unknown {
  const code = codeOf(thrown);
  if (code === "EACCES" || code === "EPERM") {
    return new ReaderError("forbidden", `The file of ${key} may not be read (${code}).`, { detail: { key } });
  }
  return code === undefined || code.startsWith("ERR_")
    ? thrown
    : new ReaderError("server", `The file of ${key} cannot be read (${code}).`, { detail: { key } });
}
