/**
 * `transpose`: axes in another order;
 * Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/transpose/index.html>.
 * Axis `i` of the encoded array is axis `order[i]` of the decoded one.
 *
 * @module
 */
import { countItems, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

/** `C` and `F`, of early v3 drafts, stand for the identity and the reversal. */
type Order = readonly number[] | "C" | "F";

export const transpose: CodecDefinition = defineCodec<Order>({
  name: "transpose",
  kind: "array-to-array",
  parse: parseOrder,
  check: encodedMeta,
  encodedLength: (decodedLength) => decodedLength,
  create: (order) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta(order, meta),
    decode: (array, meta) => decode(order, array, meta),
  }),
});

function parseOrder(configuration: JsonReader): Order {
  const raw = configuration.raw("order");
  if (raw === "C" || raw === "F") return raw;
  const order = configuration.sizes("order");
  const axes = [...order].sort((a, b) => a - b);
  if (axes.some((axis, i) => axis !== i)) {
    throw invalidOption("transpose", "order", `should name each axis once, found [${order.join(", ")}]`);
  }
  return order;
}

function axesOf(order: Order, rank: number): readonly number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (order === "C") return axes;
  if (order === "F") return axes.reverse();
  if (order.length !== rank) {
    throw invalidOption("transpose", "order", `has ${order.length} axes where the array has ${rank}`);
  }
  return order;
}

function encodedMeta(order: Order, meta: ArrayMeta): ArrayMeta {
  const { dtype, shape } = meta;
  if (shape === undefined) {
    if (isIdentity(order)) return meta;
    throw new ReaderError("unsupported", "transpose: rows of unknown number cannot be transposed.", {
      detail: { codec: "transpose" },
    });
  }
  return { dtype, shape: axesOf(order, shape.length).map((axis) => shape[axis]!) };
}

function isIdentity(order: Order): boolean {
  return order === "C" || (order !== "F" && order.every((axis, i) => axis === i));
}

function decode(order: Order, array: DecodedArray, meta: ArrayMeta): DecodedArray {
  const { shape, dtype } = meta;
  if (shape === undefined || isIdentity(order)) return array;
  const axes = axesOf(order, shape.length);
  const lanes = lanesOf(dtype);
  // Step in the encoded array for one step along each axis of the decoded one.
  const strides = new Array<number>(shape.length).fill(0);
  let stride = lanes;
  for (let i = axes.length - 1; i >= 0; i--) {
    strides[axes[i]!] = stride;
    stride *= shape[axes[i]!]!;
  }
  return { values: permute(array.values, shape, strides, lanes), shape };
}

/** Reads `source` along `strides`, writes in C order of `shape`. */
function permute<T extends TypedArray>(
  source: T,
  shape: readonly number[],
  strides: readonly number[],
  lanes: number,
): T {
  const make = source.constructor as new (length: number) => T;
  const result = new make(countItems(shape) * lanes);
  const last = shape.length - 1;
  const run = shape[last]!;
  const step = strides[last]!;
  const index = new Array<number>(shape.length).fill(0);
  let to = 0;
  let from = 0;
  while (to < result.length) {
    if (lanes === 1) for (let i = 0, at = from; i < run; i++, at += step) result[to++] = source[at]!;
    else {
      for (let i = 0, at = from; i < run; i++, at += step) {
        for (let lane = 0; lane < lanes; lane++) result[to++] = source[at + lane]!;
      }
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
