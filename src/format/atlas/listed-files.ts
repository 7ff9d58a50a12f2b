/**
 * Which files a directory store has and how long they are, told by one listing in the place of a look for each layer and, in pages
 * of another origin, of a request for each length. Whether a bucket lists is not known before it is asked, and a refusal costs a
 * request: so it is asked where the other way costs more than this one in any case, and what it told serves who comes soon after.
 *
 * @module
 */
import type { AbsolutePath } from "../../core/plan.js";
import type { ReadMeter } from "../../core/progress.js";
import type { Engine } from "../../engine/engine.js";
import { canDescribe, canList, type ListableStore } from "../../store/types.js";
import type { Datasets } from "./index-size.js";
import { encodeSegment } from "./keys.js";

/** Lengths of files. */
export type FileLengths = ReadonlyMap<AbsolutePath, number>;

/** Names of arrays up to which a store is listed as a whole, and not the folder of one: a page of a listing tells a thousand files. */
const mostNames = 64;
/** How long a listing counts: whoever reads an array of the same plan knows the same files, later ones may have come. */
const freshMs = 10_000;

export class ListedFiles {
  readonly #engine: Engine;
  /** Absent where nothing lists, or lengths cost no request anyway. */
  readonly #store: ListableStore | undefined;
  #isWhole: boolean;
  #isRefused = false;
  readonly #known = new Map<AbsolutePath, Listing>();

  constructor(engine: Engine, datasets: Datasets) {
    const { store } = engine;
    this.#engine = engine;
    this.#store = canList(store) && canDescribe(store) && !store.listsLoosely ? store : undefined;
    this.#isWhole = this.#store !== undefined && hasFewNames(datasets);
  }

  /**
   * The files of the store, or those of one folder.
   *
   * @param asks whether they are worth a request; else they are told where that was made a moment ago
   * @returns `undefined` where nothing is known of them
   */
  async of(folder: string, asks: boolean): Promise<FileLengths | undefined> {
    if (this.#store === undefined || this.#isRefused) return undefined;
    // The packages keep files of such names in two folders.
    if (!this.#isWhole && folder !== encodeSegment(folder)) return undefined;
    const prefix: AbsolutePath = this.#isWhole ? "/" : `/${folder}/`;
    let listing = this.#known.get(prefix);
    if (listing === undefined || performance.now() - listing.at > freshMs) {
      if (!asks) return undefined;
      listing = { at: performance.now(), files: this.#list(this.#store, prefix) };
      this.#known.set(prefix, listing);
    }
    const files = await listing.files;
    if (files !== "long") return files;
    // There is more below the store than a page tells: its folders are listed one by one.
    const wasWhole = prefix === "/";
    if (wasWhole) this.#isWhole = false;
    return wasWhole && asks ? this.of(folder, asks) : undefined;
  }

  /** What it told does not agree with the files. */
  forget(): void {
    this.#known.clear();
  }

  /** One request, whatever comes of it: neither a second try nor a second page. */
  async #list(store: ListableStore, prefix: AbsolutePath): Promise<FileLengths | "long" | undefined> {
    const { closed } = this.#engine;
    const enough = new AbortController();
    let requests = 0;
    const meter: ReadMeter = {
      count: (more) => {
        requests += more;
        if (requests > 1) enough.abort();
        enough.signal.throwIfAborted();
      },
      recorder: store.tap?.recorder,
    };
    const signal = AbortSignal.any([closed, enough.signal]);
    const files = new Map<AbsolutePath, number>();
    try {
      for await (const { key, size } of store.list(prefix, { signal, meter, priority: "metadata" })) {
        if (size === undefined) throw new RangeError("A listing without lengths.");
        files.set(key, size);
      }
      return files;
    } catch {
      closed.throwIfAborted();
      if (files.size > 0 && enough.signal.aborted) return "long";
      this.#isRefused = true;
      return undefined;
    }
  }
}

function hasFewNames(datasets: Datasets): boolean {
  const names = new Set<string>();
  for (const { arrays } of new Set(datasets.values())) {
    for (const name of arrays.keys()) names.add(name);
    if (names.size > mostNames) return false;
  }
  return true;
}

interface Listing {
  /** When it was asked for. */
  readonly at: number;
  readonly files: Promise<FileLengths | "long" | undefined>;
}
