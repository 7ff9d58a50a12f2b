// @ts-check
/**
 * @module
 * The memory that a browser's pages take, as the operating system counts it. On Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Bytes resident of the renderers below a process: pages with their workers.
 *
 * @param {number} ancestor
 * @returns {number | undefined} undefined where there is no /proc
 */
export function residentBytes(ancestor) {
  if (process.platform !== "linux") return undefined;
  /** @type {Map<number, number>} */
  const parents = new Map();
  /** @type {number[]} */
  const renderers = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    // A process may end while it is looked at.
    const status = textOf(`/proc/${pid}/status`);
    parents.set(pid, Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0));
    if (textOf(`/proc/${pid}/cmdline`).includes("--type=renderer")) renderers.push(pid);
  }
  const isBelow = (/** @type {number} */ pid) => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === ancestor) return true;
    return false;
  };
  return renderers.filter(isBelow).reduce((sum, pid) => {
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
