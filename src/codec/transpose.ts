/**
 * `transpose`: axes in another order;
 * Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/transpose/index.html>.
 * Axis `i` of the encoded array is axis `order[i]` of the decoded one.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import { stridesOf } from "../core/table.js";
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
    takesStrides: true,
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

/** Nothing moves: the numbers stay as they are, and are told to lie in another order. */
function decode(order: Order, array: DecodedArray, { shape }: ArrayMeta): DecodedArray {
  if (shape === undefined || isIdentity(order)) return array;
  const axes = axesOf(order, shape.length);
  const encoded = array.stride ?? stridesOf(axes.map((axis) => shape[axis]!));
  const stride = new Array<number>(shape.length);
  for (const [index, axis] of axes.entries()) stride[axis] = encoded[index]!;
  // Memory of the kernels may move: the numbers are asked for each time.
  return {
    get values() {
      return array.values;
    },
    shape,
    stride,
  };
}
