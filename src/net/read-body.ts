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
  /** Finds memory for so many bytes; default: new memory. */
  readonly makeRoom?: MakeRoom | undefined;
  /** Told of the room and of how much of it is filled, each time more came. */
  readonly onFilled?: (room: Uint8Array, filled: number) => void;
}

/** Memory of exactly so many bytes, whatever is in it, which nobody else reads or writes. */
export type MakeRoom = (bytes: number) => Uint8Array<ArrayBuffer>;

/** Set aside at once at most: a header may promise anything. */
const maxFirstRoomBytes = 64 * 1024 * 1024;

export interface ReadBody {
  /** In memory of their own: a buffer, or what `makeRoom` gave. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** It was longer than allowed and was cancelled; the bytes are as many as fit. */
  readonly overflow: boolean;
  /** It broke off; these bytes came before. */
  readonly broken?: { readonly reason: unknown };
}

/** Reads the body to its end, or as far as it comes. */
export async function readBody(
  response: Response,
  limits: BodyLimits,
  onProgress: (bytes: number) => void,
): Promise<ReadBody> {
  if (response.body === null) return { bytes: new Uint8Array(0), overflow: false };
  const { maxBytes = Number.POSITIVE_INFINITY } = limits;
  const expected = limits.exactBytes ?? limits.expectBytes ?? 0;
  const makeRoom = limits.makeRoom ?? ((bytes) => new Uint8Array(bytes));
  let room = makeRoom(Math.min(expected, maxFirstRoomBytes));
  let filled = 0;
  let overflow = false;
  let broken: { readonly reason: unknown } | undefined;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((reason: unknown) => {
      broken = { reason };
      return { done: true, value: undefined } as const;
    });
    if (done) break;
    onProgress(value.length);
    overflow = filled + value.length > maxBytes;
    const fits = overflow ? value.subarray(0, maxBytes - filled) : value;
    if (filled + fits.length > room.length) {
      const larger = new Uint8Array(Math.max(filled + fits.length, room.length * 2, 16 * 1024));
      larger.set(room.subarray(0, filled));
      room = larger;
    }
    room.set(fits, filled);
    filled += fits.length;
    if (overflow) {
      await reader.cancel().catch(() => {});
      break;
    }
    limits.onFilled?.(room, filled);
  }
  const bytes = filled === room.length ? room : room.slice(0, filled);
  return { bytes, overflow, ...(broken === undefined ? {} : { broken }) };
}
