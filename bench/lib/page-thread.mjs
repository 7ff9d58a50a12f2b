// @ts-check
/**
 * @module
 * What the scheduler did with the thread of a browser's page: how long it ran, and how long it was ready but had no core. On Linux only.
 */
import { procText, renderersBelow } from "./processes.mjs";

/**
 * Milliseconds since the thread began. Of several renderers below a process it is that of the busiest.
 *
 * @param {number} ancestor
 * @returns {{ ran: number, waited: number } | undefined} undefined where the system does not tell
 */
export function pageThreadTimes(ancestor) {
  // A process's first thread bears its number; in a renderer that is the page's.
  const threads = renderersBelow(ancestor).flatMap((pid) => {
    const [ran, waited] = procText(`${pid}/task/${pid}/schedstat`).split(" ").map(Number);
    return ran === undefined || waited === undefined ? [] : [{ ran: ran / 1e6, waited: waited / 1e6 }];
  });
  return threads.sort((a, b) => b.ran - a.ran)[0];
}
