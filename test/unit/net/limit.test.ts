/**
 * Slots per origin: order, abort while queued, and the limit that follows the server's wishes.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { OriginLimiter, type SlotPriority } from "../../../src/net/limit.js";
import { TokenBucket } from "../../../src/net/rate.js";

/** Work that runs until it is told to end. */
function held(): { done: () => void; work: () => Promise<void> } {
  let done = (): void => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { done, work: () => ended };
}

/** The same for any number of runs: each has a gate of its own, in the order in which they began. */
function heldEach(): { gates: (() => void)[]; work: () => Promise<void> } {
  const gates: (() => void)[] = [];
  return { gates, work: () => new Promise((resolve) => gates.push(resolve)) };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("OriginLimiter", () => {
  it("runs as many as it may, per origin", async () => {
    const limiter = new OriginLimiter(3);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await Promise.all(Array.from({ length: 20 }, () => limiter.run("https://a", work)));
    expect(most).toBe(3);
    const [a, b] = [held(), held()];
    const narrow = new OriginLimiter(1);
    const first = narrow.run("https://a", a.work);
    await narrow.run("https://b", async () => "other origin");
    b.done();
    a.done();
    await first;
  });

  it("serves metadata before what is visible before prefetch, in order of arrival", async () => {
    const limiter = new OriginLimiter(1);
    const gate = held();
    const order: string[] = [];
    const first = limiter.run("o", gate.work);
    const queue = (name: string, priority: SlotPriority): Promise<void> =>
      limiter.run("o", async () => void order.push(name), { priority });
    const all = [
      queue("prefetch 1", "prefetch"),
      queue("visible 1", "visible"),
      queue("metadata 1", "metadata"),
      queue("visible 2", "visible"),
      queue("metadata 2", "metadata"),
    ];
    gate.done();
    await Promise.all([first, ...all]);
    expect(order).toEqual(["metadata 1", "metadata 2", "visible 1", "visible 2", "prefetch 1"]);
  });

  it("lets go of what was aborted in the queue, and of slots whose work failed", async () => {
    const limiter = new OriginLimiter(1);
    const gate = held();
    const first = limiter.run("o", gate.work);
    const controller = new AbortController();
    let ran = false;
    const mark = async (): Promise<void> => {
      ran = true;
    };
    const queued = limiter.run("o", mark, { signal: controller.signal });
    controller.abort("left");
    await expect(queued).rejects.toBe("left");
    gate.done();
    await first;
    await expect(limiter.run("o", () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(await limiter.run("o", async () => "next")).toBe("next");
    expect(ran).toBe(false);
  });

  it("halves once for all requests that were under way", async () => {
    const limiter = new OriginLimiter(8);
    await Promise.all(
      Array.from({ length: 8 }, () =>
        limiter.run("o", async () => {
          await turn();
          limiter.throttled("o");
        }),
      ),
    );
    expect(limiter.limitOf("o")).toBe(4);
    await limiter.run("o", async () => limiter.throttled("o"));
    expect(limiter.limitOf("o")).toBe(2);
  });

  it("halves when throttled, never below two, and grows again after clean answers", () => {
    const limiter = new OriginLimiter(8);
    limiter.throttled("o");
    expect(limiter.limitOf("o")).toBe(4);
    limiter.throttled("o");
    limiter.throttled("o");
    limiter.throttled("o");
    expect(limiter.limitOf("o")).toBe(2);
    for (let count = 0; count < 19; count++) limiter.clean("o");
    expect(limiter.limitOf("o")).toBe(2);
    limiter.clean("o");
    expect(limiter.limitOf("o")).toBe(3);
    for (let count = 0; count < 500; count++) limiter.clean("o");
    expect(limiter.limitOf("o")).toBe(8);
    expect(limiter.limitOf("other")).toBe(8);
  });

  it("asks those whose class may change each time a slot is free", async () => {
    const limiter = new OriginLimiter(1);
    const gates = [held(), held()];
    const order: string[] = [];
    let wish: SlotPriority = "prefetch";
    const first = limiter.run("o", gates[0]!.work);
    const queue = (name: string, priority: SlotPriority | (() => SlotPriority), work = async () => {}) =>
      limiter.run(
        "o",
        () => {
          order.push(name);
          return work();
        },
        { priority },
      );
    const all = [
      queue("moving 1", () => wish),
      queue("visible 1", "visible", gates[1]!.work),
      queue("visible 2", "visible"),
      queue("moving 2", () => wish),
      queue("prefetch", "prefetch"),
    ];
    gates[0]!.done();
    await turn();
    expect(order).toEqual(["visible 1"]);
    // Both came into view; the first of them came before what waits there.
    wish = "visible";
    gates[1]!.done();
    await Promise.all([first, ...all]);
    expect(order).toEqual(["visible 1", "moving 1", "visible 2", "moving 2", "prefetch"]);
  });

  it("never has fewer slots than one, nor more than it was given", () => {
    const limiter = new OriginLimiter(1);
    limiter.throttled("o");
    expect(limiter.limitOf("o")).toBe(1);
  });
});

describe("slots by protocol", () => {
  afterEach(() => vi.unstubAllGlobals());

  const inBrowser = (max?: number): OriginLimiter => {
    vi.stubGlobal("document", {});
    return new OriginLimiter(max);
  };

  it("are 32 in Node, and nobody looks for the protocol", () => {
    const limiter = new OriginLimiter();
    expect([limiter.limitOf("o"), limiter.wantsProtocol("o")]).toEqual([32, false]);
  });

  it.each([
    ["h2", 32],
    ["h3", 32],
    ["http/1.1", 8],
  ])("are 8 in browsers until an answer came by %s, then %d", async (protocol, slots) => {
    const limiter = inBrowser();
    expect([limiter.limitOf("o"), limiter.wantsProtocol("o")]).toEqual([8, true]);
    limiter.learnProtocol("o", undefined);
    expect(limiter.wantsProtocol("o")).toBe(true);
    limiter.learnProtocol("o", protocol);
    expect([limiter.limitOf("o"), limiter.wantsProtocol("o")]).toEqual([slots, false]);
    expect(limiter.limitOf("other")).toBe(8);
  });

  it("let waiting work start when they become more and the one that told it ends", async () => {
    const limiter = inBrowser();
    const { gates, work } = heldEach();
    const all = Array.from({ length: 40 }, () => limiter.run("o", work));
    await turn();
    expect(gates).toHaveLength(8);
    limiter.learnProtocol("o", "h2");
    gates[0]!();
    await turn();
    expect(gates).toHaveLength(1 + 32);
    for (let next = 1; next < gates.length; next++) {
      gates[next]!();
      await turn();
    }
    await Promise.all(all);
  });

  it("are four more while answers are quick, so that each of six sockets has its next request in the browser", async () => {
    const limiter = inBrowser();
    const { gates, work } = heldEach();
    const all = Array.from({ length: 40 }, () => limiter.run("o", work));
    const more: Promise<void>[] = [];
    await turn();
    expect(gates).toHaveLength(8);
    gates[0]!();
    await turn();
    expect(gates).toHaveLength(13);
    limiter.throttled("o");
    for (const done of gates.slice(1, 13)) done();
    await turn();
    expect(gates).toHaveLength(17);
    for (let next = 13; next < gates.length; next++) {
      gates[next]!();
      await turn();
    }
    const slow = inBrowser();
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const begun = gates.length;
    for (let count = 0; count < 20; count++) more.push(slow.run("o", work));
    await turn();
    now.mockReturnValue(1500);
    gates[begun]!();
    await turn();
    expect(gates).toHaveLength(begun + 9);
    now.mockRestore();
    for (let next = begun + 1; next < gates.length; next++) {
      gates[next]!();
      await turn();
    }
    await Promise.all([...all, ...more]);
  });

  it("are filled four at a time then, and at once for one that comes", async () => {
    const limiter = inBrowser();
    const { gates, work } = heldEach();
    const all = Array.from({ length: 30 }, () => limiter.run("o", work));
    await turn();
    gates[0]!();
    await turn();
    const begun = [];
    for (let next = 1; next <= 4; next++) {
      gates[next]!();
      await turn();
      begun.push(gates.length);
    }
    expect(begun).toEqual([13, 13, 13, 17]);
    gates[5]!();
    await turn();
    expect(gates).toHaveLength(17);
    all.push(limiter.run("o", work, { priority: "metadata" }));
    await turn();
    expect(gates).toHaveLength(18);
    for (let next = 6; next < gates.length; next++) {
      gates[next]!();
      await turn();
    }
    await Promise.all(all);
    expect(gates).toHaveLength(31);
  });

  it("are not looked for for ever, nor where the user said how many", () => {
    const limiter = inBrowser();
    for (let looks = 0; looks < 64; looks++) limiter.learnProtocol("o", undefined);
    expect(limiter.wantsProtocol("o")).toBe(false);
    expect(inBrowser(3).wantsProtocol("o")).toBe(false);
  });

  it("that were halved are earned back one by one", () => {
    const limiter = inBrowser();
    limiter.throttled("o");
    limiter.learnProtocol("o", "h2");
    expect(limiter.limitOf("o")).toBe(4);
    for (let count = 0; count < 20 * 40; count++) limiter.clean("o");
    expect(limiter.limitOf("o")).toBe(32);
  });
});

describe("the rate", () => {
  /** Requests let through from one moment to another, asked for all the time. */
  function takenBetween(bucket: TokenBucket, fromMs: number, toMs: number): number {
    let taken = 0;
    for (let ms = fromMs; ms < toMs; ms++) while (bucket.take(ms) === 0) taken++;
    return taken;
  }

  it("is what was asked for, with a small burst", () => {
    const bucket = new TokenBucket(50, undefined);
    expect(takenBetween(bucket, 1000, 1001)).toBe(1);
    expect(takenBetween(bucket, 1001, 2000)).toBeGreaterThanOrEqual(48);
    expect(takenBetween(bucket, 2000, 3000)).toBeLessThanOrEqual(51);
    // After a pause: a tenth of a second's worth at once, no more.
    expect(takenBetween(bucket, 9000, 9001)).toBe(5);
  });

  it("doubles in the doubling time", () => {
    const bucket = new TokenBucket(10, 10_000);
    const seconds = [0, 10, 20, 30].map((at) => takenBetween(bucket, at * 1000, at * 1000 + 1000));
    for (const [index, taken] of seconds.entries()) {
      // 10 * 2^index on average over the second, and the burst.
      expect(taken).toBeGreaterThanOrEqual(10 * 2 ** index - 2);
      expect(taken).toBeLessThanOrEqual(10 * 2 ** index * 1.2 + 2);
    }
    // No overflow after a day.
    expect(bucket.take(86_400_000)).toBe(0);
    expect(bucket.take(86_400_001)).toBe(0);
  });

  it("says how long to wait", () => {
    const bucket = new TokenBucket(10, undefined);
    expect(bucket.take(0)).toBe(0);
    expect(bucket.take(0)).toBeCloseTo(100);
    expect(bucket.take(60)).toBeCloseTo(40);
    expect(bucket.take(100)).toBe(0);
  });

  it("holds for all requests of an origin, retries too, and leaves aborted ones out", async () => {
    const limiter = new OriginLimiter(32, { maxRequestsPerSecond: 100 });
    const start = performance.now();
    const controller = new AbortController();
    const times: number[] = [];
    const work = async (): Promise<void> => void times.push(performance.now() - start);
    const gone = limiter.run("o", work, { signal: controller.signal }).catch(() => {});
    const left = Array.from({ length: 5 }, () => limiter.run("o", work, { signal: controller.signal }));
    const all = Array.from({ length: 15 }, () => limiter.run("o", work));
    controller.abort();
    await Promise.allSettled([gone, ...left, ...all]);
    await limiter.run("elsewhere", work);
    expect(times.length).toBeGreaterThanOrEqual(16);
    // 10 at once, then one each 10 ms.
    expect(times.at(-2)).toBeGreaterThan(40);
  });

  it.each([
    { maxRequestsPerSecond: 0 },
    { maxRequestsPerSecond: Number.NaN },
    { maxRequestsPerSecond: 5, doublingTimeMs: -1 },
  ])("refuses %o", async (rate) => {
    const reading = new OriginLimiter(8, rate).run("origin", async () => {});
    await expect(reading).rejects.toThrow(/^config: /);
  });
});
