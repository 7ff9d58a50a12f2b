import { expect, it } from "vitest";
import { Spares } from "../../../src/worker/spares.js";

it("gives out the buffer that fits best, once, and none that is far too large", () => {
  const spares = new Spares(1e6);
  const [small, large] = [new ArrayBuffer(100), new ArrayBuffer(150)];
  spares.put(large);
  spares.put(small);
  spares.put(small);
  expect(spares.take(74)).toBe(small);
  expect(spares.take(74)).toBeUndefined();
  expect(spares.take(151)).toBeUndefined();
  expect(spares.take(150)).toBe(large);
  expect(spares.take(1)).toBeUndefined();
});

it("keeps the newest within its budget, and at least one", () => {
  const spares = new Spares(250);
  const buffers = [100, 101, 102].map((bytes) => new ArrayBuffer(bytes));
  for (const buffer of buffers) spares.put(buffer);
  expect(spares.take(100)).toBe(buffers[1]);
  const huge = new ArrayBuffer(1000);
  spares.put(huge);
  expect(spares.take(102)).toBeUndefined();
  expect(spares.take(900)).toBe(huge);
});

it("has no use for a buffer that was transferred", () => {
  const spares = new Spares(250);
  const gone = new ArrayBuffer(100);
  structuredClone(gone, { transfer: [gone] });
  spares.put(gone);
  expect(spares.take(0)).toBeUndefined();
});
