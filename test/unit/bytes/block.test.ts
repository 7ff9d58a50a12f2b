import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropBlock, placeBlock } from "../../../src/bytes/block.js";
import { stridesOf } from "../../../src/core/table.js";

/** Every index of a shape, last axis fastest. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const [first, ...rest] = shape;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let index = 0; index < first; index++) for (const tail of indices(rest)) yield [index, ...tail];
}

const at = (index: readonly number[], stride: readonly number[]): number =>
  index.reduce((sum, value, axis) => sum + value * stride[axis]!, 0);

const axis = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc
    .record({ start: fc.nat({ max: size - 1 }), step: fc.constantFrom(-2, -1, 1, 2, 3) })
    .chain(({ start, step }) => {
      const room = step > 0 ? Math.floor((size - 1 - start) / step) : Math.floor(start / -step);
      return fc.record({
        size: fc.constant(size),
        start: fc.constant(start),
        step: fc.constant(step),
        count: fc.integer({ min: 1, max: room + 1 }),
      });
    }),
);

describe("cropBlock", () => {
  it("takes the cells an index loop would take, for any steps and lanes", () => {
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 4 }), fc.constantFrom(1, 2), (axes, lanes) => {
        const shape = axes.map((item) => item.size);
        const cells = shape.reduce((product, size) => product * size, 1);
        const values = Float64Array.from({ length: cells * lanes }, (_, index) => index);
        const crop = axes.map(({ start, step, count }) => ({ start, step, count }));
        const expected: number[] = [];
        for (const index of indices(axes.map((item) => item.count))) {
          const from = at(
            index.map((value, number) => axes[number]!.start + value * axes[number]!.step),
            stridesOf(shape),
          );
          for (let lane = 0; lane < lanes; lane++) expected.push(values[from * lanes + lane]!);
        }
        expect([...cropBlock(values, shape, crop, lanes)]).toEqual(expected);
      }),
    );
  });

  it("hands a whole chunk through without a copy", () => {
    const values = new Int32Array(6);
    const crop = [
      { start: 0, count: 2, step: 1 },
      { start: 0, count: 3, step: 1 },
    ];
    expect(cropBlock(values, [2, 3], crop, 1)).toBe(values);
  });
});

describe("placeBlock", () => {
  it("undoes a crop", () => {
    const target = new BigInt64Array(24);
    placeBlock(BigInt64Array.from([1n, 2n, 3n, 4n]), [2, 1, 2], target, [2, 3, 4], [0, 1, 2], 1);
    expect([...target].map(Number)).toEqual([
      0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0,
    ]);
  });

  it("places a scalar", () => {
    const target = new Float32Array(1);
    placeBlock(Float32Array.of(7), [], target, [], [], 1);
    expect(target[0]).toBe(7);
  });
});
