// @ts-check
/**
 * @module
 * The renderers of a browser that this process started, as the operating system knows them: pages with their workers. On Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Process ids of the renderers below a process; none where there is no /proc.
 *
 * @param {number} ancestor
 * @returns {number[]}
 */
export function renderersBelow(ancestor) {
  if (process.platform !== "linux") return [];
  /** @type {Map<number, number>} */
  const parents = new Map();
  /** @type {number[]} */
  const renderers = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    parents.set(pid, Number(/^PPid:\s*(\d+)/m.exec(procText(`${pid}/status`))?.[1] ?? 0));
    if (procText(`${pid}/cmdline`).includes("--type=renderer")) renderers.push(pid);
  }
  const isBelow = (/** @type {number} */ pid) => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === ancestor) return true;
    return false;
  };
  return renderers.filter(isBelow);
}

/**
 * A file of /proc; empty when its process has ended, which may happen at any time.
 *
 * @param {string} path below /proc
 */
export function procText(path) {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}
