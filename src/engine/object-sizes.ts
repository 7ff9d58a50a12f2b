/**
 * How many bytes objects take that are read whole: asked for one by one where they are few, listed where they are many,
 * and of a sample where the store lists nothing.
 *
 * @module
 */
import type { AbsolutePath, ChunkRead } from "../core/plan.js";
import { canList, type ReadableStore } from "../store/types.js";
import type { Engine } from "./engine.js";

/** More objects than this are worth a listing, which takes one request for a thousand. */
const listsFrom = 24;
/** Objects of one price that are asked for their size one by one: a second or so, where six are asked at once. */
const asksAtMost = 96;
/** Of each kind of object at least: a rare one must not be judged by a single size. */
const asksPerKind = 8;
/** Requests that a listing may take: pages of a thousand keys, or folders of a web server. */
const listRequestsAtMost = 8;
/** Sizes kept; each is some hundred bytes. */
const keptAtMost = 100_000;

/** Sizes of one store's objects, as far as they were told; 0 of those that are not there. */
export class KnownSizes {
  readonly #store: ReadableStore;
  readonly #sizes = new Map<AbsolutePath, number>();
  readonly #listed = new Set<AbsolutePath>();
  #canAsk: boolean;
  #canList: boolean;

  constructor(store: ReadableStore) {
    this.#store = store;
    this.#canAsk = store.size !== undefined;
    this.#canList = canList(store);
  }

  of(key: AbsolutePath): number | undefined {
    return this.#sizes.get(key);
  }

  /** Learns what it can of objects: of all where that takes few requests, else of the sample. Never fails but by an abort. */
  async learn(
    keys: readonly AbsolutePath[],
    sample: readonly AbsolutePath[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const unknown = keys.filter((key) => !this.#sizes.has(key));
    if (unknown.length > listsFrom && (await this.#list(commonFolder(unknown), signal))) {
      for (const key of unknown) if (!this.#sizes.has(key)) this.#sizes.set(key, 0);
    }
    const asked = unknown.length > asksAtMost ? sample : unknown;
    const [first, ...others] = asked.filter((key) => !this.#sizes.has(key));
    if (first === undefined) return;
    await this.#ask(first, signal);
    await Promise.all(others.map((key) => this.#ask(key, signal)));
    if (this.#sizes.size > keptAtMost) this.#sizes.clear();
  }

  async #ask(key: AbsolutePath, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#canAsk) return;
    try {
      const size = await this.#store.size!(key, { mayBeAbsent: true, ...(signal && { signal }) });
      this.#sizes.set(key, size ?? 0);
    } catch {
      signal?.throwIfAborted();
      this.#canAsk = false;
    }
  }

  /**
   * A listing that grows too long is left; what it told by then stays.
   *
   * @returns whether it came to its end, so that what is not in it is not there
   */
  async #list(folder: AbsolutePath, signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.#canList || !canList(this.#store) || this.#listed.has(folder)) return false;
    this.#listed.add(folder);
    const enough = new AbortController();
    let requests = 0;
    const meter = {
      count: (more: number): void => {
        requests += more;
        if (requests > listRequestsAtMost) enough.abort();
      },
    };
    const left = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
    try {
      for await (const { key, size } of this.#store.list(folder, { signal: left, meter })) {
        if (size === undefined || this.#sizes.size > keptAtMost) return false;
        this.#sizes.set(key, size);
      }
      return true;
    } catch {
      signal?.throwIfAborted();
      this.#canList = enough.signal.aborted;
      return false;
    }
  }
}

/** What an engine has learnt so far. */
export function sizesOf(engine: Pick<Engine, "store" | "sizes">): KnownSizes {
  engine.sizes ??= new KnownSizes(engine.store);
  return engine.sizes;
}

/** The objects of one price, told apart by name. */
export class WholeObjects {
  readonly #known: KnownSizes;
  readonly #signal: AbortSignal | undefined;
  readonly #names = new Set<string>();
  /** Objects of one kind, the chunks of one column, are taken to be alike. */
  readonly #kinds = new Map<string, ChunkRead[]>();
  #hintBytes = 0;
  #learntAt = 0;

  constructor(known: KnownSizes, signal: AbortSignal | undefined) {
    this.#known = known;
    this.#signal = signal;
  }

  get count(): number {
    return this.#names.size;
  }

  add(object: string, read: ChunkRead, kind: string): void {
    if (this.#names.has(object)) return;
    this.#names.add(object);
    const alike = this.#kinds.get(kind);
    if (alike === undefined) this.#kinds.set(kind, [read]);
    else alike.push(read);
    this.#hintBytes += read.bytesHint ?? 0;
  }

  /** Whether they take more than so many bytes, as far as is known. */
  async exceed(limit: number): Promise<boolean> {
    if (limit < 0) return true;
    if (this.#hintBytes <= limit) return false;
    // Hints are sizes before compression. What was learnt of half as many is worth learning again.
    if (this.count >= 2 * this.#learntAt) await this.#learn();
    return this.#estimate() > limit;
  }

  /** @returns the bytes of all, and in words how they are known where they are not known for certain */
  async total(): Promise<{ readonly bytes: number; readonly note?: string }> {
    if (this.count === 0) return { bytes: 0 };
    await this.#learn();
    const bytes = Math.round(this.#estimate());
    const known = this.#reads().filter((read) => this.#isKnown(read)).length;
    if (known === this.count) return { bytes };
    const note =
      known === 0
        ? "Sizes of whole objects are estimates; compressed chunks are smaller."
        : `The sizes of ${known} of ${this.count} objects were asked for; the others are taken to be alike.`;
    return { bytes, note };
  }

  #reads(): ChunkRead[] {
    return [...this.#kinds.values()].flat();
  }

  #isKnown({ key }: ChunkRead): boolean {
    return this.#known.of(key) !== undefined;
  }

  #learn(): Promise<void> {
    this.#learntAt = this.count;
    const share = Math.max(asksPerKind, Math.floor(asksAtMost / this.#kinds.size));
    const sample = [...this.#kinds.values()].flatMap((all) => spread(all, share));
    const keysOf = (reads: readonly ChunkRead[]): AbsolutePath[] => reads.map(({ key }) => key);
    return this.#known.learn(keysOf(this.#reads()), keysOf(sample), this.#signal);
  }

  /** Known sizes; others by those of their kind, in proportion to their hints where there are any. */
  #estimate(): number {
    let bytes = 0;
    for (const all of this.#kinds.values()) {
      const known = all.filter((read) => this.#isKnown(read));
      const hintOf = ({ bytesHint = 0 }: ChunkRead): number => bytesHint;
      const knownBytes = sum(known.map(({ key }) => this.#known.of(key)!));
      const [hints, knownHints] = [sum(all.map(hintOf)), sum(known.map(hintOf))];
      if (known.length === 0) bytes += hints;
      else if (knownHints > 0) bytes += (knownBytes * hints) / knownHints;
      else bytes += (knownBytes * all.length) / known.length;
    }
    return bytes;
  }
}

/** The folder that holds all of them. */
function commonFolder(keys: readonly AbsolutePath[]): AbsolutePath {
  let [folder = "/"] = keys;
  for (const key of keys) {
    while (!key.startsWith(folder) || !folder.endsWith("/")) {
      folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1) as AbsolutePath;
    }
  }
  return folder as AbsolutePath;
}

function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]!);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
