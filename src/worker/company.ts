/**
 * Answers that leave together: each message wakes the page's thread, which has to wait for a core then.
 *
 * @module
 */

/** So many leave at once. Of twelve requests to an origin six have a socket; while two workers keep two answers each, eight are under way. */
const most = 3;
/** Fewer requests under way than this: nobody is waited for. */
const fewestComing = 3;
/** Nobody waits longer. */
const patienceMs = 8;

export class Company {
  #waiting: (() => void)[] = [];
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** Resolves when it is time to leave. @param coming requests that will be answered before long */
  wait(coming: number): Promise<void> {
    return new Promise((leave) => {
      this.#waiting.push(leave);
      if (this.#waiting.length >= most || coming < fewestComing) this.#leave();
      else this.#patience ??= setTimeout(() => this.#leave(), patienceMs);
    });
  }

  #leave(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    for (const leave of this.#waiting.splice(0)) leave();
  }
}
