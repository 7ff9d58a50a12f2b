/**
 * Places that the data of one place lead to, opened for it: members of a group that lie outside it. The same rules hold as for
 * references (docs/design/object-storage.md §12): what the user gave for the first place goes to no other.
 *
 * @module
 */
import { whenAborted } from "../core/abort.js";
import { ReaderError } from "../core/error.js";
import { remember } from "../core/lookahead.js";
import type { AbsolutePath } from "../core/plan.js";
import { locateTarget, optionsFor, type Target } from "./reference-targets.js";
import type { StorageOptions } from "./storage-options.js";
import { subStore } from "./sub-store.js";
import type { ReadableStore } from "./types.js";
import type { createStore, OpenedStore } from "./url.js";

/** A place that was opened for another one. */
export interface Elsewhere {
  readonly store: ReadableStore;
  /** Without secrets. */
  readonly url: string;
  /** Opens what this place leads to. */
  readonly elsewhere: OpenElsewhere;
}

/**
 * Opens the folder at an address: absolute, or relative to the place that names it.
 *
 * @param closed aborts when the data are closed, which frees what is kept of the folder
 * @throws ReaderError `forbidden` for local files named from elsewhere, `unsupported` for what cannot be read, `limit-exceeded`
 */
export type OpenElsewhere = (address: string, closed: AbortSignal) => Promise<Elsewhere>;

/** Groups that lead to groups that lead to groups end here. */
const maxPlaces = 1000;

/**
 * @param home address of the folder whose data name others, without a slash at its end
 * @param options what the folder was opened with
 */
export function createElsewhere(
  home: string,
  options: StorageOptions,
  create: typeof createStore,
  shared: { left: number; readonly stores: Map<string, Promise<OpenedStore>> } = {
    left: maxPlaces,
    stores: new Map(),
  },
): OpenElsewhere {
  return async (address, closed) => {
    const { root, key } = locateTarget(address.replace(/\/+$/, ""), `${home.replace(/[/\\]+$/, "")}/`);
    if (shared.left-- <= 0) {
      throw new ReaderError("limit-exceeded", `The data lead to more than ${maxPlaces} other places.`);
    }
    // A list of keys is of the place that it was given for, and so is what was asked to be kept.
    const { remotes, untrusted } = options;
    const { listing: _, cache, ...own } = optionsFor(root, home, options);
    const allowed = { ...own, ...(typeof cache === "number" ? { cache } : {}), remotes, untrusted };
    const { store, url } = await remember(shared.stores, root, async () => {
      const opened = await create(root, allowed);
      whenAborted(closed, () => opened.store.forget());
      return opened;
    });
    return {
      store: subStore(store, key),
      url: placeAt({ root: url, key }),
      elsewhere: createElsewhere(placeAt({ root, key }), allowed, create, shared),
    };
  };
}

/** The address of a folder; the query of its origin stays behind the path. */
function placeAt({ root, key }: Target): string {
  const [, place = root, query = ""] = /^([^?]*)(\?.*)?$/.exec(root) ?? [];
  return `${place.replace(/\/+$/, "")}${key satisfies AbsolutePath}${query}`;
}
