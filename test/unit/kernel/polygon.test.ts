import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { type PolygonRings, type RowValues, rowsInPolygonWith } from "../../../src/kernel/polygon.js";
import { rowsInPolygon } from "../../../src/kernel/twin/polygon.js";

type Floats = Float32Array | Float64Array;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const inPolygon = (rows: Uint32Array, x: RowValues, y: RowValues, rings: PolygonRings) =>
  rowsInPolygonWith(kernels.resident!.filter, rows, x, y, rings);

const square: PolygonRings = [
  [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
    [0, 0],
  ],
  [
    [4, 4],
    [4, 6],
    [6, 6],
    [6, 4],
    [4, 4],
  ],
];

/** The rows found in the kernels' memory, of points that are interleaved or not, and by the twin. */
function find(
  points: readonly (readonly [number, number])[],
  rings: PolygonRings,
  make = Float64Array as new (
    n: number,
  ) => Floats,
) {
  const together = new make(points.length * 2);
  const xs = new make(points.length);
  const ys = new make(points.length);
  points.forEach(([x, y], i) => {
    together[2 * i] = xs[i] = x;
    together[2 * i + 1] = ys[i] = y;
  });
  const rows = Uint32Array.from(points, (_, i) => i);
  const { memory } = kernels.resident!;
  const place = <T extends Floats | Uint32Array>(values: T) =>
    memory.numbers<T>(
      memory.enter(new Uint8Array(values.buffer)),
      values.constructor as Float64ArrayConstructor,
    );
  return memory.scoped(() => {
    const placed = { rows: place(rows), together: place(together), xs: place(xs), ys: place(ys) };
    const apart = [
      { values: placed.xs.values, stride: 1, offset: 0 },
      { values: placed.ys.values, stride: 1, offset: 0 },
    ] as const;
    const one = rowsInPolygonWith(kernels.resident!.filter, placed.rows.values, ...apart, rings);
    expect(memory.holds(one.values)).toBe(true);
    const found = [...one.values];
    const pairs = [0, 1].map((offset) => ({ values: placed.together.values, stride: 2, offset }));
    expect([...inPolygon(placed.rows.values, pairs[0]!, pairs[1]!, rings).values]).toEqual(found);
    const twin = rowsInPolygon(
      rows,
      { values: xs, stride: 1, offset: 0 },
      { values: ys, stride: 1, offset: 0 },
      rings,
    );
    expect(found).toEqual([...twin]);
    return found;
  });
}

/** A rule of its own, on integers of any size: a ray upwards, and edges by cross and dot product. */
function isInsideIntegers(rings: PolygonRings, ...point: readonly [number, number]): boolean {
  const [x, y] = point.map(BigInt) as [bigint, bigint];
  let crossings = 0;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [ax, ay] = ring[i]!.map(BigInt) as [bigint, bigint];
      const [bx, by] = ring[(i + 1) % ring.length]!.map(BigInt) as [bigint, bigint];
      const cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
      if (cross === 0n && (x - ax) * (x - bx) + (y - ay) * (y - by) <= 0n) return true;
      if (ax <= x === bx <= x) continue;
      if (cross < 0n === ax < bx) crossings++;
    }
  }
  return crossings % 2 === 1;
}

describe("rowsInPolygon", () => {
  it("keeps points inside and on every edge and corner, not those in holes", () => {
    const inside: [number, number][] = [
      [1, 1],
      [0, 0],
      [10, 10],
      [5, 0],
      [0, 5],
      [10, 3],
      [4, 5],
      [6, 6],
      [5, 4],
      [3, 4],
    ];
    const outside: [number, number][] = [
      [5, 5],
      [4.5, 4.5],
      [11, 0],
      [-1, 10],
      [5, 10.000001],
      [-1, 4],
      [11, 4],
      [Number.NaN, 5],
      [5, Number.NaN],
      [Number.NEGATIVE_INFINITY, 5],
      [5, Number.POSITIVE_INFINITY],
    ];
    expect(find([...inside, ...outside], square)).toEqual(inside.map((_, i) => i));
  });

  it("takes rings that are not closed as closed, in either direction", () => {
    const open = square.map((ring) => ring.slice(0, -1).reverse());
    const points = Array.from({ length: 400 }, (_, i): [number, number] => [(i % 20) / 2 + 0.25, i / 40]);
    expect(find(points, open)).toEqual(find(points, square));
  });

  it("equals another rule on grids of small integers", () => {
    const small = fc.integer({ min: -4, max: 4 });
    const position = fc.tuple(small, small);
    const rings = fc.array(fc.array(position, { minLength: 3, maxLength: 9 }), {
      minLength: 1,
      maxLength: 3,
    });
    const grid = Array.from({ length: 121 }, (_, i): [number, number] => [
      (i % 11) - 5,
      Math.floor(i / 11) - 5,
    ]);
    fc.assert(
      fc.property(rings, fc.boolean(), (polygon, isSingle) => {
        const expected = grid.flatMap(([x, y], i) => (isInsideIntegers(polygon, x, y) ? [i] : []));
        expect(find(grid, polygon, isSingle ? Float32Array : Float64Array)).toEqual(expected);
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  it("is exact where rounding would decide otherwise", () => {
    // On the line from (0, 0) to (3e15, 1e15) lie multiples of (3, 1); one unit beside it is not on it.
    const far = 2 ** 51;
    const sliver: PolygonRings = [
      [
        [0, 0],
        [3 * far, far],
        [0, far],
      ],
    ];
    const at = 987_654_321_001;
    expect(
      find(
        [
          [3 * at, at],
          [3 * at + 1, at],
          [3 * at - 1, at],
          [3 * at, at - 1],
        ],
        sliver,
      ),
    ).toEqual([0, 2]);
    // 0.1 + 0.2 is above 0.3, so (0.3, 0.1 + 0.2) lies above the diagonal.
    const upper: PolygonRings = [
      [
        [0, 0],
        [1, 1],
        [0, 1],
      ],
    ];
    expect(
      find(
        [
          [0.3, 0.1 + 0.2],
          [0.1 + 0.2, 0.3],
          [0.1, 0.1],
        ],
        upper,
      ),
    ).toEqual([0, 2]);
    // Products that underflow, and differences that overflow.
    const least = 5e-324;
    const tiny: PolygonRings = [
      [
        [0, 0],
        [3 * least, 2 * least],
        [0, 2 * least],
      ],
    ];
    expect(
      find(
        [
          [least, least],
          [2 * least, least],
          [3 * least, 2 * least],
        ],
        tiny,
      ),
    ).toEqual([0, 2]);
    const huge: PolygonRings = [
      [
        [-1e308, -1e308],
        [1.5e308, 1.5e308],
        [-1e308, 1.5e308],
      ],
    ];
    expect(
      find(
        [
          [1e308, 1.1e308],
          [1.1e308, 1e308],
          [1e307, 1e307],
        ],
        huge,
      ),
    ).toEqual([0, 2]);
  });

  it.each([1, 2 ** -516, 2 ** -518, 2 ** -520])(
    "equals another rule where differences are rounded, scaled by %d",
    (scale) => {
      // Edges pass close to the origin from far away, and points lie around it, finer than what their distance can hold.
      const grid = 2 ** -45;
      const far = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
      const edge = fc.tuple(far, far, fc.double({ min: 0.1, max: 1, noNaN: true }), far, far);
      const beside = fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 }));
      fc.assert(
        fc.property(
          edge,
          fc.array(beside, { minLength: 50, maxLength: 50 }),
          ([x, y, share, ...third], places) => {
            const corners = [[x, y], [-Math.round(x * share), -Math.round(y * share)], third];
            const ring = corners.map((corner) => corner.map((n) => n * grid * scale));
            const points = places.map(([i, j]): [number, number] => [
              i * 2 ** -52 * scale,
              j * 2 ** -52 * scale,
            ]);
            const units = (position: readonly number[]) =>
              position.map((n) => (n / scale) * 2 ** 52) as [number, number];
            const expected = points.flatMap((point, i) =>
              isInsideIntegers([ring.map(units)], ...units(point)) ? [i] : [],
            );
            expect(find(points, [ring])).toEqual(expected);
          },
        ),
        { numRuns: 300, seed: 9 },
      );
    },
  );

  it("equals its twin beside edges, to the last bit", () => {
    const real = fc.double({ min: -180, max: 180, noNaN: true });
    const ring = fc.array(fc.tuple(real, real), { minLength: 3, maxLength: 12 });
    const near = fc.array(
      fc.tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -2, max: 2 })),
      { minLength: 40, maxLength: 40 },
    );
    fc.assert(
      fc.property(ring, near, fc.constantFrom(1, 1e-162, 1e-161, 1e150), (wide, places, scale) => {
        // Products of small ones underflow.
        const positions = wide.map((position) => position.map((coordinate) => coordinate * scale));
        const points = places.map(([edge, share, ulps]): [number, number] => {
          const [ax, ay] = positions[edge % positions.length] as [number, number];
          const [bx, by] = positions[(edge + 1) % positions.length] as [number, number];
          const y = ay + (by - ay) * share;
          return [ax + (bx - ax) * share, y + ulps * 2 ** -52 * Math.abs(y)];
        });
        find(points, [positions]);
      }),
      { numRuns: 400, seed: 8 },
    );
  });

  it("takes integers, and columns outside the kernels' memory, in plain code", () => {
    const values = Int32Array.of(1, 1, 5, 5, 9, 9);
    const pairs = [0, 1].map((offset) => ({ values, stride: 2, offset }));
    const rows = Uint32Array.of(2, 1, 0);
    expect(inPolygon(rows, pairs[0]!, pairs[1]!, square).values).toEqual(Uint32Array.of(2, 0));
  });

  it("refuses what is no polygon, and positions that doubles cannot hold", () => {
    const x = { values: new Float64Array(2), stride: 1, offset: 0 };
    const big = { values: new BigInt64Array(2), stride: 1, offset: 0 };
    const rows = Uint32Array.of(0, 1);
    const refused = expect.toSatisfy((thrown: unknown) => isReaderError(thrown, "invalid-query"));
    expect(() => inPolygon(rows, x, x, [])).toThrow(refused);
    expect(() =>
      inPolygon(rows, x, x, [
        [
          [0, 0],
          [1, 1],
        ],
      ]),
    ).toThrow(refused);
    expect(() =>
      inPolygon(rows, x, x, [
        [
          [0, 0],
          [1, Number.NaN],
          [1, 0],
        ],
      ]),
    ).toThrow(refused);
    expect(() => inPolygon(rows, x, big, square)).toThrow(refused);
  });
});
