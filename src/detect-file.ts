/**
 * A file whose name tells nothing: what it begins with does.
 *
 * @module
 */
import { isReaderError } from "./core/error.js";
import type { AbsolutePath } from "./core/plan.js";
import { splitLocation } from "./store/container.js";
import { readRange } from "./store/read-range.js";
import { createStore, type OpenedStore, type StorageOptions } from "./store/url.js";

/** `ATLS`, in front of a container of ATLAS. */
const containerMark = "ATLS";

/**
 * The folder of a file that is a container of ATLAS, and its key there: one request.
 *
 * @returns `undefined` where there is no such file, or none that can be read
 */
export async function findFile(
  location: string | URL,
  options: StorageOptions & { readonly signal?: AbortSignal },
): Promise<OpenedStore | undefined> {
  const { folder, name } = splitLocation(location);
  if (name === "") return undefined;
  const marker: AbsolutePath = `/${name}`;
  try {
    const opened = await createStore(folder, options);
    const { signal } = options;
    const range = { offset: 0, length: containerMark.length };
    const head = await readRange(opened.store, marker, range, {
      priority: "metadata",
      mayBeAbsent: true,
      ...(signal && { signal }),
    });
    return new TextDecoder().decode(head) === containerMark ? { ...opened, marker } : undefined;
  } catch (thrown) {
    // What was looked for before tells more.
    if (isReaderError(thrown)) return undefined;
    throw thrown;
  }
}
