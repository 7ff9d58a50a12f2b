/**
 * From a query to its plan: at the level it asks for, within its budget; and to its price.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { Explain } from "../core/price.js";
import type { ExplainOptions, Plan, Query, QueryOptions, SourceInfo, SourceKind } from "../core/source.js";
import { checkQuery } from "./check-query.js";
import { type Engine, whileOpen } from "./engine.js";
import { loadPricing } from "./load-pricing.js";
import type { OpenBodies } from "./open-bodies.js";

/** What a format tells about a source: what there is, and how to plan. */
export interface Definition<Q, P extends Plan = Plan> {
  readonly info: SourceInfo;
  /** Keys of a query that this format knows beyond those of the kind. */
  readonly queryKeys?: readonly string[];
  plan(query: Q, options: PlanOptions): Promise<P>;
}

export interface PlanOptions extends QueryOptions {
  /** Of a query that executes the plan as it is drawn: objects may be opened by their bodies. Absent: nothing but indexes is read. */
  readonly bodies?: OpenBodies | undefined;
  /** The same of formats whose data may come with an index that is read for the plan. */
  readonly isExecuted?: boolean;
}

/** What tells a plan that is executed as it is drawn from one that is priced. */
export type Execution = Required<Pick<PlanOptions, "bodies" | "isExecuted">>;

export type Planner<Q, P extends Plan = Plan> = (query?: Q, options?: PlanOptions) => Promise<P>;

/** Plans at the level asked for; with a budget, at the finest level that keeps within it. */
export function planWithin<Q extends Query, P extends Plan>(
  kind: SourceKind,
  definition: Definition<Q, P>,
  engine: Engine,
): Planner<Q, P> {
  const planAt = (query: Q, options: PlanOptions): Promise<P> => {
    options.signal?.throwIfAborted();
    return definition.plan(query, options);
  };
  const planOpen = async (query: Q, options: PlanOptions): Promise<P> => {
    await checkQuery(query, kind, definition.queryKeys);
    const { budget, level } = query;
    if (level !== "auto" && budget === undefined) return planAt(query, options);
    const { budgetError, explainPlan, overBudget } = await loadPricing();
    const check = async (exact: Q): Promise<string[]> => {
      const price = { budget, ...(options.signal && { signal: options.signal }) };
      return overBudget(
        await explainPlan(
          await planAt(exact, { ...options, bodies: undefined, isExecuted: false }),
          engine,
          price,
        ),
        budget!,
      );
    };
    if (level !== "auto") {
      const over = await check(query);
      if (over.length > 0) throw budgetError(over);
      return planAt(query, options);
    }
    if (budget === undefined) {
      throw new ReaderError("invalid-query", 'level "auto" needs a budget: { bytes, requests or rows }.');
    }
    let over: string[] = [];
    for (const candidate of definition.info.levels) {
      const exact = { ...query, level: candidate.level };
      over = await check(exact);
      if (over.length === 0) return planAt(exact, options);
    }
    throw budgetError(over);
  };
  return (query = {} as Q, options = {}) => whileOpen(options, engine, (own) => planOpen(query, own));
}

export async function explainQuery<Q extends Query & { readonly limit?: number }>(
  plan: Planner<Q>,
  query: Q,
  { rates, ...options }: ExplainOptions,
  engine: Engine,
  { levels }: SourceInfo,
): Promise<Explain> {
  const { budget, ...free } = query;
  const asked = query.level === "auto" ? query : (free as Q);
  const { explainPlan } = await loadPricing();
  const planned = await plan(asked, options);
  return whileOpen(options, engine, ({ signal }) =>
    explainPlan(planned, engine, {
      levels,
      mayEndEarly: query.limit !== undefined,
      ...(rates === undefined ? {} : { rates }),
      signal,
    }),
  );
}
