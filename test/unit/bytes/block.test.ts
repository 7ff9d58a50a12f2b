import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropBlock, fillBox, placeBlock, placeCrop } from "../../../src/bytes/block.js";
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
        expect([...cropBlock({ values, shape, lanes }, crop)]).toEqual(expected);
      }),
    );
  });

  it("hands a whole chunk through without a copy", () => {
    const values = new Int32Array(6);
    const crop = [
      { start: 0, count: 2, step: 1 },
      { start: 0, count: 3, step: 1 },
    ];
    expect(cropBlock({ values, shape: [2, 3], lanes: 1 }, crop)).toBe(values);
  });
});

describe("cells at strides", () => {
  /** Bits that a float would not keep, in every type. */
  const bits = (bytes: number): Uint8Array =>
    Uint8Array.from({ length: bytes }, (_, i) => (i * 73 + 0xf1) & 0xff);
  const types = [Uint8Array, Int16Array, Float32Array, Float64Array, BigInt64Array] as const;

  it("are cropped and placed anywhere, bit by bit, as an index loop would", () => {
    const cut = fc.record({
      axes: fc.array(axis, { minLength: 1, maxLength: 4 }),
      lanes: fc.constantFrom(1, 2),
      type: fc.constantFrom(...types),
      order: fc.infiniteStream(fc.nat()),
      room: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })), { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(cut, ({ axes, lanes, type, order, room }) => {
        const shape = axes.map(({ size }) => size);
        // Axes in any order in memory.
        const inMemory = shape.map((_, i) => ({ i, rank: order.next().value as number }));
        inMemory.sort((a, b) => a.rank - b.rank);
        const stride = new Array<number>(shape.length);
        let step = 1;
        for (const { i } of inMemory) {
          stride[i] = step;
          step *= shape[i]!;
        }
        const size = type.BYTES_PER_ELEMENT * lanes;
        const values = new type(bits(step * size).buffer as ArrayBuffer);
        const crop = axes.map(({ start, step, count }) => ({ start, step, count }));
        const counts = crop.map(({ count }) => count);
        const targetShape = counts.map((count, i) => count + room[i]![0] + room[i]![1]);
        const offset = counts.map((_, i) => room[i]![0]);
        const target = new type(targetShape.reduce((a, b) => a * b, lanes));
        const cropped = new Uint8Array(cropBlock({ values, shape, stride, lanes }, crop).buffer);
        placeCrop(
          { values, shape, stride, lanes },
          crop,
          { values: target, shape: targetShape, lanes },
          offset,
        );
        const [source, placed] = [new Uint8Array(values.buffer), new Uint8Array(target.buffer)];
        const expected = new Uint8Array(placed.length);
        let nth = 0;
        for (const index of indices(counts)) {
          const from =
            at(
              index.map((value, i) => crop[i]!.start + value * crop[i]!.step),
              stride,
            ) * size;
          const cell = source.subarray(from, from + size);
          expected.set(
            cell,
            at(
              index.map((value, i) => offset[i]! + value),
              stridesOf(targetShape),
            ) * size,
          );
          expect(cropped.subarray(nth, nth + size)).toEqual(cell);
          nth += size;
        }
        expect(cropped.length).toBe(nth);
        expect(placed).toEqual(expected);
      }),
    );
  });
});

describe("fillBox", () => {
  it("writes a cell all over a box, and nowhere else", () => {
    const box = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 4 }), fc.nat({ max: 3 })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(box, fc.constantFrom(1, 2), (axes, lanes) => {
        const shape = axes.map(([before, size, after]) => before + size + after);
        const [offset, counts] = [axes.map(([before]) => before), axes.map(([, size]) => size)];
        const values = new Float64Array(shape.reduce((a, b) => a * b, lanes));
        const cell = Float64Array.of(7, 8).subarray(0, lanes);
        fillBox({ values, shape, lanes }, { offset, shape: counts }, cell);
        const expected = new Float64Array(values.length);
        for (const index of indices(counts)) {
          const place =
            at(
              index.map((value, i) => value + offset[i]!),
              stridesOf(shape),
            ) * lanes;
          expected.set(cell, place);
        }
        expect(values).toEqual(expected);
      }),
    );
  });
});

describe("placeBlock", () => {
  it("undoes a crop", () => {
    const target = new BigInt64Array(24);
    placeBlock(
      { values: BigInt64Array.from([1n, 2n, 3n, 4n]), shape: [2, 1, 2], lanes: 1 },
      { values: target, shape: [2, 3, 4], lanes: 1 },
      [0, 1, 2],
    );
    expect([...target].map(Number)).toEqual([
      0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0,
    ]);
  });

  it("places a scalar", () => {
    const target = new Float32Array(1);
    placeBlock(
      { values: Float32Array.of(7), shape: [], lanes: 1 },
      { values: target, shape: [], lanes: 1 },
      [],
    );
    expect(target[0]).toBe(7);
  });
});
