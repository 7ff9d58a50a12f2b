/**
 * The first bytes of a body before all of it has come, so that the chunks in a merged read are decoded as their last byte
 * arrives (docs/design/wasm.md §3), and that an object may be opened by its body (docs/design/object-storage.md §5).
 *
 * @module
 */
import type { AbsolutePath, ByteRange } from "../core/plan.js";
import type { Bytes, HeldBytes } from "./lane.js";

/** What an answer's headers tell of the object. */
export interface ToldFacts {
  readonly size?: number;
  readonly etag?: string;
}

/** Asked of one request. */
export interface BodyArrivals {
  /** Numbers of first bytes that are waited for, ascending; each is drawn when what came before it was told of. */
  readonly lengths: Iterable<number>;
  /** Told of first bytes; who keeps them retains them. */
  tell(first: HeldBytes, told: ToldFacts): void;
}

/** Asked of a store. */
export interface Arrivals extends Pick<BodyArrivals, "lengths"> {
  /** What the bytes are the first of: a store that asks for something else instead tells nothing. */
  readonly key: AbsolutePath;
  /** Absent: the whole object. */
  readonly range?: ByteRange;
  /** As of `BodyArrivals`; on this thread told of each piece that comes, as a view of memory that is still written to. */
  tell(first: Bytes, told: ToldFacts): void;
}

/** Told by who reads a body: memory for all of it, and how much of it came. */
export type OnArrived = (room: Uint8Array, filled: number, told: ToldFacts) => void;
