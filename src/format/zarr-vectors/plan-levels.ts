/**
 * Plans a query at the level it asks for, and at the coarser ones that a level rests on which holds only what they lack.
 *
 * @module
 */
import type { Plan, PointQuery } from "../../core/source.js";
import type { Levels } from "./levels.js";
import type { ObjectSet } from "./objects.js";

/** A plan for one level, with the objects that were named, if some were. */
export type LevelPlan<P extends Plan> = P & { readonly named?: ObjectSet };

/**
 * Plans every level that the answer lies in, and joins the plans where they are several.
 *
 * @param planOne plans a query at one level
 * @param join makes one plan of those of a chain, the finest first; called where there are several
 */
export async function planLevels<Q extends PointQuery, P extends Plan>(
  levels: Levels,
  query: Q,
  planOne: (level: number, query: Q) => Promise<LevelPlan<P>>,
  join: (plans: readonly P[], level: number) => P | Promise<P>,
): Promise<P> {
  const level = levels.check(query.level);
  const chain = await levels.chain(level);
  const asked =
    chain.length === 1 ? query : await (await import("./additive.js")).nameMembers(levels, chain, query);
  const plans = await Promise.all(chain.map((number) => planOne(number, asked)));
  const whole = plans.length === 1 ? plans[0]! : await join(plans, level);
  const notes = [...(whole.notes ?? []), ...absentNotes(plans, level)];
  return notes.length === 0 ? whole : { ...whole, notes };
}

/** Objects that were asked for and have no rows at any of the levels, in words. */
function absentNotes(plans: readonly LevelPlan<Plan>[], level: number): string[] {
  const known = new Set<bigint>();
  const present = new Set<bigint>();
  for (const { named } of plans) {
    named?.ids.forEach((id, object) => {
      const { starts } = named.manifests;
      known.add(id);
      if (starts[object] !== starts[object + 1]) present.add(id);
    });
  }
  const absent = known.size - present.size;
  return absent === 0 ? [] : [`${absent} of the objects are not at level ${level}.`];
}
