/**
 * Ours and zarrita at the tasks that several suites set them: a whole array, a window of one.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { type OpenOptions, open } from "../../src/index.js";
import { closed } from "./closed.js";
import type { Window } from "./rasters.js";

type Rows = Pick<Window, "y" | "x">;

/** An array opened anew, so that no cache answers, and read; without a window all of it. */
export async function readOurs(url: string, options: OpenOptions, window?: Rows): Promise<ArrayBufferView> {
  const grid = await open(url, { ...options, kind: "grid" });
  // Closed intervals of indices: these axes have no labels.
  const query = window && { ranges: { y: closed(window.y), x: closed(window.x) } };
  const { data } = await grid.query(query);
  return data as Float32Array;
}

/** What any grid is too large for: it is read past our cache, and so past the browser's. */
export const pastBrowserCache = { cache: 1 } as const;

/** The same by zarrita. */
export async function readZarrita(store: zarrita.AsyncReadable, window?: Rows): Promise<ArrayBufferView> {
  const array = await zarrita.open.v3(store, { kind: "array" });
  const { data } = await zarrita.get(
    array,
    window && [zarrita.slice(...window.y), zarrita.slice(...window.x)],
  );
  return data as Float32Array;
}

/** zarrita's store in its fastest configuration: ranges merged, and not held up by the browser's cache, which lets one range of an object at a time. */
export function mergingStore(url: string): zarrita.AsyncReadable {
  return zarrita.withRangeCoalescing(new zarrita.FetchStore(url, { fetch: uncached }));
}

export function uncached(request: Request): Promise<Response> {
  return fetch(request, { cache: "no-store" });
}
