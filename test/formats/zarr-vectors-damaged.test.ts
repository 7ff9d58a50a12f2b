/**
 * Fixtures of Zarr-Vectors with one file damaged, asked for boxes, objects, groups, levels, ranges and limits: every case ends in answers
 * or typed errors, soon. `npm run fuzz -- --store zarr-vectors --count 2000` asks longer.
 */
import { expect, it } from "vitest";
import { fuzzFixtures } from "../fuzz/fixture-stores.js";

it.each(["zarr-vectors", "zarr-vectors-shapes"] as const)(
  "%s: damaged stores end in answers or typed errors, soon",
  async (family) => {
    const report = await fuzzFixtures({ family, seed: 7, count: 60 });
    expect(report.failures).toEqual([]);
    expect(Object.keys(report.outcomes).length).toBeGreaterThan(2);
  },
  300_000,
);
