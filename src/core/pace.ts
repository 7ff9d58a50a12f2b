/**
 * Long work in slices, so that a page stays awake.
 *
 * @module
 */

/** What work may take before others have their turn: half of a frame at 60 a second. */
const sliceMs = 8;
/** Asking for the time takes some of it. */
const stepsBetween = 256;

/** Counts steps of work, and tells after each whether it is time to wait. */
export interface Pace {
  /** `undefined` as long as there is time. */
  step(): Promise<void> | undefined;
}

/** Begins work in slices. */
export function startPace(): Pace {
  let steps = 0;
  let endsAt = performance.now() + sliceMs;
  return {
    step() {
      if (++steps % stepsBetween !== 0 || performance.now() < endsAt) return undefined;
      return new Promise((resolve) => {
        setTimeout(() => {
          endsAt = performance.now() + sliceMs;
          resolve();
        }, 0);
      });
    },
  };
}
