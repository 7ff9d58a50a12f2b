/**
 * Reading on where a large body broke off, as long as it is of the same version (docs/design/object-storage.md §9).
 *
 * @module
 */
import type { Answer, Salvage } from "./answer.js";
import { type Bytes, joinBytes, releaseBytes } from "./lane.js";
import { clipRange, type RemoteRead } from "./remote-read.js";

/** What there is of a body so far, from attempt to attempt. */
export class ResumedBody<B extends Bytes> {
  #kept: Salvage<B> | undefined;

  /** The request for what is missing; the whole request while nothing was kept. */
  next(read: RemoteRead): RemoteRead {
    const kept = this.#kept;
    if (kept === undefined) return read;
    const wanted = clipRange(read.range ?? { offset: 0, length: kept.size }, kept.size);
    const offset = kept.offset + kept.bytes.length;
    const range = { offset, length: wanted.offset + wanted.length - offset };
    // A part is never read through the browser's cache (§6).
    const cache = read.cache === "default" ? "no-store" : read.cache;
    return { ...read, range, size: kept.size, cache };
  }

  /**
   * The answer to `next` as an answer to the whole request; `undefined` when it is of another version or was not for the
   * missing part, so that the read must begin anew.
   */
  async complete(answer: Answer<B>): Promise<Answer<B> | undefined> {
    const kept = this.#kept;
    if (answer.kind === "failure") {
      if (answer.salvage !== undefined) await this.#keep(answer.salvage);
      return answer;
    }
    if (kept === undefined) return answer;
    this.#kept = undefined;
    if (answer.kind === "bytes" && answer.whole === undefined && isSame(answer, kept)) {
      const bytes = (await joinBytes([kept.bytes, answer.bytes])) as B;
      return { kind: "bytes", bytes, size: kept.size, etag: kept.etag };
    }
    releaseBytes(kept.bytes);
    if (answer.kind === "bytes") releaseBytes(answer.bytes);
    return answer.kind === "absent" ? answer : undefined;
  }

  /** Gives up what was kept. */
  release(): void {
    releaseBytes(this.#kept?.bytes);
    this.#kept = undefined;
  }

  async #keep(more: Salvage<B>): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept === undefined || !isSame(more, kept)) {
      releaseBytes(kept?.bytes);
      this.#kept = more;
      return;
    }
    this.#kept = { ...kept, bytes: (await joinBytes([kept.bytes, more.bytes])) as B };
  }
}

function isSame(
  a: { readonly etag?: string; readonly size?: number },
  b: { readonly etag: string; readonly size: number },
): boolean {
  return a.etag === b.etag && a.size === b.size;
}
