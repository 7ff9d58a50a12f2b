/**
 * @module
 * Colours for values. The continuous map runs through OKLCH (https://bottosson.github.io/posts/oklab/): lightness rises
 * in even steps, so equal differences of value look equally large, in grey and to colour-blind eyes too.
 */
import type { Values } from "./columns.js";

export type Rgb = readonly [number, number, number];

/** From OKLCH (hue in degrees) to sRGB; chroma is taken back until the colour exists. */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  for (let c = chroma; ; c -= 0.005) {
    const rgb = linearFromOklab(
      lightness,
      Math.max(c, 0) * Math.cos((hue * Math.PI) / 180),
      Math.max(c, 0) * Math.sin((hue * Math.PI) / 180),
    );
    if (c <= 0 || rgb.every((part) => part >= -0.0005 && part <= 1.0005)) {
      return rgb.map((part) => Math.round(255 * gammaOf(Math.min(1, Math.max(0, part))))) as unknown as Rgb;
    }
  }
}

function linearFromOklab(lightness: number, a: number, b: number): number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function gammaOf(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

const steps = 256;

/** Dark violet through blue and green to light yellow; the chroma is what sRGB has at these hues, so nothing is cut off. */
export const ramp: readonly Rgb[] = Array.from({ length: steps }, (_, index) => {
  const t = index / (steps - 1);
  return fromOklch(0.28 + 0.64 * t, 0.098 + 0.05 * (2 * t - 1) ** 2, 300 - 195 * t);
});

/** Neighbours differ in hue by the golden angle, and in lightness, which survives colour blindness. */
function categoryColour(index: number): Rgb {
  return fromOklch(0.62 + 0.12 * ((index % 3) - 1), 0.15, 30 + index * 137.508);
}

/** No value: the neutral that is in neither map. */
export const nullColour: Rgb = [150, 150, 150];

export interface CategoryEntry {
  readonly code: number;
  readonly name: string;
  readonly colour: Rgb;
  readonly count: number;
}

export type Scale = ContinuousScale | CategoryScale;

interface ScaleBase {
  readonly name: string;
  readonly unit: string | undefined;
  readonly nulls: number;
}

export interface ContinuousScale extends ScaleBase {
  readonly kind: "continuous";
  /** Ends of the colours. */
  readonly min: number;
  readonly max: number;
  /** Ends of the values. */
  readonly lowest: number;
  readonly highest: number;
}

export interface CategoryScale extends ScaleBase {
  readonly kind: "categories";
  /** Most frequent first. */
  readonly entries: readonly CategoryEntry[];
  readonly byCode: ReadonlyMap<number, Rgb>;
}

/** Below so many different whole numbers, values are kinds rather than amounts. */
const fewKinds = 6;
/** Values looked at to place the ends of the colours. */
const sampleSize = 20_000;

/** Finds colours for a column; `skip` leaves out rows that are not there yet. */
export function createScale(
  values: Values,
  clamp: readonly [number, number] | undefined,
  skip: (row: number) => boolean = () => false,
): Scale {
  const counts = new Map<number, number>();
  let [lowest, highest, nulls, isWhole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, true];
  const sample: number[] = [];
  const stride = Math.max(1, Math.floor(values.length / sampleSize));
  for (let row = 0; row < values.length; row++) {
    if (skip(row)) continue;
    const value = values.numberAt(row);
    if (value === undefined) {
      nulls++;
      continue;
    }
    if (Number.isFinite(value)) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
      if (row % stride === 0) sample.push(value);
    }
    isWhole &&= Number.isInteger(value);
    if (values.categories !== undefined || (isWhole && counts.size <= fewKinds)) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  const base = { name: values.name, unit: values.unit, nulls };
  const isKinds = isWhole && counts.size > 1 && counts.size <= fewKinds && values.length > 2 * fewKinds;
  if (values.categories !== undefined || isKinds) {
    // By code, not by frequency: a category keeps its colour from query to query.
    const kinds = [...counts.keys()].sort((a, b) => a - b);
    const entries = [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([code, count]) => ({
        code,
        name: values.categories?.[code] ?? String(code),
        colour: categoryColour(values.categories === undefined ? kinds.indexOf(code) : code),
        count,
      }));
    return { ...base, kind: "categories", entries, byCode: new Map(entries.map((e) => [e.code, e.colour])) };
  }
  if (lowest > highest) [lowest, highest] = [0, 0];
  const [min, max] = clamp ?? spread(sample, lowest, highest);
  return { ...base, kind: "continuous", min, max, lowest, highest };
}

/** Ends that a few outliers do not stretch: the 2nd and 98th hundredth where the tails are long, else the extremes. */
function spread(sample: number[], lowest: number, highest: number): readonly [number, number] {
  if (sample.length < 50) return [lowest, highest];
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * 0.02)]!;
  const high = sample[Math.floor(sample.length * 0.98)]!;
  const isLongTailed = highest - lowest > 1.6 * (high - low) && high > low;
  return isLongTailed ? [low, high] : [lowest, highest];
}

/** Where a value lies between two finite ends, from 0 to 1; halves, because the span of two doubles may overflow. */
function shareOf(value: number, min: number, max: number): number {
  if (min === max) return value === min ? 0.5 : Number(value > max);
  if (value <= min) return 0;
  return value >= max ? 1 : (value / 2 - min / 2) / (max / 2 - min / 2);
}

/** The colour of one value. */
export function colourOf(scale: Scale, value: number | undefined): Rgb {
  if (value === undefined) return nullColour;
  if (scale.kind === "categories") return scale.byCode.get(value) ?? nullColour;
  return ramp[Math.round(shareOf(value, scale.min, scale.max) * (steps - 1))]!;
}
