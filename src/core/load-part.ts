/**
 * Code that is fetched when it is first needed.
 *
 * @module
 */
import { ReaderError } from "./error.js";

/**
 * What an `import()` brings.
 *
 * @throws ReaderError `network` when it cannot be had: the page is cut off from its own server, or that has changed
 */
export async function loadPart<T>(part: Promise<T>): Promise<T> {
  return part.catch((cause: unknown) => {
    throw new ReaderError("network", "A part of this page's code could not be loaded.", {
      cause,
      hint: "Load the page again.",
    });
  });
}
