/**
 * What a grid result carries along two of its axes: the mask of a query, and coordinates.
 *
 * @module
 */
import type { TypedArray } from "../core/dtype.js";
import type { GridTarget } from "../core/source.js";
import type { GridTable } from "../core/table.js";

type Planes = Pick<GridTable, "mask" | "coordinates">;

/** Those of a whole result; shared with the plan, which hands them over. */
export function planesOf({ mask, coordinates }: GridTarget): Planes {
  return {
    ...(mask === undefined ? {} : { mask }),
    ...(coordinates === undefined ? {} : { coordinates }),
  };
}

/** Those of a block of the result, in buffers of their own. */
export function cutPlanes(target: GridTarget, offset: readonly number[], shape: readonly number[]): Planes {
  const cut = <T extends { axes: readonly [number, number]; values: TypedArray }>(plane: T): T => {
    const [row, column] = plane.axes;
    const [height, width] = [shape[row]!, shape[column]!];
    const values = new (plane.values.constructor as new (length: number) => TypedArray)(height * width);
    for (let r = 0; r < height; r++) {
      const from = (offset[row]! + r) * target.shape[column]! + offset[column]!;
      (values as Uint8Array).set(plane.values.subarray(from, from + width) as Uint8Array, r * width);
    }
    return { ...plane, values };
  };
  const { mask, coordinates } = target;
  return {
    ...(mask === undefined ? {} : { mask: cut(mask) }),
    ...(coordinates === undefined ? {} : { coordinates: coordinates.map(cut) }),
  };
}
