/**
 * Deflated members of an archive, kept while there is room: ranges of them are read by inflating all of one, and come in
 * numbers.
 *
 * @module
 */
import { SharedWork } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import type { ReadOptions } from "./types.js";
import type { ZipMember } from "./zip-directory.js";

/** Inflated members kept for further ranges of them. */
const keptBytes = 64 * 1024 * 1024;
/** Of a member that is read whole. */
const maxMemberBytes = 2 ** 31 - 1;

/** The members of one archive that were inflated last. */
export class InflatedMembers {
  readonly #inflate: (member: ZipMember, options: ReadOptions) => Promise<Uint8Array>;
  readonly #works = new Map<ZipMember, SharedWork<Uint8Array>>();
  #bytes = 0;

  /** @param inflate reads one member whole */
  constructor(inflate: (member: ZipMember, options: ReadOptions) => Promise<Uint8Array>) {
    this.#inflate = inflate;
  }

  /** Whether a member is kept, or being read. */
  has(member: ZipMember): boolean {
    return this.#works.get(member)?.open === true;
  }

  clear(): void {
    this.#works.clear();
    this.#bytes = 0;
  }

  /** The bytes of a member, which stay this store's. @throws ReaderError `limit-exceeded`, or whatever inflating throws */
  async read(member: ZipMember, options: ReadOptions): Promise<Uint8Array> {
    checkWhole(member);
    const known = this.#works.get(member);
    const { signal: _own, ...rest } = options;
    const work = known?.open ? known : new SharedWork((signal) => this.#inflate(member, { ...rest, signal }));
    if (work !== known) this.#bytes += known === undefined ? member.size : 0;
    this.#works.delete(member);
    this.#works.set(member, work);
    for (const oldest of this.#works.keys()) {
      if (this.#bytes <= keptBytes || oldest === member) break;
      this.#forget(oldest);
    }
    try {
      return await work.join(options.signal);
    } catch (thrown) {
      if (!options.signal?.aborted && this.#works.get(member) === work) this.#forget(member);
      throw thrown;
    }
  }

  #forget(member: ZipMember): void {
    if (this.#works.delete(member)) this.#bytes -= member.size;
  }
}

/** @throws ReaderError `limit-exceeded` for a member too large to be read whole */
export function checkWhole({ name, size }: ZipMember): void {
  if (size <= maxMemberBytes) return;
  throw new ReaderError(
    "limit-exceeded",
    `"${name}" has ${size} bytes; members over ${maxMemberBytes} are read in parts only, which needs them stored.`,
    { detail: { key: name } },
  );
}
