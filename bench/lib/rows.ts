/**
 * Samples as rows of results.
 *
 * @module
 */
import type { Row } from "./host.js";
import { bestRate, type MeasureOptions, median, medianRate, type Samples, speedup } from "./measure.js";

/** Rounds of a full run and of a quick one. */
export function roundsOf(isQuick: boolean, rounds: number = 9): MeasureOptions {
  return isQuick ? { rounds: 3, sampleMs: 2 } : { rounds, sampleMs: 15 };
}

/** A row of rates: `units` (bytes, points) of work in each run, and the ratios of `own` to every other. */
export function rateRow(
  name: string,
  samples: Samples,
  { units, unit, own, notes }: { units: number; unit: string; own?: string; notes?: Row["notes"] },
): Row {
  const names = Object.keys(samples);
  const others = own === undefined ? [] : names.filter((key) => key !== own);
  return {
    name,
    unit,
    rates: Object.fromEntries(
      names.map((key) => [
        key,
        { median: medianRate(samples, key, units), best: bestRate(samples, key, units) },
      ]),
    ),
    ratios: Object.fromEntries(others.map((key) => [key, speedup(samples, own!, key)!])),
    ...(notes === undefined ? {} : { notes }),
  };
}

/** A row of plain values, of which the median and the smallest are kept. */
export function valueRow(
  name: string,
  unit: string,
  values: Readonly<Record<string, readonly number[]>>,
): Row {
  const rates = Object.entries(values).map(
    ([key, list]) => [key, { median: median(list), best: Math.min(...list) }] as const,
  );
  return { name, unit, rates: Object.fromEntries(rates), ratios: {} };
}
