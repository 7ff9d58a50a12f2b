/**
 * How urgent a read is, for good or from moment to moment.
 *
 * @module
 */

export type SlotPriority = "metadata" | "visible" | "prefetch";

/** A class for good, or a function that tells it whenever a slot becomes free. It must be quick and not throw. */
export type PriorityWish = SlotPriority | (() => SlotPriority);

/** Most urgent first. */
export const classes: readonly SlotPriority[] = ["metadata", "visible", "prefetch"];

/** The class at this moment; without a wish, what is asked for is looked at. */
export function priorityNow(wish: PriorityWish | undefined): SlotPriority {
  return (typeof wish === "function" ? wish() : wish) ?? "visible";
}

/** The most urgent of several classes; `prefetch` for none. */
export function mostUrgent(priorities: Iterable<SlotPriority>): SlotPriority {
  let rank = classes.length - 1;
  for (const priority of priorities) rank = Math.min(rank, classes.indexOf(priority));
  return classes[rank]!;
}
