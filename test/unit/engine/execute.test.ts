import { describe, expect, it } from "vitest";
import { numbersOf } from "../../../src/bytes/ragged.js";
import { isReaderError } from "../../../src/core/error.js";
import type { BlockPart, ReadPart } from "../../../src/core/plan.js";
import { type DecodedPart, execute } from "../../../src/engine/execute.js";
import type { ReadableStore } from "../../../src/store/types.js";
import { createPool } from "../../../src/worker/pool.js";

const little = [{ name: "bytes", configuration: { endian: "little" } }];

function block(index: number): BlockPart {
  return {
    kind: "block",
    label: `/c/${index}`,
    column: {
      name: "a",
      read: { key: `/c/${index}`, bytesHint: 4 },
      codecs: little,
      dtype: "int32",
      shape: [1],
    },
    crop: [{ start: 0, count: 1, step: 1 }],
    offset: [index],
  };
}

async function* plan(count: number, onPlan?: (index: number) => void): AsyncGenerator<ReadPart> {
  for (let index = 0; index < count; index++) {
    onPlan?.(index);
    yield block(index);
  }
}

/** Serves the number in a key after a delay that depends on it; keeps count of what is under way. */
class SlowStore implements ReadableStore {
  started = 0;
  aborted = 0;
  readonly delayOf: (index: number) => number;

  constructor(delayOf: (index: number) => number) {
    this.delayOf = delayOf;
  }

  get(key: string, options: { signal?: AbortSignal } = {}): Promise<Uint8Array | undefined> {
    const index = Number(key.split("/").at(-1));
    this.started++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        this.aborted++;
        reject(options.signal!.reason);
      };
      const timer = setTimeout(() => {
        options.signal?.removeEventListener("abort", onAbort);
        resolve(new Uint8Array(Int32Array.of(index).buffer));
      }, this.delayOf(index));
      options.signal?.addEventListener("abort", onAbort);
    });
  }
}

async function drain(parts: AsyncIterable<DecodedPart>): Promise<number[]> {
  const order: number[] = [];
  for await (const { index, result } of parts) {
    expect(result?.kind === "block" && numbersOf(result.data)[0]).toBe(index);
    order.push(index);
  }
  return order;
}

describe("execute", () => {
  const pool = createPool({ workers: 0 });

  it("hands parts on as they land", async () => {
    const store = new SlowStore((index) => (index === 0 ? 60 : 5));
    expect((await drain(execute(plan(4), { store, pool }))).at(-1)).toBe(0);
  });

  it("hands parts on in the order of the plan when asked", async () => {
    const store = new SlowStore((index) => 20 - index);
    const order = await drain(execute(plan(10), { store, pool, order: "plan" }));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("starts the reads of a window together, so that a store may join them", async () => {
    const starts: number[] = [];
    const store: ReadableStore = {
      get: async (key) => {
        starts.push(Number(key.split("/").at(-1)));
        await Promise.resolve();
        return new Uint8Array(4).fill(0);
      },
    };
    const parts = execute(plan(50), { store, pool });
    await parts.next();
    expect(starts).toHaveLength(50);
    await parts.return(undefined);
  });

  it("refills its window by halves, so that what follows may be joined too", async () => {
    const together: number[] = [];
    let isOpen = false;
    let before: Promise<unknown> = Promise.resolve();
    const store: ReadableStore = {
      get: async (key) => {
        if (!isOpen) {
          isOpen = true;
          together.push(0);
          setImmediate(() => {
            isOpen = false;
          });
        }
        together[together.length - 1]!++;
        const index = Number(key.split("/").at(-1));
        // They land one by one.
        before = before.then(() => new Promise((resolve) => setTimeout(resolve, 2)));
        await before;
        return new Uint8Array(new Uint32Array([index]).buffer);
      },
    };
    await drain(execute(plan(40), { store, pool, concurrency: 8 }));
    expect(together[0]).toBe(8);
    expect(Math.min(...together.slice(0, -1))).toBeGreaterThanOrEqual(4);
  });

  it("plans no further than its window while the consumer is slow", async () => {
    let planned = 0;
    const store = new SlowStore(() => 0);
    const parts = execute(
      plan(2000, () => planned++),
      { store, pool },
    );
    await parts.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(planned).toBeLessThan(300);
    await parts.return(undefined);
  });

  it("rejects with the reason of the signal at once and aborts the reads under way", async () => {
    const store = new SlowStore(() => 10_000);
    const controller = new AbortController();
    const running = drain(execute(plan(8), { store, pool, signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(store.aborted).toBe(8);
  });

  it("aborts what is under way when the consumer leaves", async () => {
    const store = new SlowStore((index) => (index === 0 ? 1 : 10_000));
    for await (const _ of execute(plan(8), { store, pool })) break;
    expect(store.aborted).toBe(7);
  });

  it("stops at the first failing part and names it", async () => {
    const store: ReadableStore = {
      get: async (key) => new Uint8Array(key === "/c/3" ? 3 : 4),
    };
    const failure = await drain(execute(plan(5), { store, pool })).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "corrupt") || isReaderError(failure, "codec-failed")).toBe(true);
    expect(String(failure)).toContain("/c/3");
  });

  it("says nothing is stored where a block is absent", async () => {
    const store: ReadableStore = { get: async () => undefined };
    for await (const { result } of execute(plan(2), { store, pool })) expect(result).toBeUndefined();
  });
});
