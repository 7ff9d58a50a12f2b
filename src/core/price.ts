/**
 * Prices: of a query, of a whole store, and what clouds charge.
 *
 * @module
 */

/** Prices in USD; what is not given is taken from `defaultRates`. */
export interface Rates {
  /** A million GET or HEAD requests. */
  readonly usdPerMillionGets?: number;
  /** A GB (10⁹ bytes) that leaves the cloud. */
  readonly usdPerGB?: number;
  /** A GB (10⁹ bytes) stored for a month. */
  readonly usdPerGBMonth?: number;
}

/** List prices of a large provider's first tier: GETs, bytes out, standard storage. */
export const defaultRates: Required<Rates> = {
  usdPerMillionGets: 0.4,
  usdPerGB: 0.09,
  usdPerGBMonth: 0.023,
};

/** The price of a query, told before any payload moves. */
export interface Explain {
  readonly level?: number;
  readonly chunks: number;
  /** That the query will make, as things stand: what is in memory costs none. */
  readonly requests: number;
  /** Of bodies, gaps between merged ranges included. */
  readonly bytes: number;
  /**
   * `"exact"`: every size is known. `"estimated"`: sizes were asked of a sample, or follow from metadata. `"at-most"`: what
   * is read depends on what is found.
   */
  readonly accuracy: "exact" | "estimated" | "at-most";
  readonly rowsAtMost?: number;
  readonly usd: number;
  readonly notes: readonly string[];
}

export interface EstimateOptions {
  readonly rates?: Rates;
  readonly signal?: AbortSignal;
}

/** What a whole store holds, and what that costs. */
export interface Estimate {
  readonly objects: number;
  /** As they are stored. */
  readonly bytes: number;
  /** `"listing"`: of every object. `"metadata"`: of the chunks that metadata tell of, where the store does not list. */
  readonly from: "listing" | "metadata";
  /** To keep it. */
  readonly usdPerMonth: number;
  /** The rate. */
  readonly usdPerMillionGets: number;
  /** To read every object once: its GETs, and the bytes that leave. */
  readonly usdToReadOnce: number;
  readonly notes: readonly string[];
}
