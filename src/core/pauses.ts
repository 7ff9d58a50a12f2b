/**
 * Long work on a thread that has others to serve.
 *
 * @module
 */

/** A page has to draw and to answer in between. */
const sliceMs = 8;

/**
 * Makes a function to call between steps of long work: where a slice of time is used up it returns a promise that resolves when
 * the thread has done what else was waiting; else `undefined`, which is cheap.
 */
export function createPauses(): () => Promise<void> | undefined {
  let pauseAt = performance.now() + sliceMs;
  return () => {
    if (performance.now() < pauseAt) return undefined;
    return new Promise((resolve) => {
      setTimeout(() => {
        pauseAt = performance.now() + sliceMs;
        resolve();
      }, 0);
    });
  };
}
