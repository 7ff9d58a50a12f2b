// @ts-check
/**
 * @module
 * The processor time that a browser takes, all of its processes and threads, as the operating system counts it. On Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

/** What the system counts in: a hundredth of a second everywhere that browsers run. */
const TICK_MS = 10;

/**
 * Milliseconds that the processes of browsers below a process have taken since they began.
 *
 * @param {number} ancestor
 * @returns {number | undefined} undefined where there is no /proc
 */
export function processorMs(ancestor) {
  if (process.platform !== "linux") return undefined;
  /** @type {Map<number, { parent: number, group: number, ticks: number }>} */
  const all = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // The program's name, in brackets, may hold anything.
    const [, parent, group, , , , , , , , , user, system] = statOf(name).split(" ");
    all.set(Number(name), {
      parent: Number(parent),
      group: Number(group),
      ticks: Number(user) + Number(system),
    });
  }
  const own = all.get(ancestor)?.group;
  const isBelow = (/** @type {number} */ pid) => {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (at === ancestor) return true;
    return false;
  };
  // A browser has a process group of its own; servers share ours.
  return [...all].reduce((sum, [pid, { group, ticks }]) => {
    return group !== own && isBelow(pid) ? sum + ticks * TICK_MS : sum;
  }, 0);
}

/** @param {string} pid @returns {string} its state and what follows; a process may end while it is looked at */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
  } catch {
    return "";
  }
}
