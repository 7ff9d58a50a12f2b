/**
 * What ATLAS stores cost a page of another origin, as the server counts it, preflights and looks for files that are not there
 * included; where no header but the safelisted ones may be read (`bare`), and where the recommended ones are exposed (`public`).
 */
import { expect, inject, it } from "vitest";
import { readCold } from "../support/atlas-cost.js";
import { datasetCounts, longStores, type ManyStore, manyStores } from "../support/atlas-many.js";

const { endpoint } = inject("contractServer");
const logUrl = inject("requestLogUrl");
let runs = 0;

async function expectCost(path: string, { file, browser }: ManyStore, count: number): Promise<void> {
  const run = `run=${performance.timeOrigin}-${Math.random()}-${runs++}`;
  const { data, blockRuns } = await readCold(`${endpoint}/${path}/${file}?${run}`, count);
  expect(data).toEqual(new Float32Array(5).fill(count - 1));
  const asked: readonly string[] = await (await fetch(`${logUrl}?${run}`)).json();
  expect({ requests: asked.length, blockRuns }, asked.join(", ")).toEqual(browser);
}

for (const bucket of ["bare", "public"]) {
  it.each(Object.keys(manyStores).flatMap((kind) => datasetCounts.map((count) => [kind, count] as const)))(
    `${bucket}: %s, %d datasets: one array costs three requests at most, its block among them`,
    async (kind, count) => {
      await expectCost(`${bucket}/atlas/${kind}/${count}`, manyStores[kind]!, count);
    },
  );

  it.each(Object.keys(longStores))(
    `${bucket}: %s: one request more where it is too long to be read whole`,
    async (kind) => {
      await expectCost(`${bucket}/atlas/${kind}/10`, longStores[kind]!, 10);
    },
  );
}
