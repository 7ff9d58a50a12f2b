/**
 * A lane: another thread that performs requests and keeps what came, so that the bytes are decoded where they arrived and
 * this thread hands about references only (docs/design/wasm.md §3).
 *
 * @module
 */
import type { Answer } from "./answer.js";
import type { PerformOptions } from "./perform.js";
import type { RemoteRead } from "./remote-read.js";

export interface Lane {
  /** Whether the thread still runs; what it held is lost otherwise. */
  readonly alive: boolean;
  /**
   * Performs one request there. Its body belongs to the caller, who releases it.
   *
   * @returns `undefined` when the thread does not run, or cannot load the code for it
   * @throws the signal's reason as soon as it aborts; the request is then ended there too
   */
  perform(read: RemoteRead, options: PerformOptions): Promise<Answer<HeldBytes> | undefined>;
  /** A copy of held bytes on this thread, in a buffer of its own. */
  take(held: HeldBytes): Promise<Uint8Array>;
  /** Bodies of this lane one after another as one, which belongs to the caller. */
  join(parts: readonly HeldBytes[]): HeldBytes;
}

/** One body kept in a lane; dropped there when the last of those who retained it has released it. */
export class HeldBody {
  readonly lane: Lane;
  /** Names the body within its lane. */
  readonly id: number;
  readonly length: number;
  readonly #drop: () => void;
  #owners = 1;

  constructor(lane: Lane, id: number, length: number, drop: () => void) {
    this.lane = lane;
    this.id = id;
    this.length = length;
    this.#drop = drop;
  }

  retain(): void {
    this.#owners++;
  }

  release(): void {
    if (--this.#owners === 0) this.#drop();
  }
}

/** Bytes within a held body. Cuts share the body: whoever keeps one retains it, and releases it afterwards. */
export class HeldBytes {
  readonly body: HeldBody;
  readonly offset: number;
  readonly length: number;

  constructor(body: HeldBody, offset = 0, length: number = body.length) {
    this.body = body;
    this.offset = offset;
    this.length = length;
  }

  get lane(): Lane {
    return this.body.lane;
  }

  /** Part of these bytes; shorter where they end. */
  cut(offset: number, length: number): HeldBytes {
    const start = Math.min(offset, this.length);
    return new HeldBytes(this.body, this.offset + start, Math.min(length, this.length - start));
  }
}

/** Bytes on this thread, or held in a lane. */
export type Bytes = Uint8Array | HeldBytes;

export function isHeld(bytes: unknown): bytes is HeldBytes {
  return bytes instanceof HeldBytes;
}

/** One more owner, where the bytes have owners. */
export function retainBytes(bytes: Bytes | undefined): void {
  if (isHeld(bytes)) bytes.body.retain();
}

/** One owner less, where the bytes have owners. */
export function releaseBytes(bytes: Bytes | undefined): void {
  if (isHeld(bytes)) bytes.body.release();
}

/** The bytes on this thread; those held elsewhere are brought here and released. */
export async function bringHere(bytes: Bytes): Promise<Uint8Array> {
  if (!isHeld(bytes)) return bytes;
  try {
    return await bytes.lane.take(bytes);
  } finally {
    bytes.body.release();
  }
}

/** Pieces one after another as one: where they are when one lane holds them all, else here. They are released. */
export async function joinBytes(parts: readonly Bytes[]): Promise<Bytes> {
  const [first] = parts;
  if (isHeld(first) && parts.every((part) => isHeld(part) && part.lane === first.lane)) {
    const whole = first.lane.join(parts as (typeof first)[]);
    for (const part of parts) releaseBytes(part);
    return whole;
  }
  const here = await Promise.all(parts.map(bringHere));
  const joined = new Uint8Array(here.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of here) {
    joined.set(part, filled);
    filled += part.length;
  }
  return joined;
}
