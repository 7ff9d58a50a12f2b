/**
 * Bodies piece by piece in memory used before, for the workers that read many: a fresh page costs more than what is copied
 * to it.
 *
 * @module
 */
import type { BodyMemory, Pieces } from "./read-body.js";

/** For what has come of a body when the thread gets to it. */
const trayBytes = 256 * 1024;

/**
 * Opens bodies into buffers, one for each body at a time, where the host's bodies can be read into memory that is given
 * (Chromium, Firefox).
 *
 * @param trays those that no body is read into
 */
export function intoTrays(trays: ArrayBuffer[]): NonNullable<BodyMemory["open"]> {
  return (body) => {
    const reader = openByob(body);
    return reader && piecesOf(reader, trays);
  };
}

function piecesOf(reader: ReadableStreamBYOBReader, trays: ArrayBuffer[]): Pieces {
  let tray = trays.pop() ?? new ArrayBuffer(trayBytes);
  return {
    async next() {
      // The tray is the stream's until it has an answer, and comes back with it.
      const { done, value } = await reader.read(new Uint8Array(tray));
      if (value !== undefined) tray = value.buffer;
      if (!done) return value;
      if (value !== undefined) trays.push(tray);
      return undefined;
    },
    cancel: () => reader.cancel(),
  };
}

function openByob(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
