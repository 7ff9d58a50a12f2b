/**
 * @module
 * Numbers as people read them.
 */

const grouped = new Intl.NumberFormat("en", { useGrouping: true, maximumFractionDigits: 0 });

/** `28 403`: thin spaces, which no language takes for a decimal sign. */
export function formatCount(count: number): string {
  return grouped.format(count).replaceAll(",", "\u202f");
}

/** `1 row`, `2 rows`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** What a table of this kind is long in, for `countOf`. */
export function itemsOf(kind: string | undefined): readonly [one: string, many: string] {
  if (kind === "grid") return ["cell", "cells"];
  if (kind === "polylines") return ["line", "lines"];
  return kind === "points" || kind === undefined ? ["row", "rows"] : ["vertex", "vertices"];
}

/** `812 B`, `3.4 kB`, `12 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `87 ms`, `1.3 s`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/** `$0.0000041`: two digits that mean something. */
export function formatUsd(usd: number): string {
  if (usd === 0) return "$0";
  if (usd >= 0.01) return `$${usd.toFixed(2)}`;
  const digits = Math.min(12, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}

/** A value of the data, short but not wrong: seven digits, which is what a float32 holds. */
export function formatValue(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value)) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(4);
  return String(Number(value.toPrecision(size >= 1000 ? 9 : 7)));
}

/** As few digits as give a float32 back: `0.1`, where its double would be `0.10000000149011612`. */
export function formatSingle(value: number): string {
  const digits = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return String(digits === undefined ? value : Number(value.toPrecision(digits)));
}

/** `°E` for `degrees_east`; other units as they are. */
export function shortUnit(unit: string | undefined): string | undefined {
  const compass = /^degrees?_?(east|north|west|south|e|n|w|s)$/i.exec(unit ?? "")?.[1];
  if (compass !== undefined) return `°${compass[0]!.toUpperCase()}`;
  return unit === "degrees" || unit === "degree" ? "°" : unit;
}

/** Decimals that keep neighbouring ticks or pixels apart. */
export function formatStep(value: number, step: number): string {
  if (!Number.isFinite(step) || step <= 0) return formatValue(value);
  const size = Math.max(Math.abs(value), step);
  if (size >= 1e9 || (step < 1e-7 && size < 1e-4)) return value.toExponential(3);
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}
