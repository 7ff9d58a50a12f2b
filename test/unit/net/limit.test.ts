/**
 * Slots per origin: order, abort while queued, and the limit that follows the server's wishes.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { OriginLimiter, type SlotPriority } from "../../../src/net/limit.js";

/** Work that runs until it is told to end. */
function held(): { done: () => void; work: () => Promise<void> } {
  let done = (): void => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { done, work: () => ended };
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
});
