/**
 * How long the index of an array file will be, as far as metadata tell: so much of the end of a file is read at first.
 * Lengths of what an index holds: array-format 0.10 to 0.15, `footer.rs`.
 *
 * @module
 */
import { arrayOf, isRagged } from "../../core/dtype.js";
import type { ArrayLayout, DatasetSchema } from "./schema.js";
import { dataTypeOf } from "./types.js";

/** Length of the statistics of one array in a file. */
export const statisticsBytes = 96;

export type Datasets = ReadonlyMap<string, DatasetSchema>;

/** Names up to this length lie in their struct. */
const inlineBytes = 16;
/** An entry without its lists, up to version 5 of an index and from version 6 on; with what aligns the next. */
const entryBytes = { layered: 168 + 8, single: 256 + 8 };
/** Each axis: two extents and the name of a dimension. */
const axisBytes = 4 + 4 + 16;
/** Each chunk, and each of its coordinates. */
const chunkBytes = 32;
const coordinateBytes = 4;
/** Each attribute of an array: key and value, most values being shared. */
const attributeBytes = 8;
/** Of each text. */
const offsetBytes = 4;
/** What an entry has beside, where only the index itself tells its layout: three axes and a chunk, or one axis and three. */
const unknownLayoutBytes = 144;

/** The entries of one array name in all datasets. */
export function indexSize(datasets: Datasets, array: string, form: keyof typeof entryBytes): number {
  let bytes = 0;
  for (const [dataset, schema] of datasets) {
    const found = schema.arrays.get(array);
    if (found === undefined) continue;
    const { size = 0 } = (schema.arrayAttributes ?? schema.arrayAttributeTypes)?.get(array) ?? {};
    bytes += entryBytes[form] + nameBytes(dataset) + layoutBytes(found.layout) + size * attributeBytes;
  }
  return bytes;
}

/** What lies in front of an index. */
export interface DataExtent {
  /** Decoded, of all datasets. */
  readonly dataBytes: number;
  /** Of those in front of the first that is wanted. */
  readonly frontBytes: number;
  /** All of it, so that whoever reads any value reads the block that it lies in. */
  readonly isCompressed: boolean;
  /** None of it is compressed: where all was written, it takes as many bytes in the file. */
  readonly isStored: boolean;
  /** There is text, of which metadata tell no more than how many offsets it has. */
  readonly isLeast: boolean;
}

/** The values of one array name in all datasets; `undefined` where the metadata do not tell. */
export function dataExtent(
  datasets: Datasets,
  array: string,
  wanted: ReadonlySet<string>,
): DataExtent | undefined {
  let dataBytes = 0;
  let frontBytes: number | undefined;
  let [isCompressed, isStored, isLeast] = [true, true, false];
  for (const [dataset, { arrays }] of datasets) {
    const found = arrays.get(array);
    if (found === undefined) continue;
    if (wanted.has(dataset)) frontBytes ??= dataBytes;
    const dtype = dataTypeOf(found.type);
    if (dtype === undefined || found.layout === undefined) return undefined;
    const items = found.layout.shape.reduce((product, extent) => product * extent, 1);
    dataBytes += items * (isRagged(dtype) ? offsetBytes : arrayOf(dtype).BYTES_PER_ELEMENT);
    isLeast ||= isRagged(dtype);
    isCompressed &&= found.isCompressed === true;
    isStored &&= found.isCompressed === false;
  }
  return { dataBytes, frontBytes: frontBytes ?? dataBytes, isCompressed, isStored, isLeast };
}

/** The entries of all arrays of one dataset. */
export function datasetIndexSize({ arrays }: DatasetSchema): number {
  let bytes = 0;
  for (const [array, { layout }] of arrays) {
    bytes += entryBytes.layered + nameBytes(array) + layoutBytes(layout);
  }
  return bytes;
}

/** The statistics of one array name in all datasets. */
export function statisticsSize(datasets: Datasets): number {
  let bytes = 0;
  for (const dataset of datasets.keys()) bytes += statisticsBytes + nameBytes(dataset);
  return bytes;
}

function layoutBytes(layout: ArrayLayout | undefined): number {
  if (layout === undefined) return unknownLayoutBytes;
  const { shape, chunkShape, dimensions } = layout;
  const chunks = shape.reduce(
    (product, extent, axis) => product * Math.ceil(extent / Math.max(1, chunkShape[axis]!)),
    1,
  );
  const names = dimensions.reduce((sum, name) => sum + nameBytes(name), 0);
  return shape.length * axisBytes + names + chunks * (chunkBytes + coordinateBytes * shape.length);
}

/** Of a name outside its struct, in UTF-8 and up to the next multiple of eight; most have ASCII letters alone. */
function nameBytes({ length }: string): number {
  return length <= inlineBytes ? 0 : length + 7;
}
