/**
 * Long work in slices, so that a page stays awake.
 *
 * @module
 */

/** What work may take before others have their turn: half of a frame at 60 a second. */
const sliceMs = 8;
/** Asking for the time takes some of it. */
const usualStepsBetween = 256;

/** Counts steps of work, and tells after each whether it is time to wait. */
export interface Pace {
  /** `undefined` as long as there is time. */
  step(): Promise<void> | undefined;
}

/**
 * Begins work in slices.
 *
 * @param weight how many usual steps one is worth; large ones ask for the time more often
 */
export function startPace(weight = 1): Pace {
  const stepsBetween = Math.max(1, Math.floor(usualStepsBetween / weight));
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

/** Maps items, with a turn for others now and then. */
export async function mapPaced<T, R>(items: Iterable<T>, make: (item: T, index: number) => R): Promise<R[]> {
  const pace = startPace();
  const made: R[] = [];
  for (const item of items) {
    const wait = pace.step();
    if (wait !== undefined) await wait;
    made.push(make(item, made.length));
  }
  return made;
}
