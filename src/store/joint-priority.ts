/**
 * The priority of one read that several wait for: that of the most urgent, at each moment
 * (docs/design/object-storage.md §7).
 *
 * @module
 */
import { mostUrgent, type PriorityWish, priorityNow } from "../net/priority.js";

export class JointPriority {
  readonly #wishes = new Set<{ readonly wish: PriorityWish | undefined }>();

  /** What to ask for on behalf of all: a class for good where nobody who joins could make it more urgent. */
  wish(first: PriorityWish | undefined): PriorityWish | undefined {
    if (typeof first !== "function" && first !== "prefetch") return first;
    return () => mostUrgent([...this.#wishes].map(({ wish }) => priorityNow(wish)));
  }

  /** Counts the wish for as long as its reader waits. */
  async during<T>(wish: PriorityWish | undefined, waiting: Promise<T>): Promise<T> {
    const entry = { wish };
    this.#wishes.add(entry);
    try {
      return await waiting;
    } finally {
      this.#wishes.delete(entry);
    }
  }
}
