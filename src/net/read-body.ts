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
  readonly memory?: BodyMemory | undefined;
  /** Told of the room and of how much of it is filled, each time more came. */
  readonly onFilled?: (room: Uint8Array, filled: number) => void;
}

/** Memory that was used before, for a thread that reads many bodies: a fresh page costs more than what is copied to it. */
export interface BodyMemory {
  /** Exactly so many bytes, whatever is in them, which nobody else reads or writes. */
  makeRoom(bytes: number): Uint8Array<ArrayBuffer>;
  /** Opens a body that comes in given memory, `undefined` where the host knows none such; else each piece comes in its own. */
  open?(body: ReadableStream<Uint8Array>): Pieces | undefined;
}

/** A body piece by piece. */
export interface Pieces {
  /** Good until the next is asked for; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  cancel(): Promise<void>;
}

/** Set aside at once at most: a header may promise anything. */
const maxFirstRoomBytes = 64 * 1024 * 1024;

export interface ReadBody {
  /** In memory of their own: a buffer, or a room. */
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
  const { memory } = limits;
  const firstBytes = Math.min(expected, maxFirstRoomBytes);
  let room = memory?.makeRoom(firstBytes) ?? new Uint8Array(firstBytes);
  let filled = 0;
  let overflow = false;
  let broken: { readonly reason: unknown } | undefined;
  const pieces = memory?.open?.(response.body) ?? openReader(response.body);
  for (;;) {
    const value = await pieces.next().catch((reason: unknown) => {
      broken = { reason };
      return undefined;
    });
    if (value === undefined) break;
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
      await pieces.cancel().catch(() => {});
      break;
    }
    limits.onFilled?.(room, filled);
  }
  // What came of a body that broke off may be of no use to anybody: it is not copied.
  const bytes = filled === room.length ? room : broken ? room.subarray(0, filled) : room.slice(0, filled);
  return { bytes, overflow, ...(broken === undefined ? {} : { broken }) };
}

function openReader(body: ReadableStream<Uint8Array>): Pieces {
  const reader = body.getReader();
  return { next: async () => (await reader.read()).value, cancel: () => reader.cancel() };
}
