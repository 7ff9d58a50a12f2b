/** TileDB arrays with one file damaged: `npm run fuzz -- --store tiledb` opens as many as one likes. */
import { expect, it } from "vitest";
import { fuzzFixtures } from "../fuzz/fixture-stores.js";

it("answers or refuses damaged arrays by name, soon", async () => {
  const report = await fuzzFixtures({ family: "tiledb", seed: 7, count: 120 });
  expect(report.failures).toEqual([]);
  expect(Object.keys(report.outcomes)).toContain("corrupt");
}, 180_000);
