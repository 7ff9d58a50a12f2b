/**
 * The clocks of one request: which runs out when, in whose words, and that they cost one timer of the platform.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultTimeouts, RequestTimer, type Timeouts } from "../../../src/net/timer.js";

const timeouts: Timeouts = {
  firstByteMs: 1_000,
  stallMs: 2_000,
  totalBaseMs: 5_000,
  minBytesPerSecond: 1_000,
  operationMs: 30_000,
  hedgeMs: Number.POSITIVE_INFINITY,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Milliseconds until the request is ended, looked at in steps of ten. */
function endOf(timer: RequestTimer, onStep: (ms: number) => void = () => {}): number | undefined {
  for (let ms = 0; ms <= 60_000; ms += 10) {
    onStep(ms);
    if (timer.signal.aborted) return ms;
    vi.advanceTimersByTime(10);
  }
  return undefined;
}

describe("a request", () => {
  it("is ended where no byte comes", () => {
    const timer = new RequestTimer(timeouts, undefined);
    expect(endOf(timer)).toBe(1_000);
    expect(timer.expired).toBe("nothing came within 1000 ms");
    expect(timer.headersCame).toBe(false);
  });

  it("is ended where its body stalls, counted from the last of it", () => {
    const timer = new RequestTimer(timeouts, undefined);
    vi.advanceTimersByTime(900);
    timer.headers(undefined);
    const ended = endOf(timer, (ms) => {
      if (ms === 1_500 || ms === 3_000) timer.progress(1);
    });
    expect(ended).toBe(5_000);
    expect(timer.expired).toBe("the body stalled for 2000 ms");
  });

  it("may stall for less than it may wait for the first byte", () => {
    const timer = new RequestTimer({ ...timeouts, stallMs: 100 }, undefined);
    timer.headers(undefined);
    expect(endOf(timer)).toBe(100);
  });

  it("is ended where its body takes longer than its size allows", () => {
    const timer = new RequestTimer(timeouts, undefined);
    timer.headers(3_000);
    expect(endOf(timer, () => timer.progress(1))).toBe(8_000);
    expect(timer.expired).toBe("the body took longer than 8000 ms");
  });

  it("is ended where the whole read has no time left", () => {
    const timer = new RequestTimer(timeouts, undefined);
    timer.headers(undefined);
    expect(endOf(timer, () => timer.progress(1))).toBe(30_000);
    expect(timer.expired).toBe("the time for the whole read was over");
  });

  it("is not ended by a thread that was busy while its answer came", () => {
    const timer = new RequestTimer(timeouts, undefined);
    const late = performance.now() + 5_000;
    vi.spyOn(performance, "now").mockImplementation(() => late);
    vi.advanceTimersByTime(1_000);
    expect(timer.signal.aborted).toBe(false);
    timer.headers(undefined);
    vi.advanceTimersByTime(100);
    expect(timer.signal.aborted).toBe(false);
    timer.stop();
  });

  it("has the time that was asked for, be it longer than timers count, or for ever", () => {
    const never = Number.POSITIVE_INFINITY;
    for (const ms of [2 ** 32, 2 ** 40, never]) {
      const timer = new RequestTimer({ ...timeouts, firstByteMs: ms, operationMs: ms }, undefined);
      expect(vi.getTimerCount()).toBe(ms === never ? 0 : 1);
      vi.advanceTimersByTime(2 ** 31 - 1);
      expect(timer.signal.aborted).toBe(false);
      timer.stop();
    }
  });

  it("that goes well sets one timer, and leaves none", () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const timer = new RequestTimer(defaultTimeouts, new AbortController().signal);
    timer.headers(1_000_000);
    for (let pieces = 0; pieces < 20; pieces++) timer.progress(50_000);
    timer.stop();
    expect(set).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
