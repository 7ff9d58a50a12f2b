/**
 * What answers told about objects: size and ETag.
 *
 * @module
 */
import type { AbsolutePath } from "../core/plan.js";

interface Fact {
  readonly size?: number;
  readonly etag?: string;
}

/** Oldest facts go first beyond this; each is some hundred bytes. */
const maxFacts = 20_000;

export class ObjectFacts {
  readonly #facts = new Map<AbsolutePath, Fact>();

  /** Whether anything was found at all. */
  get any(): boolean {
    return this.#facts.size > 0;
  }

  sizeOf(key: AbsolutePath): number | undefined {
    return this.#facts.get(key)?.size;
  }

  etagOf(key: AbsolutePath): string | undefined {
    return this.#facts.get(key)?.etag;
  }

  /**
   * Takes over what an answer tells; `false` when it belongs to another version of the object. What was told first stays:
   * indexes that were read from that version are in use as long as the store is.
   */
  agrees(key: AbsolutePath, told: { readonly size?: number; readonly etag?: string }): boolean {
    if (told.size === undefined && told.etag === undefined) return true;
    const known = this.#facts.get(key);
    if (known?.etag !== undefined && told.etag !== undefined && known.etag !== told.etag) return false;
    if (known?.size !== undefined && told.size !== undefined && known.size !== told.size) return false;
    const size = known?.size ?? told.size;
    const etag = known?.etag ?? told.etag;
    this.#facts.set(key, {
      ...(size === undefined ? {} : { size }),
      ...(etag === undefined ? {} : { etag }),
    });
    if (this.#facts.size > maxFacts) this.#facts.delete(this.#facts.keys().next().value!);
    return true;
  }
}
