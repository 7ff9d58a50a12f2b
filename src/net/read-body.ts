/**
 * Reads a response body into memory, counting: never trusts that the end of a body is the end of the object.
 *
 * @module
 */

export interface BodyLimits {
  /** More than this cancels the body. */
  readonly maxBytes?: number;
  /** Fewer than this is a short body; checked by the caller. */
  readonly exactBytes?: number;
  /** How far below `exactBytes` a body may stay. */
  readonly toleranceBytes?: number;
  /** Room to set aside at first. */
  readonly expectBytes?: number;
  /** Keeps what fits instead of dropping it. */
  readonly keepOverflow?: boolean;
}

/** Set aside at once at most: a header may promise anything. */
const maxFirstRoomBytes = 64 * 1024 * 1024;

/** The body's bytes in a buffer of their own; `overflow` when it was longer than allowed and was cancelled. */
export async function readBody(
  response: Response,
  limits: BodyLimits,
  onProgress: (bytes: number) => void,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; overflow: boolean }> {
  if (response.body === null) return { bytes: new Uint8Array(0), overflow: false };
  const { maxBytes = Number.POSITIVE_INFINITY } = limits;
  const expected = limits.exactBytes ?? limits.expectBytes ?? 0;
  let room = new Uint8Array(Math.min(expected, maxFirstRoomBytes));
  let filled = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    onProgress(value.length);
    if (filled + value.length > maxBytes) {
      await reader.cancel().catch(() => {});
      if (!limits.keepOverflow) return { bytes: new Uint8Array(0), overflow: true };
      const kept = new Uint8Array(maxBytes);
      kept.set(room.subarray(0, filled));
      kept.set(value.subarray(0, maxBytes - filled), filled);
      return { bytes: kept, overflow: true };
    }
    if (filled + value.length > room.length) {
      const larger = new Uint8Array(Math.max(filled + value.length, room.length * 2, 16 * 1024));
      larger.set(room.subarray(0, filled));
      room = larger;
    }
    room.set(value, filled);
    filled += value.length;
  }
  return { bytes: filled === room.length ? room : room.slice(0, filled), overflow: false };
}
