/**
 * Buffers whose contents nobody wants any more, kept to be written again: a fresh one costs more than what is decoded into
 * it (docs/design/wasm.md §2).
 *
 * @module
 */

/** A buffer serves for up to this many times less than it holds. */
const largestWaste = 2;

/** Buffers within a budget, oldest first out; the newest always stays. */
export class Spares<B extends ArrayBufferLike = ArrayBuffer> {
  readonly #capacity: number;
  #buffers: B[] = [];
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacity = capacityBytes;
  }

  /** Takes a buffer over; one that was transferred, or is here already, is ignored. */
  put(buffer: B): void {
    if (buffer.byteLength === 0 || this.has(buffer)) return;
    this.#buffers.push(buffer);
    this.#bytes += buffer.byteLength;
    while (this.#bytes > this.#capacity && this.#buffers.length > 1) this.#remove(0);
  }

  /** The smallest buffer that holds so many bytes, if there is one that is not far too large. */
  take(bytes: number): B | undefined {
    let best = -1;
    for (const [index, { byteLength }] of this.#buffers.entries()) {
      if (byteLength < bytes || byteLength > bytes * largestWaste) continue;
      if (best < 0 || byteLength < this.#buffers[best]!.byteLength) best = index;
    }
    return best < 0 ? undefined : this.#remove(best);
  }

  has(buffer: B): boolean {
    return this.#buffers.includes(buffer);
  }

  clear(): void {
    this.#buffers = [];
    this.#bytes = 0;
  }

  #remove(index: number): B {
    const [buffer] = this.#buffers.splice(index, 1);
    this.#bytes -= buffer!.byteLength;
    return buffer!;
  }
}
