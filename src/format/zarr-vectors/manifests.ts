/**
 * Manifests: the fragments that make up each object, in order.
 *
 * A manifest is a uint32 number of blocks, then blocks: int64 chunk coordinates, uint8 mode, and the fragments of that
 * chunk. Mode 0: one, int64. Mode 1: a run, int64 first and number. Mode 2: a list, uint32 number, then int64 each.
 * Nothing is aligned. No blocks, or no bytes: the object is not at this level.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { type Chunk, chunkCode } from "./cells.js";
import { corruptTable, TableReader } from "./int64.js";

/** Runs of fragments, object after object: run `i` is `counts[i]` fragments of `chunks[places[i]]` from `firsts[i]` on. */
export interface Manifests {
  /** Each chunk once. */
  readonly chunks: readonly Chunk[];
  /** First run of each object, and at the end the number of runs. */
  readonly starts: Uint32Array;
  readonly places: Uint32Array;
  readonly firsts: Uint32Array;
  readonly counts: Uint32Array;
}

/** Fragments that are gone through for one answer, and rows of them: a few bytes may name all of them again and again. */
const maxFragments = 2 ** 27;

/** Runs and objects that are held for one answer. */
const maxNumbers = 2 ** 25;

/** The error for what would take longer than any honest store. */
export function tooMany(what: string): ReaderError {
  return new ReaderError("limit-exceeded", what, {
    hint: "Ask for fewer objects or a smaller box; if the store is in order, it is too large for one answer.",
  });
}

/** Numbers of 32 bits, as many as come. */
class Numbers {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      if (this.length >= maxNumbers)
        throw tooMany(`The manifests tell of more than ${maxNumbers} runs of fragments, or objects.`);
      const grown = new Uint32Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  finish(): Uint32Array {
    return this.#values.slice(0, this.length);
  }
}

/** A run of fragments lies within those of its chunk, or the store is damaged. */
export function checkRun(
  { fragments, where }: { readonly fragments: { readonly count: number }; readonly where: string },
  first: number,
  count: number,
): void {
  if (first + count <= fragments.count) return;
  throw corruptTable(where, `a manifest names fragment ${first + count - 1}, there are ${fragments.count}.`);
}

/** Collects runs of fragments object by object. */
export class ManifestBuilder {
  readonly #chunks: Chunk[] = [];
  readonly #placeOf = new Map<number | string, number>();
  readonly #starts = new Numbers();
  readonly #places = new Numbers();
  readonly #firsts = new Numbers();
  readonly #counts = new Numbers();
  #total = 0;

  constructor() {
    this.#starts.push(0);
  }

  /** Adds fragments to the object that is being collected; the chunk is copied. */
  addRun(chunk: Chunk, first: number, count: number, where: string): void {
    this.#addTo(this.#placeAt(chunk), first, count, () => where);
  }

  endObject(): void {
    this.#starts.push(this.#places.length);
  }

  /**
   * Adds an object by its manifest.
   *
   * @param rank components of a chunk coordinate
   */
  addManifest(table: TableReader, rank: number): void {
    if (table.left > 0) {
      const blocks = table.uint32();
      const chunk = new Array<number>(rank).fill(0);
      for (let block = 0; block < blocks; block++) {
        for (let axis = 0; axis < rank; axis++) chunk[axis] = table.int64();
        this.#addBlock(table, this.#placeAt(chunk));
      }
      table.end();
    }
    this.endObject();
  }

  /** The place of a chunk, which it gets with its first run. */
  #placeAt(chunk: Chunk): number {
    const code = chunkCode(chunk);
    let place = this.#placeOf.get(code);
    if (place === undefined) {
      place = this.#chunks.length;
      this.#placeOf.set(code, place);
      this.#chunks.push([...chunk]);
    }
    return place;
  }

  #addBlock(table: TableReader, place: number): void {
    const where = (): string => table.where;
    const mode = table.uint8();
    if (mode === 0) this.#addTo(place, table.int64(), 1, where);
    else if (mode === 1) this.#addTo(place, table.int64(), table.int64(), where);
    else if (mode === 2) {
      const list = new TableReader(table.bytes(8 * table.uint32()), table.where);
      while (list.left > 0) this.#addTo(place, list.int64(), 1, where);
    } else throw corruptTable(table.where, `a manifest has a block of mode ${mode}; 0, 1 and 2 are known.`);
  }

  #addTo(place: number, first: number, count: number, where: () => string): void {
    if (first < 0 || count < 0 || first + count > 2 ** 32 - 1) {
      throw corruptTable(where(), `a manifest names ${count} fragments from ${first}.`);
    }
    this.#total += count;
    if (this.#total > maxFragments)
      throw tooMany(`${where()}: the manifests name more than ${maxFragments} fragments.`);
    this.#places.push(place);
    this.#firsts.push(first);
    this.#counts.push(count);
  }

  finish(): Manifests {
    return {
      chunks: this.#chunks,
      starts: this.#starts.finish(),
      places: this.#places.finish(),
      firsts: this.#firsts.finish(),
      counts: this.#counts.finish(),
    };
  }
}
