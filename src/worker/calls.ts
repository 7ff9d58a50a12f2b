/**
 * Calls of functions in another thread, by comlink; those of one turn share a message (`bundles.ts`).
 *
 * @module
 */
import { expose, wrap } from "comlink";
import { Bundles, type Port } from "./bundles.js";

/** Functions that another thread may call. */
export type Callable<Api> = {
  readonly [K in keyof Api]: (...args: never[]) => Promise<unknown>;
};

export interface CallerOptions {
  /** Told when there is a call without an answer, and when there is none any more. */
  readonly onBusy: (isBusy: boolean) => void;
  /** Told when calls could not be sent, which have no answer then. */
  readonly onRefused: (thrown: unknown) => void;
}

/** The calling end. */
export class Caller<Api extends Callable<Api>> {
  readonly #bundles: Bundles;
  readonly #remote: Api;
  /** As they were asked for: comlink makes a function for each name that is looked up. */
  readonly #functions = new Map<keyof Api, Api[keyof Api]>();
  /** Rejects each call that has no answer yet. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #onBusy: (isBusy: boolean) => void;
  #endedBy: (() => unknown) | undefined;

  constructor(port: Port, { onBusy, onRefused }: CallerOptions) {
    this.#onBusy = onBusy;
    this.#bundles = new Bundles(port, { onRefused });
    this.#remote = wrap(this.#bundles) as unknown as Api;
  }

  /** Whether a call has no answer yet. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** @param mayWait the answer may come along with another one, a few milliseconds later */
  call<K extends keyof Api & string>(
    name: K,
    args: Parameters<Api[K]>,
    mayWait = false,
  ): Promise<Awaited<ReturnType<Api[K]>>> {
    return new Promise((resolve, reject) => {
      if (this.#endedBy !== undefined) {
        reject(this.#endedBy());
        return;
      }
      this.#waiting.add(reject);
      if (this.#waiting.size === 1) this.#onBusy(true);
      const settled = (): void => {
        if (this.#waiting.delete(reject) && this.#waiting.size === 0) this.#onBusy(false);
      };
      const send = (): Promise<Awaited<ReturnType<Api[K]>>> =>
        this.#find(name)(...args) as Promise<Awaited<ReturnType<Api[K]>>>;
      (mayWait ? this.#bundles.patiently(send) : send()).then(
        (answer) => {
          settled();
          resolve(answer);
        },
        (reason: unknown) => {
          settled();
          reject(reason);
        },
      );
    });
  }

  /** Rejects the calls that have no answer, and those to come. */
  end(reason: () => unknown): void {
    this.#endedBy ??= reason;
    this.#bundles.end();
    for (const reject of this.#waiting) reject(reason());
    this.#waiting.clear();
  }

  #find<K extends keyof Api>(name: K): Api[K] {
    const known = this.#functions.get(name) ?? this.#remote[name];
    this.#functions.set(name, known);
    return known as Api[K];
  }
}

/**
 * The answering end.
 *
 * @param isMoreComing whether there will be another answer before long, with which those go that may wait
 */
export function answerCalls<Api extends Callable<Api>>(
  api: Api,
  port: Port,
  isMoreComing: () => boolean,
): void {
  expose(api, new Bundles(port, { isMoreComing }));
}
