// @ts-check
/**
 * @module
 * The memory that a browser's pages take, as the operating system counts it. On Linux only.
 */
import { procText, renderersBelow } from "./processes.mjs";

/**
 * Bytes resident of the renderers below a process: pages with their workers.
 *
 * @param {number} ancestor
 * @returns {number | undefined} undefined where there is no /proc
 */
export function residentBytes(ancestor) {
  if (process.platform !== "linux") return undefined;
  return renderersBelow(ancestor).reduce((sum, pid) => {
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(procText(`${pid}/status`))?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}
