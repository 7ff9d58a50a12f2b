// @ts-check
/**
 * @module
 * Refuses an old Node in one sentence. It runs before anything else is loaded, so it imports nothing and its syntax stays old.
 */

/** What the tools of this project need: the range of Vite 8, `^20.19.0 || >=22.12.0`. */
export const NEEDED = "Node 20.19 or later (of the 22 line: 22.12 or later)";

/**
 * Says whether the tools run on this version of Node.
 *
 * @param {string} version as `process.versions.node` has it
 * @returns {boolean}
 */
export function isSupportedNode(version) {
  const [major, minor] = version.split(".").map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major) || Number.isNaN(minor)) return false;
  if (major === 20) return minor >= 19;
  if (major === 22) return minor >= 12;
  return major > 22;
}

/** Ends the process with one sentence when this Node cannot run the tools. */
export function requireNode() {
  if (isSupportedNode(process.versions.node)) return;
  console.error(
    "cloudcrop needs " +
      NEEDED +
      "; this is Node " +
      process.versions.node +
      ". Get one from https://nodejs.org.",
  );
  process.exit(1);
}
