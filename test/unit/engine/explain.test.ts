import { expect, test } from "vitest";
import type { BlockPart } from "../../../src/core/plan.js";
import type { Plan } from "../../../src/core/source.js";
import { budgetError, explainPlan, overBudget } from "../../../src/engine/explain.js";
import { defaultMergeLimits } from "../../../src/store/merge-limits.js";

const store = { get: async () => undefined };
const engine = { store, coalesce: defaultMergeLimits };

/** A plan that never ends, of one chunk a part. */
function endless(read: (at: number) => BlockPart["column"]["read"]): Plan {
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at++) {
        const column = { name: "air", codecs: [], dtype: "int8", shape: [1], read: read(at)! } as const;
        yield { kind: "block", label: "air", column, crop: [], offset: [] } satisfies BlockPart;
      }
    },
  };
}

test.each([
  ["requests", endless((at) => ({ key: `/c/${at}` })), { requests: 9 }],
  ["bytes of whole objects", endless((at) => ({ key: `/c/${at}`, bytesHint: 100 })), { bytes: 950 }],
  [
    "bytes of ranges",
    endless((at) => ({ key: "/c/0", range: { offset: at * 100, length: 100 } })),
    { bytes: 950 },
  ],
])("a plan beyond its budget of %s is not walked to its end", async (_, plan, budget) => {
  const over = overBudget(await explainPlan(plan, engine, { budget }), budget);
  expect(over).toHaveLength(1);
  expect(budgetError(over).code).toBe("limit-exceeded");
});

test("a chunk that two parts of the result need is priced once", async () => {
  const parts: BlockPart[] = [0, 1].map(() => ({
    kind: "block",
    label: "air",
    column: {
      name: "air",
      codecs: [],
      dtype: "int8",
      shape: [1],
      read: { key: "/c/0", range: { offset: 0, length: 80 } },
    },
    crop: [],
    offset: [],
  }));
  const plan: Plan = {
    async *[Symbol.asyncIterator]() {
      yield* parts;
    },
  };
  const price = await explainPlan(plan, engine, { budget: { bytes: 100 } });
  expect([price.requests, price.bytes]).toEqual([1, 80]);
});
