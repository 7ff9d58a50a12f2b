/**
 * Abort helpers: races with a signal, and work shared by several waiters that stops when the last one has left.
 *
 * @module
 */

interface NodeProcess {
  readonly getBuiltinModule?: (name: "node:events") => {
    setMaxListeners(count: number, target: EventTarget): void;
  };
}

/**
 * A controller whose signal many reads listen to at once. Node warns of a leak at eleven listeners; here hundreds are
 * the rule, and each leaves when its read settles.
 */
export function createSharedController(): AbortController {
  const controller = new AbortController();
  const node = (globalThis as { process?: NodeProcess }).process;
  node?.getBuiltinModule?.("node:events").setMaxListeners(0, controller.signal);
  return controller;
}

/** Rejects with the signal's reason as soon as it aborts; otherwise settles as the promise does. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Work that several consumers wait for; its own signal aborts when the last of them has left before the end. */
export class SharedWork<T> {
  readonly #controller = createSharedController();
  readonly #promise: Promise<T>;
  #consumers = 0;
  #settled = false;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#promise = start(this.#controller.signal);
    this.#promise.then(
      () => {
        this.#settled = true;
      },
      () => {
        this.#settled = true;
      },
    );
  }

  /** Whether a further consumer may still join. */
  get open(): boolean {
    return !this.#controller.signal.aborted;
  }

  async join(signal?: AbortSignal): Promise<T> {
    this.#consumers++;
    try {
      return await raceAbort(this.#promise, signal);
    } finally {
      this.#consumers--;
      if (this.#consumers === 0 && !this.#settled) this.#controller.abort(signal?.reason);
    }
  }
}
