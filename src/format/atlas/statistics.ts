/**
 * Statistics of one array name: least and greatest value in each dataset, as `data.stats` holds them
 * (array-format 0.10 to 0.12, `stats.rs`).
 *
 * @module
 */
import type { MemberStatistics, StatisticValue } from "../../core/dataset.js";
import { Archive, type Run } from "./archive.js";
import { statisticsBytes } from "./index-size.js";
import type { LayeredEntry } from "./layers.js";
import { fillItem } from "./types.js";

/** Every cell lies between the two, or is NaN; where the least is above the greatest, all are NaN. */
export interface Bounds {
  readonly min: bigint | number;
  readonly max: bigint | number;
}

/** Statistics of one array by dataset. */
export interface Statistics {
  get(dataset: string): MemberStatistics | undefined;
}

/** A file of them, each read when it is asked for. */
export class StatisticsFile implements Statistics {
  readonly #archive: Archive;
  readonly #run: Run;
  #names: ReadonlyMap<string, number> | undefined;

  /**
   * @param index the bytes of the index alone
   * @throws ReaderError `corrupt`
   */
  constructor(index: Uint8Array, where: string) {
    this.#archive = new Archive(index, where);
    // Both versions end with the list: the second one has its version in front.
    this.#run = this.#archive.run(this.#archive.length - 16, statisticsBytes);
  }

  get(dataset: string): MemberStatistics | undefined {
    this.#names ??= this.#archive.numberNames(this.#run, statisticsBytes);
    const number = this.#names.get(dataset);
    return number === undefined
      ? undefined
      : readStatistics(this.#archive, this.#run.at + number * statisticsBytes);
  }
}

/** One `ArrayStats`. */
export function readStatistics(archive: Archive, at: number): MemberStatistics {
  const [min, max] = [16, 48].map((field) =>
    archive.flag(at + field) ? readValue(archive, at + field + 8) : undefined,
  );
  return {
    rows: archive.u64(at + 88),
    nulls: archive.u64(at + 80),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

function readValue(archive: Archive, at: number): StatisticValue {
  const tag = archive.u8(at);
  switch (tag) {
    case 0:
    case 4:
      return archive.i64(at + 8);
    case 1:
      return archive.u64(at + 8);
    case 2:
      return archive.f64(at + 8);
    case 3:
      return archive.octets(at + 8);
    default:
      throw archive.corrupt(`has a statistic of kind ${tag}`);
  }
}

/**
 * The bounds that hold for every cell that a reader gets, fill values with them; `undefined` where statistics do not prove any.
 *
 * They are trusted where one flush wrote all chunks of the entry. Statistics are written after chunks, so after a writer that
 * was interrupted, or while one is at work, those of an overwritten array may be older than its cells.
 */
export function boundsOf(
  statistics: MemberStatistics | undefined,
  { entry, flushes }: LayeredEntry,
): Bounds | undefined {
  const fill = fillItem(entry);
  if (fill === undefined) return undefined;
  if (flushes === 0) return boundsOfFill(fill);
  const cells = entry.shape.reduce((product, extent) => product * BigInt(extent), 1n);
  if (statistics === undefined || flushes !== 1 || statistics.rows !== cells) return undefined;
  const { nulls, min, max } = statistics;
  if (min === undefined || max === undefined) return nulls === cells ? boundsOfFill(fill) : undefined;
  if (typeof min !== typeof fill || typeof max !== typeof fill) return undefined;
  // Where a NaN counts as the least or the greatest value, the true one is unknown.
  const least = Number.isNaN(min) ? Number.NEGATIVE_INFINITY : (min as number | bigint);
  const most = Number.isNaN(max) ? Number.POSITIVE_INFINITY : (max as number | bigint);
  if (nulls === 0n || Number.isNaN(fill)) return { min: least, max: most };
  const isBelow = fill < least;
  const isAbove = fill > most;
  return { min: isBelow ? fill : least, max: isAbove ? fill : most };
}

function boundsOfFill(fill: bigint | number): Bounds {
  if (!Number.isNaN(fill)) return { min: fill, max: fill };
  return { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}
