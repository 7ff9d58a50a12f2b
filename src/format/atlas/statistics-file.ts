/**
 * The file of statistics beside the array files of a directory store.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { indexLength, trailerBytes } from "./footer.js";
import { encodeSegment } from "./keys.js";
import { Statistics, statisticsMark } from "./statistics.js";

/** Reads it whole: what is asked of it is which datasets a query can leave out. */
export async function readStatisticsFile(engine: Engine, array: string): Promise<Statistics | undefined> {
  const folder = encodeSegment(array);
  // The packages encode this name twice, as those of layers.
  for (const each of new Set([folder, encodeSegment(folder)])) {
    const key: AbsolutePath = `/${each}/data.stats`;
    const bytes = await engine.store.get(key, {
      priority: "metadata",
      mayBeAbsent: true,
      signal: engine.closed,
    });
    if (bytes !== undefined) return parseStatistics(bytes, key.slice(1));
  }
  return undefined;
}

function parseStatistics(file: Uint8Array, where: string): Statistics {
  const end = file.length - trailerBytes;
  const length = indexLength(file, where, statisticsMark);
  if (length <= end) return new Statistics(file.subarray(end - length, end), where);
  throw new ReaderError("corrupt", `${where} has ${file.length} bytes and an index of ${length}.`, {
    detail: { key: where },
  });
}
