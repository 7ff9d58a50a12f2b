/**
 * What a response's headers tell, read with the care that browsers and proxies make necessary.
 *
 * @module
 */
import { loadPart } from "../core/load-part.js";

/** Whether the body is sent in another form than it is stored in. */
export function isEncoded(response: Response): boolean {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase();
  return encoding !== undefined && encoding !== "" && encoding !== "identity" && encoding !== "aws-chunked";
}

/** Length of the body; unknown when it is encoded, because the header then counts other bytes. */
export function contentLength(response: Response): number | undefined {
  const value = response.headers.get("content-length");
  return value !== null && /^\d+$/.test(value) && !isEncoded(response) ? Number(value) : undefined;
}

/** Weak tags say nothing about bytes; some servers mark the tag of what they compress on the way. */
export function strongEtag(response: Response): string | undefined {
  const value = response.headers.get("etag");
  return value === null || value.startsWith("W/")
    ? undefined
    : value.replace(/[-;]+(gzip|br|zstd|deflate)"$/, '"');
}

/** Frees the connection of a body nobody reads. */
export async function cancelBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/**
 * What an `import()` brings that a rare answer needs; where it cannot be had, the answer's connection is freed.
 *
 * @throws ReaderError `network`, as `loadPart` does
 */
export async function orCancel<T>(response: Response, part: Promise<T>): Promise<T> {
  return loadPart(part).catch(async (thrown: unknown) => {
    await cancelBody(response);
    throw thrown;
  });
}
