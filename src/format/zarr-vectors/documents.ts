/**
 * The metadata documents of a store: from consolidated metadata where the root carries it, else read one by one.
 *
 * @module
 */
import { isReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../core/json.js";
import { remember } from "../../core/lookahead.js";
import { canList, type ListableStore, type ReadableStore } from "../../store/types.js";
import { nodeKey } from "../zarr/chunk-key.js";
import { keepBigFillValues } from "../zarr/fill-value.js";

export interface Documents {
  readonly root: JsonObject;
  /** The document of a node, or `undefined` when there is none. */
  read(path: string): Promise<JsonObject | undefined>;
  /** Names of the nodes below a group, or `undefined` when nothing tells them; may list the store. */
  children(path: string): Promise<readonly string[] | undefined>;
  /** The same where no request is needed. */
  knownChildren(path: string): readonly string[] | undefined;
}

/**
 * Reads the root document.
 *
 * @returns `undefined` when the store has none
 */
export async function readDocuments(store: ReadableStore): Promise<Documents | undefined> {
  const kept = new Map<string, Promise<readonly string[] | undefined>>();
  let isListless = !canList(store);
  const list = async (path: string): Promise<readonly string[] | undefined> => {
    if (isListless || !canList(store)) return undefined;
    const names = await remember(kept, path, () => listChildren(store, path));
    // One folder that cannot be listed speaks for all, so that they are not asked for one after another.
    isListless ||= names === undefined;
    return names;
  };
  const root = await readDocument(store, "");
  if (root === undefined) return undefined;
  const consolidated = isJsonObject(root.consolidated_metadata)
    ? root.consolidated_metadata.metadata
    : undefined;
  if (isJsonObject(consolidated)) return fromConsolidated(root, consolidated, store, list);
  return {
    root,
    read: (path) => readDocument(store, path),
    children: list,
    knownChildren: () => undefined,
  };
}

/** Consolidated metadata may be older than the store, so a node it lacks is looked for once. */
function fromConsolidated(
  root: JsonObject,
  nodes: JsonObject,
  store: ReadableStore,
  list: Documents["children"],
): Documents {
  const below = new Map<string, Set<string>>();
  for (const path of Object.keys(nodes)) {
    const names = path.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join("/");
      const children = below.get(parent) ?? new Set();
      below.set(parent, children.add(names[depth]!));
    }
  }
  // A group without a document of its own is passed over with all that is below it when metadata is consolidated.
  const knownChildren = (path: string): readonly string[] | undefined =>
    Object.hasOwn(nodes, path) || below.has(path) ? [...(below.get(path) ?? [])] : undefined;
  return {
    root,
    async read(path) {
      const node = Object.hasOwn(nodes, path) ? nodes[path] : undefined;
      return isJsonObject(node) ? node : readDocument(store, path);
    },
    children: async (path) => knownChildren(path) ?? list(path),
    knownChildren,
  };
}

/** The same of a format whose groups all have documents, as 0.9: what consolidated metadata does not name is not there. */
export function trustingDocuments(documents: Documents): Documents {
  const { knownChildren } = documents;
  return {
    ...documents,
    async children(path) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      return knownChildren(parent) === undefined ? documents.children(path) : (knownChildren(path) ?? []);
    },
  };
}

async function readDocument(store: ReadableStore, path: string): Promise<JsonObject | undefined> {
  const key = nodeKey("/", path, "zarr.json");
  const bytes = await store.get(key, { priority: "metadata" });
  return bytes === undefined ? undefined : parseJsonObject(keepBigFillValues(bytes), key);
}

/** `undefined` where it turns out that the host does not list: a web server without index pages, a bucket that forbids it. */
async function listChildren(store: ListableStore, path: string): Promise<readonly string[] | undefined> {
  const names = new Set<string>();
  const prefix = `/${path}/` as const;
  try {
    for await (const { key } of store.list(prefix)) {
      const name = key.slice(prefix.length).split("/")[0];
      if (name) names.add(name);
    }
  } catch (thrown) {
    if (isReaderError(thrown, "unsupported") || isReaderError(thrown, "forbidden")) return undefined;
    throw thrown;
  }
  return [...names];
}
