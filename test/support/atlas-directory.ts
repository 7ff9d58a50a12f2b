/**
 * @module Directory stores of as many datasets as one likes, whose arrays are those of `writeArrayFile`.
 */
import { type FileShape, writeArrayFile } from "./atlas-index.js";

/** `profile_0`, `profile_1` … */
export function profileNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `profile_${number}`);
}

/** `atlas.json`: datasets that all have these arrays, of so many `float32`, or texts, in one chunk. */
export function writeMetadata(
  datasets: readonly string[],
  names: readonly string[],
  {
    version,
    epoch,
    cells = 5,
    codec = "Uncompressed",
    isText = false,
  }: {
    readonly version: 1 | 3;
    readonly epoch?: number;
    readonly cells?: number;
    readonly codec?: string;
    readonly isText?: boolean;
  },
): Uint8Array {
  const layout = { shape: [cells], chunk_shape: [cells], dimension_names: ["level"] };
  const array = { dtype: { type: isText ? "string" : "float32" }, ...layout, codec };
  const arrays = Object.fromEntries(names.map((name) => [name, array]));
  const schemas = [{ arrays, global_attrs: {}, array_attrs: {} }];
  const listed = Object.fromEntries(
    datasets.map((name) => [name, version === 3 ? 0 : { arrays, attributes: {} }]),
  );
  const told = version === 3 ? { schemas, ...(epoch !== undefined && { meta_epoch: epoch }) } : {};
  return new TextEncoder().encode(JSON.stringify({ version, ...told, datasets: listed }, undefined, 2));
}

type Objects = Readonly<Record<string, Uint8Array>>;

/** As so many flushes leave it that wrote the `temperature` of all datasets: an empty base, and a layer of each. */
export function writeLayers(
  count: number,
  layers: number,
  version: 1 | 3,
  { cells = 5, codec, isText = false, ...shape }: FileShape = {},
): Objects {
  const files = Array.from({ length: layers }, (_, at) => [
    `temperature/data.${at + 1}.af`,
    writeArrayFile(count, at + 1, { ...shape, cells, isText, ...(codec && { codec }) }),
  ]);
  const told = { version, epoch: layers, cells, isText, ...(codec && { codec: "Lz4" }) };
  return {
    "atlas.json": writeMetadata(profileNames(count), ["temperature"], told),
    "temperature/data.af": writeArrayFile(0, 0),
    ...Object.fromEntries(files),
  };
}

/** As `compact()` leaves it: the base alone. */
export function writeCompacted(count: number, version: 1 | 3): Objects {
  return {
    "atlas.json": writeMetadata(profileNames(count), ["temperature"], { version, epoch: 3 }),
    "temperature/data.af": writeArrayFile(count, 0),
  };
}
