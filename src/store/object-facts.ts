/**
 * What answers told about objects: size and ETag, and the few small objects that could only be read whole.
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
const maxWholes = 8;

export class ObjectFacts {
  readonly #facts = new Map<AbsolutePath, Fact>();
  readonly #wholes = new Map<AbsolutePath, Uint8Array>();

  sizeOf(key: AbsolutePath): number | undefined {
    return this.#facts.get(key)?.size;
  }

  /** An object of a server that ignores ranges, read once. */
  wholeOf(key: AbsolutePath): Uint8Array | undefined {
    return this.#wholes.get(key);
  }

  keepWhole(key: AbsolutePath, bytes: Uint8Array): void {
    this.#wholes.set(key, bytes);
    if (this.#wholes.size > maxWholes) this.#wholes.delete(this.#wholes.keys().next().value!);
  }

  /** Takes over what an answer tells; `false` when it belongs to another version of the object. */
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

  forget(key: AbsolutePath): void {
    this.#facts.delete(key);
    this.#wholes.delete(key);
  }
}
