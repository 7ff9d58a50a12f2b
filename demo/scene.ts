/**
 * @module
 * A source as the page shows it: its dimensions with their ends, and which two of them span the picture.
 */
import type { AnySource, Axis, Dataset, FieldInfo, TypedArray } from "cloudcrop";

export interface Dimension {
  readonly name: string;
  readonly unit: string | undefined;
  /** Ends, where they are known. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Grids: the labels of all cells. */
  readonly labels?: TypedArray;
  readonly labelled: boolean;
}

export interface Scene {
  readonly name: string;
  readonly source: AnySource;
  readonly dimensions: readonly Dimension[];
  /** Positions in `dimensions`. Equal when there is only one. */
  readonly x: number;
  readonly y: number;
  /** Whether the plane can be asked for as a `bbox`; else it is asked for by name, as ranges. */
  readonly takesBox: boolean;
}

/** What a source carries per row: of lines, what each vertex carries, then what each line does. */
export function fieldsOf({ info }: AnySource): readonly FieldInfo[] {
  const vertexFields = info.vertexFields ?? [];
  const names = new Set(vertexFields.map(({ name }) => name));
  return [...vertexFields, ...info.fields.filter(({ name }) => !names.has(name))];
}

/** Looks at a source; the labels of a grid's axes, and statistics of profiles, cost requests the first time. */
export async function describeScene(
  dataset: Dataset,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<Scene> {
  const source = dataset.sources.get(name) ?? dataset.source(name);
  if (source.kind !== "grid") {
    const { bounds, dimensions, units } = source.info;
    const count = dimensions.length;
    const ends = bounds ? [] : await Promise.all(dimensions.map((each) => endsOf(dataset, each, options)));
    return {
      name,
      source,
      dimensions: dimensions.map((dimension, index) => ({
        name: dimension,
        unit: units?.[index],
        min: bounds?.[index] ?? ends[index]?.[0],
        max: bounds?.[index + count] ?? ends[index]?.[1],
        labelled: true,
      })),
      x: 0,
      y: Math.min(1, count - 1),
      takesBox: count >= 2,
    };
  }
  const axes = await source.axes(options);
  return { name, source, dimensions: axes.map(dimensionOf), ...choosePlane(axes) };
}

/** Least and greatest value of an array in all members of a dataset, where each has statistics of it. */
async function endsOf(
  { members, sources }: Dataset,
  array: string,
  options: { readonly signal: AbortSignal },
): Promise<readonly [number, number] | undefined> {
  if (members === undefined) return undefined;
  const having = members.names.filter((name) => sources.has(`${name}/${array}`));
  const all = await Promise.all(having.map((name) => members.statistics(name, array, options)));
  const ends = all.flatMap((one) => [Number(one?.min ?? Number.NaN), Number(one?.max ?? Number.NaN)]);
  const [min, max] = [Math.min(...ends), Math.max(...ends)];
  return Number.isFinite(min) && Number.isFinite(max) ? [min, max] : undefined;
}

function dimensionOf(axis: Axis): Dimension {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const label of axis.values) {
    const value = Number(label);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const known = min <= max;
  return {
    name: axis.name,
    unit: axis.unit,
    min: known ? min : undefined,
    max: known ? max : undefined,
    labels: axis.values,
    labelled: axis.labelled,
  };
}

const xNames = /^(x|xc|lon|long|longitude|rlon|easting)$/i;
const yNames = /^(y|yc|lat|latitude|rlat|northing)$/i;

/** The axes that say they are x and y, else the last two, as arrays of images have them. */
function choosePlane(axes: readonly Axis[]): Pick<Scene, "x" | "y" | "takesBox"> {
  const find = (names: RegExp, units: RegExp): number =>
    axes.findIndex((axis) => axis.labelled && (units.test(axis.unit ?? "") || names.test(axis.name)));
  const x = find(xNames, /^degrees?_?(east|E)$/);
  const y = find(yNames, /^degrees?_?(north|N)$/);
  if (x >= 0 && y >= 0 && x !== y) return { x, y, takesBox: true };
  const last = Math.max(0, axes.length - 1);
  return { x: last, y: Math.max(0, last - 1), takesBox: false };
}
