/**
 * Notices a worker that ends without a word: a page that terminates a worker of its own, a renderer short of memory; and a script that is
 * none of ours starts without one.
 *
 * @module
 */

/** A worker at work that says nothing for so long is asked whether it lives, and given as long to answer. */
const silenceMs = 15_000;
/** One that never ran has its code to load: it is given up after one more silence than these. */
const startSilences = 3;

interface Watched {
  /** Whether it has ever run. */
  readonly ready: boolean;
  /** Resolves when it says that it lives. */
  ping(): Promise<unknown>;
  /** Told once when it is given up. */
  onLost(message: string): void;
}

export class SilenceWatch {
  readonly #watched: Watched;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Begins anew: it has been asked for something, or was heard of. */
  listen(): void {
    this.#listen(0);
  }

  /** Nothing is expected of it any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param silences there were before this one */
  #listen(silences: number): void {
    clearTimeout(this.#timer);
    const startedAt = performance.now();
    this.#timer = setTimeout(() => {
      const { ready } = this.#watched;
      // A page that slept finds its timers due before the messages that came meanwhile.
      const slept = performance.now() - startedAt > 2 * silenceMs;
      if (!slept && silences >= (ready ? 1 : startSilences)) {
        this.#watched.onLost(ready ? "it does not answer" : "it does not start");
        return;
      }
      this.#listen(slept ? silences : silences + 1);
      if (ready) this.#ask();
    }, silenceMs);
  }

  #ask(): void {
    const heard = (): void => {
      if (this.#timer !== undefined) this.listen();
    };
    this.#watched.ping().then(heard, () => {});
  }
}
