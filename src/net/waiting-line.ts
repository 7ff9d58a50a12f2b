/**
 * Who waits for a slot: by class, within a class by arrival. A class that is told by a function is asked for each time, so
 * that what has come into view overtakes what has left it (docs/design/object-storage.md §7).
 *
 * @module
 */

import { classes, type PriorityWish, priorityNow, type SlotPriority } from "./priority.js";

export interface Waiter {
  readonly wish: PriorityWish;
  readonly start: () => void;
}

/** A queue with classes. */
export class WaitingLine {
  readonly #fixed: Readonly<Record<SlotPriority, Map<Waiter, number>>> = {
    metadata: new Map(),
    visible: new Map(),
    prefetch: new Map(),
  };
  /** Waiters that must be asked, with the number of their arrival. */
  readonly #asked = new Map<Waiter, number>();
  #arrivals = 0;

  add(waiter: Waiter): void {
    this.#lineOf(waiter).set(waiter, this.#arrivals++);
  }

  delete(waiter: Waiter): void {
    this.#lineOf(waiter).delete(waiter);
  }

  /** Whose turn it is. */
  first(): Waiter | undefined {
    let best: Waiter | undefined;
    let bestRank = classes.length;
    let bestArrival = Number.POSITIVE_INFINITY;
    const consider = (waiter: Waiter, rank: number, arrival: number): void => {
      if (rank > bestRank || (rank === bestRank && arrival > bestArrival)) return;
      [best, bestRank, bestArrival] = [waiter, rank, arrival];
    };
    for (const [rank, name] of classes.entries()) {
      const head = this.#fixed[name].entries().next();
      if (!head.done) consider(head.value[0], rank, head.value[1]);
    }
    for (const [waiter, arrival] of this.#asked) {
      consider(waiter, classes.indexOf(priorityNow(waiter.wish)), arrival);
    }
    return best;
  }

  get empty(): boolean {
    return this.#asked.size === 0 && classes.every((name) => this.#fixed[name].size === 0);
  }

  #lineOf({ wish }: Waiter): Map<Waiter, number> {
    return typeof wish === "function" ? this.#asked : this.#fixed[wish];
  }
}
