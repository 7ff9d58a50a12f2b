/**
 * Many who wait for one signal: one listener of the platform's, whatever their number.
 */
import { expect, it, vi } from "vitest";
import { raceAbort, whenAborted } from "../../../src/core/abort.js";

it("a thousand races with one signal cost one listener, and all end when it aborts", async () => {
  const controller = new AbortController();
  const listen = vi.spyOn(controller.signal, "addEventListener");
  const races = Array.from({ length: 1000 }, () => raceAbort(new Promise(() => {}), controller.signal));
  expect(listen).toHaveBeenCalledTimes(1);
  controller.abort(new Error("enough"));
  const ends = await Promise.allSettled(races);
  expect(ends.every((end) => end.status === "rejected" && end.reason.message === "enough")).toBe(true);
});

it("those who left are not told, the others are, in the order in which they came", () => {
  const controller = new AbortController();
  const told: string[] = [];
  whenAborted(controller.signal, () => told.push("first"));
  const leave = whenAborted(controller.signal, () => told.push("second"));
  whenAborted(controller.signal, () => told.push("third"));
  leave();
  controller.abort();
  expect(told).toEqual(["first", "third"]);
});

it("settles as its promise does, and ignores an abort after that", async () => {
  const controller = new AbortController();
  await expect(raceAbort(Promise.resolve(7), controller.signal)).resolves.toBe(7);
  await expect(raceAbort(Promise.reject(new Error("no")), controller.signal)).rejects.toThrow("no");
  controller.abort();
  await expect(raceAbort(Promise.resolve(7), controller.signal)).rejects.toThrow();
});
