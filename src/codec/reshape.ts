/**
 * `reshape`: the same items in the same order, in another shape;
 * <https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/reshape>.
 *
 * @module
 */
import { countItems } from "../core/dtype.js";
import type { JsonReader } from "../core/json.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta } from "./types.js";

/** A size, -1 for what is left over, or the axes of the input whose sizes are multiplied. */
type Entry = number | readonly number[];

export const reshape: CodecDefinition = defineCodec<readonly Entry[]>({
  name: "reshape",
  kind: "array-to-array",
  parse: parseShape,
  check: encodedMeta,
  encodedLength: (decodedLength) => decodedLength,
  storedFill: (_, values, dtype) => ({ values, dtype, isKept: false }),
  create: (entries) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta(entries, meta),
    decode: ({ values }, { shape }) => (shape === undefined ? { values } : { values, shape }),
  }),
});

function parseShape(configuration: JsonReader): readonly Entry[] {
  const entries = configuration.array("shape");
  const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= -1;
  const isAxes = (value: unknown): boolean =>
    Array.isArray(value) && value.every((axis) => isSize(axis) && axis >= 0);
  const isGood =
    entries.every((entry) => (isSize(entry) && entry !== 0) || isAxes(entry)) &&
    entries.filter((entry) => entry === -1).length <= 1;
  const axes = entries.filter((entry) => Array.isArray(entry)).flat() as number[];
  if (isGood && axes.every((axis, index) => index === 0 || axes[index - 1]! < axis))
    return entries as Entry[];
  throw invalidOption("reshape", "shape", `is ${JSON.stringify(entries)}`);
}

function encodedMeta(entries: readonly Entry[], meta: ArrayMeta): ArrayMeta {
  const { dtype, shape } = meta;
  if (shape === undefined)
    throw invalidOption("reshape", "shape", "cannot be that of rows of unknown number");
  const total = countItems(shape);
  const known = entries.map((entry) =>
    typeof entry === "number" ? entry : countItems(entry.map((axis) => shape[axis] ?? 0)),
  );
  const rest = countItems(known.filter((size) => size !== -1));
  const encoded = known.map((size) => (size === -1 ? total / rest : size));
  const isGood = encoded.every((size) => Number.isInteger(size)) && countItems(encoded) === total;
  if (isGood) return { dtype, shape: encoded };
  throw invalidOption(
    "reshape",
    "shape",
    `${JSON.stringify(entries)} does not fit an array of ${shape.join(" × ")}`,
  );
}
