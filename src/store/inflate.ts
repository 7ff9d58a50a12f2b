/**
 * Undoes deflate with what the platform has, within a bound that the archive's directory promises.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/**
 * Inflates raw deflate data (RFC 1951) of a known length.
 *
 * @throws ReaderError `corrupt` when the data is damaged or inflates to another length
 */
export async function inflate(bytes: Uint8Array, length: number, what: string): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let filled = 0;
  const stream = new DecompressionStream("deflate-raw");
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  // A failure shows on the side that is read.
  const writing = writer.write(bytes as BufferSource).then(() => writer.close());
  writing.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > length) throw damaged(what, `it inflates to more than ${length} bytes`);
      out.set(value, filled);
      filled += value.length;
    }
  } catch (thrown) {
    await reader.cancel().catch(() => {});
    throw thrown instanceof ReaderError ? thrown : damaged(what, "its deflate data is damaged");
  }
  if (filled !== length) throw damaged(what, `it inflates to ${filled} bytes of ${length}`);
  return out;
}

function damaged(what: string, why: string): ReaderError {
  return new ReaderError("corrupt", `${what} cannot be read: ${why}.`);
}
