import { expect, it } from "vitest";
import { fuzzStores } from "../../../fuzz/stores.js";

it("damaged metadata, indexes and chunks end in results or typed errors, soon", async () => {
  const report = await fuzzStores({ seed: 5, count: 1500 });
  expect(report.failures).toEqual([]);
  expect(report.cases).toBe(1500);
  // Damage is neither always noticed nor always without effect.
  expect(report.refused).toBeGreaterThan(500);
  expect(report.read).toBeGreaterThan(100);
}, 120_000);
