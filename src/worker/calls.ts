/**
 * Calls of functions in another thread. What one thread has for the other in one turn goes in one message, as a message costs both of them
 * more than most of what is in it (docs/performance.md, "The page's thread").
 *
 * @module
 */

/** One end of a channel between two threads. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Has each message told that comes. */
  listen(listener: (message: unknown) => void): void;
}

/** The port of a worker, or of a worker's own scope. */
export function portOf(scope: Pick<Worker, "postMessage" | "addEventListener">): Port {
  return {
    postMessage: (message, buffers) => scope.postMessage(message, buffers),
    listen: (listener) => scope.addEventListener("message", ({ data }) => listener(data)),
  };
}

/** Functions that another thread may call. */
export type Callable<Api> = {
  readonly [K in keyof Api]: (...args: never[]) => Promise<unknown>;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly mayWait?: true;
}

type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly thrown: ThrownJson };

/** What crosses of an error that is none of ours, see `errorToJson` for those. */
type ThrownJson = Pick<Error, "name" | "message" | "stack">;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

const transfers = new WeakMap<object, readonly Transferable[]>();

/** Marks an argument or a result: these buffers of it are given away with it. */
export function transfer<T extends object>(value: T, buffers: readonly Transferable[]): T {
  transfers.set(value, buffers);
  return value;
}

/** The calling end. */
export class Caller<Api extends Callable<Api>> {
  readonly #outbox: Outbox<Call>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onBusy: (isBusy: boolean) => void;
  #endedBy: (() => unknown) | undefined;
  #nextId = 0;

  /** @param onBusy told when there is a call without an answer, and when there is none any more */
  constructor(port: Port, onBusy: (isBusy: boolean) => void) {
    this.#onBusy = onBusy;
    this.#outbox = new Outbox(port, (call, thrown) => this.#settle(call.id)?.reject(thrown));
    port.listen((message) => {
      if (!Array.isArray(message)) return;
      for (const reply of message as Reply[]) {
        const waiting = this.#settle(reply.id);
        if ("value" in reply) waiting?.resolve(reply.value as never);
        else waiting?.reject(Object.assign(new Error(reply.thrown.message), reply.thrown));
      }
    });
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
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      if (this.#waiting.size === 1) this.#onBusy(true);
      this.#outbox.put({ id, name, args, ...(mayWait && { mayWait }) }, buffersOf(args));
    });
  }

  /** Rejects the calls that have no answer, and those to come. */
  end(reason: () => unknown): void {
    this.#endedBy ??= reason;
    this.#outbox.end();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(reason());
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (this.#waiting.delete(id) && this.#waiting.size === 0) this.#onBusy(false);
    return waiting;
  }
}

/** An answer that may wait does so no longer. */
const patienceMs = 8;

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
  const outbox = new Outbox<Reply>(port, ({ id }, thrown) => outbox.put({ id, thrown: jsonOf(thrown) }, []));
  const answer = async ({ id, name, args, mayWait }: Call): Promise<void> => {
    try {
      const value = await api[name as keyof Api](...(args as never[]));
      outbox.put({ id, value }, buffersOf([value]), mayWait && isMoreComing() ? patienceMs : 0);
    } catch (thrown) {
      outbox.put({ id, thrown: jsonOf(thrown) }, []);
    }
  };
  port.listen((message) => {
    if (Array.isArray(message)) for (const call of message as Call[]) void answer(call);
  });
}

interface Parcel<T> {
  readonly item: T;
  readonly buffers: readonly Transferable[];
}

/** What waits to be sent with the rest of this turn. */
class Outbox<T> {
  readonly #port: Port;
  readonly #onRefused: (item: T, thrown: unknown) => void;
  #items: Parcel<T>[] = [];
  #isDue = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** @param onRefused told of what cannot be sent, by what was thrown */
  constructor(port: Port, onRefused: (item: T, thrown: unknown) => void) {
    this.#port = port;
    this.#onRefused = onRefused;
  }

  /** @param withinMs how long it may wait for others */
  put(item: T, buffers: readonly Transferable[], withinMs = 0): void {
    this.#items.push({ item, buffers });
    if (withinMs > 0) {
      this.#patience ??= setTimeout(() => {
        this.#patience = undefined;
        this.#send();
      }, withinMs);
    } else if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => this.#send());
    }
  }

  end(): void {
    this.#items = [];
  }

  #send(): void {
    this.#isDue = false;
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    try {
      this.#post(items);
    } catch {
      // One that cannot be cloned is no reason not to send the others.
      for (const one of items) {
        try {
          this.#post([one]);
        } catch (thrown) {
          this.#onRefused(one.item, thrown);
        }
      }
    }
  }

  #post(items: readonly Parcel<T>[]): void {
    const buffers = new Set(items.flatMap((one) => one.buffers));
    this.#port.postMessage(
      items.map(({ item }) => item),
      [...buffers],
    );
  }
}

function buffersOf(values: readonly unknown[]): readonly Transferable[] {
  return values.flatMap((value) => (value instanceof Object && transfers.get(value)) || []);
}

function jsonOf(thrown: unknown): ThrownJson {
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}
