/**
 * What every store behind a network is told, and tells.
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import type { RecorderTap } from "../core/recorder.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { Transport, TransportOptions } from "../net/retry.js";

/** Watches what goes over the network; `StatsCounter` is one. */
export interface RequestObserver extends RecorderTap {
  request(method: "GET" | "HEAD", bytesAsked: number | undefined, isRetry: boolean): void;
  received(bytes: number, wasWhole: boolean): void;
}

export interface RemoteStoreOptions extends TransportOptions {
  /** Shared by several stores, when given. */
  readonly transport?: Transport | undefined;
  readonly observer?: RequestObserver | undefined;
  /** Whether a 403 means that the object is not there; see `ReadOptions.mayBeAbsent`. Default `"auto"`. */
  readonly missingOn403?: "auto" | boolean | undefined;
  readonly onDiagnostic?: ((diagnostic: { code: string; message: string }) => void) | undefined;
  /**
   * Which thread fetches chunks: `"worker"` (default) the one that decodes them, so that they never touch the page's;
   * `"page"` the one that opened the store. Indexes and metadata are always read where they are planned with.
   */
  readonly fetchIn?: "page" | "worker" | undefined;
  /** Told when an object is found to have changed since it was first read. */
  readonly onChanged?: ((key: AbsolutePath) => void) | undefined;
}

/** A read before it has an address. */
export interface ReadShape {
  readonly method: "GET" | "HEAD";
  readonly range?: RangeQuery | undefined;
  readonly cache: RemoteRead["cache"];
  readonly size?: number | undefined;
  /** See `RemoteRead.maxBytes`. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
