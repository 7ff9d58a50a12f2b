/**
 * Prices of queries and of stores, in one part that is loaded by the first question about either.
 *
 * @module
 */
export { estimateStore } from "./estimate.js";
export { budgetError, explainPlan, overBudget } from "./explain.js";
