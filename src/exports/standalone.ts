/**
 * Opens one format over a store at hand, without detection and without the other formats.
 *
 * @module
 */
import type { Dataset } from "../core/dataset.js";
import { closedError, createEngine, type FormatContext } from "../engine/engine.js";
import type { ReadableStore } from "../store/types.js";
import type { DecodePool } from "../worker/pool.js";

export interface StandaloneOptions {
  /** Default: a pool of its own, ended by `Dataset.close()`. */
  readonly pool?: DecodePool;
  /** For messages and `Dataset.url`. */
  readonly url?: string;
  readonly onDiagnostic?: (diagnostic: { code: string; message: string }) => void;
}

/** Opens a dataset that is rooted at a store, which is read as it is: wrap it for caching and merged ranges. */
export async function openStandalone(
  openFormat: (context: FormatContext) => Promise<Dataset>,
  store: ReadableStore,
  options: StandaloneOptions,
): Promise<Dataset> {
  const { onDiagnostic, url = "store" } = options;
  const pool = options.pool ?? (await import("../worker/pool.js")).createPool();
  const diagnostics = onDiagnostic === undefined ? {} : { onDiagnostic };
  const closing = new AbortController();
  const engine = createEngine({ store, pool, closed: closing.signal, ...diagnostics });
  const dataset = await openFormat({ engine, url });
  const close = (): void => {
    closing.abort(closedError());
    if (options.pool === undefined) pool.dispose();
  };
  return { ...dataset, close };
}
