/**
 * A short soak; `npm run soak` is the long one.
 *
 * @module
 */
import { expect, it } from "vitest";
import { soak } from "../../soak/run.js";

it("2,000 reads from a server that fails often: right or failed by name, nothing left, memory flat", async () => {
  const report = await soak({ reads: 2000, seed: 20 });
  expect(report.wrong).toEqual([]);
  const failed = Object.values(report.failed).reduce((sum, count) => sum + count, 0);
  expect(report.right + report.left + failed).toBe(2000);
  // Most reads get through; all kinds of trouble were met.
  expect(report.right).toBeGreaterThan(1800);
  expect(Object.values(report.faults).every((hits) => hits > 0)).toBe(true);
}, 120_000);
