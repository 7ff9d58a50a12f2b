import fc from "fast-check";
import { expect, it } from "vitest";
import { type Box, fillBox } from "../../../src/bytes/block.js";
import { uncoveredBoxes } from "../../../src/bytes/uncovered.js";

/** A grid of chunks, some of which are there. */
const grids = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), {
  maxLength: 3,
});

it("boxes and what they leave open cover each cell once", () => {
  fc.assert(
    fc.property(grids, fc.infiniteStream(fc.boolean()), (axes, isThere) => {
      const shape = axes.map((sizes) => sizes.reduce((sum, size) => sum + size, 0));
      let boxes: Box[] = [{ offset: [], shape: [] }];
      for (const sizes of axes) {
        boxes = boxes.flatMap((box) =>
          sizes.map((size, i) => ({
            offset: [...box.offset, sizes.slice(0, i).reduce((sum, before) => sum + before, 0)],
            shape: [...box.shape, size],
          })),
        );
      }
      const covered = boxes.filter(() => isThere.next().value);
      const open = uncoveredBoxes(shape, covered);
      const counts = new Int32Array(shape.reduce((product, size) => product * size, 1));
      for (const box of [...covered, ...open]) {
        const once = new Int32Array(counts.length);
        fillBox({ values: once, shape, lanes: 1 }, box, Int32Array.of(1));
        for (const [cell, count] of once.entries()) counts[cell]! += count;
      }
      expect(counts.every((count) => count === 1)).toBe(true);
      // Neighbours along the last axis are one box.
      expect(open.length).toBeLessThanOrEqual(boxes.length - covered.length);
    }),
  );
});

it("a grid without cells, and one without boxes", () => {
  expect(uncoveredBoxes([3, 0], [])).toEqual([]);
  expect(uncoveredBoxes([3, 4], [])).toEqual([{ offset: [0, 0], shape: [3, 4] }]);
  expect(uncoveredBoxes([], [])).toEqual([{ offset: [], shape: [] }]);
});
