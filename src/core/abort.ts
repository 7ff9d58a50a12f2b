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

const told = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a function when the signal aborts. All of a signal's share one listener of the platform's, which looks through those it has for each
 * one that is added: a thousand reads of one query would cost a million looks.
 *
 * @returns takes the function back
 */
export function whenAborted(signal: AbortSignal | undefined, tell: () => void): () => void {
  if (signal === undefined) return () => {};
  let all = told.get(signal);
  if (all === undefined) {
    const waiting = new Set<() => void>();
    const tellAll = (): void => {
      for (const one of waiting) one();
    };
    all = waiting;
    told.set(signal, all);
    signal.addEventListener("abort", tellAll, { once: true });
  }
  all.add(tell);
  return () => all.delete(tell);
}

/** Rejects with the signal's reason as soon as it aborts; otherwise settles as the promise does. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const leave = whenAborted(signal, () => reject(signal.reason));
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (reason: unknown) => {
        leave();
        reject(reason);
      },
    );
  });
}

/**
 * Work that several consumers wait for; its own signal aborts when the last of them has left before the end. A result
 * that must be given back is disposed of once every consumer has taken what it wants of it.
 */
export class SharedWork<T> {
  readonly #controller = createSharedController();
  readonly #promise: Promise<T>;
  readonly #dispose: (result: T) => void;
  #consumers = 0;
  #result: { readonly value: T } | undefined;
  #settled = false;

  constructor(start: (signal: AbortSignal) => Promise<T>, dispose: (result: T) => void = () => {}) {
    this.#dispose = dispose;
    this.#promise = start(this.#controller.signal);
    this.#promise.then(
      (value) => {
        this.#settled = true;
        this.#result = { value };
        if (this.#consumers === 0) this.#finish();
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

  /** @param accept is handed the result before it may be disposed of */
  async join(signal?: AbortSignal, accept?: (result: T) => void): Promise<T> {
    this.#consumers++;
    try {
      const result = await raceAbort(this.#promise, signal);
      accept?.(result);
      return result;
    } finally {
      this.#consumers--;
      if (this.#consumers === 0) {
        if (this.#settled) this.#finish();
        else this.#controller.abort(signal?.reason);
      }
    }
  }

  #finish(): void {
    if (this.#result === undefined) return;
    const { value } = this.#result;
    this.#result = undefined;
    this.#dispose(value);
  }
}
