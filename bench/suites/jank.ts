/**
 * How free a page's thread stays: gaps of a loop of messages, and of animation frames. The browser's list of long tasks misses much.
 *
 * @module
 */

export interface Jank {
  /** Share of the time that lies in gaps of over 10 ms. */
  readonly blockedShare: number;
  readonly longestGapMs: number;
  readonly framesPerSecond: number;
}

const GAP_MS = 10;

/** Watches until the returned function is called. */
export function watchThread(): () => Promise<Jank> {
  const start = performance.now();
  let isOn = true;
  let last = start;
  let longest = 0;
  let blocked = 0;
  let frames = 0;
  const tick = (): void => {
    const now = performance.now();
    const gap = now - last;
    last = now;
    longest = Math.max(longest, gap);
    if (gap > GAP_MS) blocked += gap;
    // A nested timer waits for 4 ms, well below a gap that counts.
    if (isOn) setTimeout(tick, 0);
  };
  const frame = (): void => {
    frames++;
    if (isOn) requestAnimationFrame(frame);
  };
  setTimeout(tick, 0);
  requestAnimationFrame(frame);
  return async () => {
    // The gap that is open now counts too.
    await new Promise((resolve) => setTimeout(resolve, 0));
    isOn = false;
    const elapsed = performance.now() - start;
    return {
      blockedShare: blocked / elapsed,
      longestGapMs: longest,
      framesPerSecond: (frames / elapsed) * 1000,
    };
  };
}
