/**
 * A folder of the user's machine, read through the browser: files are found when they are asked for.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { fileFailure } from "./file-failure.js";
import { boundRange } from "./read-range.js";
import type { ListableStore, ReadOptions } from "./types.js";

/** What the browser tells of a folder; both reject with a `DOMException` for what is not there. */
export interface FileTree {
  file(names: readonly string[]): Promise<File>;
  entries(names: readonly string[]): AsyncIterable<{ readonly name: string; readonly isFolder: boolean }>;
}

/** Files looked up before; each look-up asks another process. */
const maxKnown = 20_000;

/** Reads files below one folder; keys cannot leave it. */
export class FolderStore implements ListableStore {
  readonly handsOver = true;
  readonly #tree: FileTree;
  readonly #known = new Map<AbsolutePath, Promise<File | undefined>>();

  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const file = await this.#file(key, options);
    return file === undefined ? undefined : this.#read(key, file, options);
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    const file = await this.#file(key, options);
    if (file === undefined) return undefined;
    const { offset, length } = boundRange(range, file.size);
    return this.#read(key, file.slice(offset, offset + length), options);
  }

  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    return (await this.#file(key, options))?.size;
  }

  async *list(prefix: AbsolutePath, options: ReadOptions = {}): AsyncIterable<{ key: AbsolutePath }> {
    const names = prefix.split("/").slice(1, -1);
    for await (const key of this.#walk(names, options)) {
      if (key.startsWith(prefix)) yield { key };
    }
  }

  async *#walk(names: readonly string[], options: ReadOptions): AsyncIterable<AbsolutePath> {
    try {
      for await (const { name, isFolder } of this.#tree.entries(names)) {
        options.signal?.throwIfAborted();
        const path = [...names, name];
        if (isFolder) yield* this.#walk(path, options);
        else yield `/${path.join("/")}`;
      }
    } catch (thrown) {
      if (options.signal?.aborted) throw thrown;
      if (!isAbsent(thrown)) throw fileFailure(`/${names.join("/")}`, thrown);
    }
  }

  #file(key: AbsolutePath, options: ReadOptions): Promise<File | undefined> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    let file = this.#known.get(key);
    if (file === undefined) {
      file = this.#find(key);
      this.#known.set(key, file);
      file.catch(() => this.#known.delete(key));
      if (this.#known.size > maxKnown) this.#known.delete(this.#known.keys().next().value!);
    }
    return raceAbort(file, options.signal);
  }

  async #find(key: AbsolutePath): Promise<File | undefined> {
    const names = key.slice(1).split("/");
    // Empty names and those with dots are no files, and some browsers would resolve them.
    if (names.some((name) => name === "" || name === "." || name === "..")) return undefined;
    try {
      return await this.#tree.file(names);
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw fileFailure(key, thrown);
    }
  }

  async #read(key: AbsolutePath, blob: Blob, options: ReadOptions): Promise<Uint8Array> {
    try {
      return new Uint8Array(await raceAbort(blob.arrayBuffer(), options.signal));
    } catch (thrown) {
      if (options.signal?.aborted) throw thrown;
      this.#known.delete(key);
      throw fileFailure(key, thrown);
    }
  }
}

/** Not there, or a folder where a file was asked for, or the other way round. */
function isAbsent(thrown: unknown): boolean {
  return thrown instanceof DOMException && ["NotFoundError", "TypeMismatchError"].includes(thrown.name);
}
