/**
 * @module One array of a store of `atlas-many.ts`, read cold, in Node and in browsers.
 */
import { open, slice } from "../../src/index.js";

/**
 * Opens a store and reads the first five values of a dataset.
 *
 * @returns the values, and how many requests brought blocks alone
 */
export async function readCold(
  address: string,
  number: number,
): Promise<{ readonly data: unknown; readonly blockRuns: number }> {
  const dataset = await open(address, { format: "atlas", pool: 0 });
  let blockRuns = 0;
  const { data } = await dataset
    .grid(`profile_${number}/temperature`)
    .read([slice(0, 5)], { onProgress: ({ requests }) => (blockRuns = requests) });
  dataset.close();
  return { data, blockRuns };
}
