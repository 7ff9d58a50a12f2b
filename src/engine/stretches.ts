/**
 * Which parts of a plan are begun together: those of one object meet in as few requests as there can be, so the window of what is
 * under way ends between objects. `explain` prices by the same rule what `execute` reads.
 *
 * @module
 */
import type { ReadPart } from "../core/plan.js";
import { placeRead, type ReadableStore } from "../store/types.js";
import { columnsOf, mergeKey } from "./assign-lanes.js";

/** Parts in flight: enough for the ranges of one object to meet in one request. */
export const windowParts = 256;
/** Encoded bytes in flight, so that a large plan keeps bounded memory. */
export const windowBytes = 64 * 1024 * 1024;
/** Parts of one object that are begun together, though they are more than are in flight otherwise. */
const stretchParts = 1024;
/** What a part weighs when its size is not known. */
const unknownPartBytes = 256 * 1024;

/** Cuts a plan, part by part, into stretches that are begun together. */
export class Stretches {
  readonly #store: Pick<ReadableStore, "placeOf">;
  #object: string | undefined;
  #parts = 0;
  #bytes = 0;

  constructor(store: Pick<ReadableStore, "placeOf">) {
    this.#store = store;
  }

  /** Takes the next part: whether a stretch begins with it, and if so, whether the one before was cut for its size. */
  begins(part: ReadPart): "of another object" | "cut" | undefined {
    const object = this.#objectOf(part) ?? this.#object;
    const isCut = this.#parts >= stretchParts || this.#bytes >= windowBytes;
    const isOther = object !== this.#object;
    if (isOther || isCut) this.#parts = this.#bytes = 0;
    this.#object = object;
    this.#parts++;
    this.#bytes += weigh(part);
    return isCut ? "cut" : isOther ? "of another object" : undefined;
  }

  #objectOf(part: ReadPart): string | undefined {
    for (const { read } of columnsOf(part)) {
      const place = read && placeRead(this.#store, read);
      if (place !== undefined) return mergeKey(place);
    }
    return undefined;
  }
}

/** Encoded bytes a part is expected to bring. */
export function weigh(part: ReadPart): number {
  return columnsOf(part).reduce((sum, { read }) => {
    if (read === undefined) return sum;
    return sum + (read.range?.length ?? read.bytesHint ?? unknownPartBytes);
  }, 0);
}
