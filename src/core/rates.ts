/**
 * What clouds charge, for prices.
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
