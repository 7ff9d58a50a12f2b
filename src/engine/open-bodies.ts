/**
 * The objects that one query opens by their bodies, and the store as that query sees it: what such a body brings is not
 * asked for again.
 *
 * @module
 */
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import { type Bytes, bringHere, type Lane } from "../net/lane.js";
import { canDescribe, canHold, type ReadableStore, type ReadOptions } from "../store/types.js";
import { wrapStore } from "../store/wrap.js";
import type { Engine, FetchOptions } from "./engine.js";
import { OpenBody } from "./open-body.js";

/** Of one body at most: a window of chunks as it is read otherwise. */
const largestBytes = 64 * 1024 * 1024;
/** Of all that are open: two of the largest, so that one comes while another is decoded. */
const openBytes = 2 * largestBytes;

/** What is wanted of a body before anything is known of it. */
export interface BodyDemand {
  /** Bytes that there can be, where that is known. */
  readonly atMostBytes: number | undefined;
  /** Bytes that there may be otherwise, for the room that it takes. */
  readonly expectedBytes?: number | undefined;
  /** The share of them that is wanted. */
  readonly share: number;
  /** Whether the rest may come along. */
  readonly isWhole: boolean;
}

export class OpenBodies {
  /** Serves ranges from bodies that are open. */
  readonly store: ReadableStore;
  /** As of `ReadOptions`, where the plan tells it. */
  queryBytes = 0;
  readonly #engine: Pick<Engine, "store" | "pool">;
  readonly #options: FetchOptions;
  readonly #open = new Map<AbsolutePath, { readonly body: OpenBody; readonly bytes: number }>();
  readonly #given = new Map<Lane, number>();
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(engine: Pick<Engine, "store" | "pool">, options: FetchOptions) {
    this.#engine = engine;
    this.#options = options;
    this.store = this.#overlay(engine.store);
  }

  /** Resolves when there is room for a body of so many bytes beside those that are open; one is always let in. */
  async room(bytes: number = largestBytes): Promise<void> {
    while (!this.#hasRoom(bytes)) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  #hasRoom(bytes: number): boolean {
    let open = 0;
    for (const { body, bytes } of this.#open.values()) open += body.size ?? bytes;
    return this.#open.size === 0 || open + bytes <= openBytes;
  }

  /** @returns `undefined` where there is no room, or the store does not tell how its bodies come, or has the object already */
  open(key: AbsolutePath, { atMostBytes, expectedBytes, share, isWhole }: BodyDemand): OpenBody | undefined {
    const { store } = this.#engine;
    const isElsewhere = store.placeOf?.(key, undefined) !== undefined;
    if (
      !canDescribe(store) ||
      isElsewhere ||
      store.holds?.(key, undefined) ||
      this.#open.has(key) ||
      this.#isClosed
    ) {
      return undefined;
    }
    const bytes = atMostBytes ?? expectedBytes ?? largestBytes;
    if (!this.#hasRoom(bytes)) return undefined;
    const { queryBytes } = this;
    // What is wanted in part is given up on the way, as a rule; and the browser's cache holds up what it writes down.
    const options = { ...this.#options, queryBytes, mayBeAbsent: true, isPassing: !isWhole };
    const lane = this.#chooseLane(bytes * share);
    const body: OpenBody = new OpenBody(
      key,
      (arrivals, signal) => {
        const own: ReadOptions = { ...options, arrivals, signal };
        return lane !== undefined && canHold(store)
          ? store.hold(key, undefined, lane, own)
          : store.get(key, own);
      },
      {
        // Chunks that cannot be compressed grow a little.
        limitBytes: Math.min(largestBytes, (atMostBytes ?? largestBytes) * 1.25 + 64 * 1024),
        isWhole,
        signal: options.signal,
        onClosed: () => {
          if (this.#open.get(key)?.body === body) this.#open.delete(key);
          for (const wake of this.#waiting.splice(0)) wake();
        },
      },
    );
    this.#open.set(key, { body, bytes });
    return body;
  }

  /** Those that are open. */
  all(): readonly OpenBody[] {
    return [...this.#open.values()].map(({ body }) => body);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets go of all. */
  close(): void {
    this.#isClosed = true;
    for (const { body } of [...this.#open.values()]) body.close();
  }

  /** The one that was given least. */
  #chooseLane(bytes: number): Lane | undefined {
    const { store, pool } = this.#engine;
    const lanes = canHold(store) ? (pool.lanes?.(1, bytes) ?? []) : [];
    const givenTo = (lane: Lane): number => this.#given.get(lane) ?? 0;
    const [first, ...others] = lanes;
    if (first === undefined) return undefined;
    const lane = others.reduce((a, b) => (givenTo(b) < givenTo(a) ? b : a), first);
    this.#given.set(lane, givenTo(lane) + bytes);
    return lane;
  }

  #find(key: AbsolutePath, range: RangeQuery | undefined): OpenBody | undefined {
    if (range === undefined || !("offset" in range)) return undefined;
    const body = this.#open.get(key)?.body;
    return body?.covers(range) ? body : undefined;
  }

  #overlay(inner: ReadableStore): ReadableStore {
    const read = async (
      key: AbsolutePath,
      range: RangeQuery,
      otherwise: () => Promise<Bytes | undefined>,
    ): Promise<Bytes | undefined> => (await this.#find(key, range)?.read(range as ByteRange)) ?? otherwise();
    return wrapStore(inner, {
      get: (key, options) => inner.get(key, options),
      ...(inner.getRange === undefined
        ? {}
        : {
            getRange: async (key, range, options) => {
              const bytes = await read(key, range, () => inner.getRange!(key, range, options));
              return bytes && bringHere(bytes);
            },
          }),
      ...(canHold(inner)
        ? {
            hold: (key, range, lane, options) =>
              range === undefined
                ? inner.hold(key, range, lane, options)
                : read(key, range, () => inner.hold(key, range, lane, options)),
            laneOf: (key, range) => this.#find(key, range)?.lane ?? inner.laneOf?.(key, range),
          }
        : {}),
    });
  }
}
