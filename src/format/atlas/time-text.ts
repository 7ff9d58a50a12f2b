/**
 * Times as text.
 *
 * @module
 */

const nanoseconds = 1_000_000_000n;

/** Nanoseconds since 1970 as RFC 3339 text in UTC with the shortest fraction, as the packages write them. */
export function toTimeText(time: bigint): string {
  const fraction = ((time % nanoseconds) + nanoseconds) % nanoseconds;
  // 64 bits of nanoseconds are 292 years, which `Date` holds.
  const seconds = new Date(Number((time - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = String(fraction).padStart(9, "0").replace(/0+$/, "");
  return `${seconds}${digits === "" ? "" : `.${digits}`}Z`;
}
