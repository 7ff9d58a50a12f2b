/**
 * Loads the code that tells prices, apart from the engine, which everything has: who imports that brings no code fetched later.
 *
 * @module
 */
import { loadPart } from "../core/load-part.js";

/** The code that tells prices, fetched by the first question about one. */
export function loadPricing(): Promise<typeof import("./pricing.js")> {
  return loadPart(import("./pricing.js"));
}
