/**
 * The file of statistics beside the array files of a directory store.
 *
 * @module
 */
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import type { Footer } from "./footer.js";
import { type FilePlace, readIndex, statisticsMark } from "./framing.js";
import { type Datasets, statisticsSize } from "./index-size.js";
import { encodeSegment } from "./keys.js";
import { readStatistics, type Statistics, StatisticsFile } from "./statistics.js";

/** Statistics of an array name; `undefined` where none were written. */
export async function readDirectoryStatistics(
  engine: Engine,
  array: string,
  datasets: Datasets,
): Promise<Statistics | undefined> {
  const folder = encodeSegment(array);
  const indexBytes = statisticsSize(datasets);
  // The packages encode this name twice, as those of layers.
  for (const each of new Set([folder, encodeSegment(folder)])) {
    const key: AbsolutePath = `/${each}/data.stats`;
    const found = await readStatisticsFile(engine, {
      key,
      where: key.slice(1),
      indexBytes,
      data: { dataBytes: 0, frontBytes: 0, isCompressed: false, isStored: true, isLeast: false },
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One file, or the part of a container that is one. */
export async function readStatisticsFile(engine: Engine, place: FilePlace): Promise<Statistics | undefined> {
  const options: ReadOptions = { priority: "metadata", mayBeAbsent: true, signal: engine.closed };
  const index = await readIndex(engine, place, statisticsMark, options);
  return index && new StatisticsFile(index, place.where);
}

/** Those of the entries of an array file, from version 6 of its index on. */
export function readSegmentStatistics(footer: Footer): Statistics {
  return {
    get(dataset) {
      const at = footer.entry(dataset)?.statisticsAt;
      return at === undefined ? undefined : readStatistics(footer.archive, at);
    },
  };
}
