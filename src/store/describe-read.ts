/**
 * From a read and its address to the request as plain data, the same for every store.
 *
 * @module
 */
import type { AbsolutePath } from "../core/plan.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { ReadShape } from "./remote-options.js";

/** Where a read goes, and with what. */
export interface ReadAddress {
  readonly key: AbsolutePath;
  /** Complete, signed if it must be. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Root of the store, without query or key. */
  readonly root: string;
  /** Secrets are in use: no redirect is followed, because it would carry them elsewhere. */
  readonly signed: boolean;
}

export function describeRead(shape: ReadShape, address: ReadAddress): RemoteRead {
  const { method, range, cache, size } = shape;
  const { key, url, headers = {}, root, signed } = address;
  return {
    method,
    url,
    headers,
    cache,
    redirect: signed ? "refuse" : "follow",
    key,
    root,
    signed,
    ...(range === undefined ? {} : { range }),
    ...(size === undefined ? {} : { size }),
  };
}
