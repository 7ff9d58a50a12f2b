/**
 * Asks a bucket where it is: AWS tells its region in a header of every answer, refusals and redirects included
 * (docs/design/object-storage.md §10).
 *
 * @module
 */
import { inBrowser } from "./environment.js";
import type { Transport } from "./retry.js";

/**
 * One unsigned HEAD of a bucket's root. In browsers the header is seen only where the bucket exposes it.
 *
 * @returns `undefined` when the answer does not tell, or none came
 */
export async function probeRegion(root: string, transport: Transport): Promise<string | undefined> {
  const send = transport.fetch ?? globalThis.fetch;
  try {
    const { headers } = await send(`${root}/`, {
      method: "HEAD",
      cache: "no-store",
      // A redirect itself names the region; browsers hide it either way.
      redirect: inBrowser() ? "error" : "manual",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(transport.timeouts.firstByteMs),
    });
    return headers.get("x-amz-bucket-region") ?? undefined;
  } catch {
    return undefined;
  }
}
