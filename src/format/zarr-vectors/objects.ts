/**
 * The objects of a level that a query names: their ids, and the manifest of each.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { remember } from "../../core/lookahead.js";
import type { NetworkQuery } from "../../core/source.js";
import { invalidNode } from "./cells.js";
import { readFragments } from "./fragment-tables.js";
import { readMembers } from "./groups.js";
import type { Level } from "./levels.js";
import { ManifestBuilder, type Manifests } from "./manifests.js";
import { openObjectIndex } from "./object-index.js";

/** Some objects of a level, in ascending order of rows, and the manifest of each. */
export interface ObjectSet {
  /** Rows in the object attributes. */
  readonly rows: Uint32Array;
  readonly ids: BigInt64Array;
  readonly manifests: Manifests;
}

const allObjects = new WeakMap<Level, Promise<ObjectSet | undefined>>();

/**
 * The objects that a query names, or all of them.
 *
 * @returns `undefined` when rows belong to no objects at this level
 * @throws ReaderError `invalid-query` where groups or objects are named that the level does not have
 */
export async function readObjects(
  level: Level,
  query: Pick<NetworkQuery, "objects" | "groups">,
  signal?: AbortSignal,
): Promise<ObjectSet | undefined> {
  const { objects, groups } = query;
  if (objects === undefined && groups === undefined) {
    // All manifests of a level are an index: read once, kept with the level.
    return remember(allObjects, level, () => readSet(level, undefined));
  }
  const named = objects?.map((id) => checkId(id));
  const members = groups === undefined ? undefined : await readMembers(level, groups, signal);
  const wanted =
    named === undefined
      ? members!
      : members === undefined
        ? new Set(named)
        : new Set(named.filter((id) => members.has(id)));
  const found = await readSet(level, wanted, signal);
  if (found !== undefined) return found;
  throw new ReaderError(
    "invalid-query",
    `Level ${level.metadata.level} has no object index, so it cannot be asked for objects or groups.`,
  );
}

function checkId(id: number | bigint): bigint {
  if (typeof id === "bigint" || Number.isSafeInteger(id)) return BigInt(id);
  throw new ReaderError("invalid-query", `objects: ${String(id)} is no object id; ids are integers.`);
}

async function readSet(
  level: Level,
  wanted: ReadonlySet<bigint> | undefined,
  signal?: AbortSignal,
): Promise<ObjectSet | undefined> {
  const { container, metadata } = level;
  const index = await openObjectIndex(metadata, container);
  if (index === undefined) {
    return container.root.hasIdentityObjects ? identityObjects(level, wanted, signal) : undefined;
  }
  if (wanted === undefined) {
    const [ids, manifests] = await Promise.all([index.ids(signal), index.manifests(undefined, signal)]);
    const rows = Uint32Array.from({ length: index.count }, (_, row) => row);
    return { rows, ids: ids ?? BigInt64Array.from(rows, BigInt), manifests };
  }
  const ids = await index.ids(signal);
  const rows = rowsOf(wanted, ids, index.count);
  const manifests = await index.manifests(rows, signal);
  return { rows, ids: BigInt64Array.from(rows, (row) => ids?.[row] ?? BigInt(row)), manifests };
}

/** Rows of the ids that there are, ascending. */
function rowsOf(wanted: ReadonlySet<bigint>, ids: BigInt64Array | undefined, count: number): Uint32Array {
  const rows: number[] = [];
  if (ids === undefined) {
    for (const id of wanted) if (id >= 0n && id < BigInt(count)) rows.push(Number(id));
  } else {
    ids.forEach((id, row) => {
      if (id !== -1n && wanted.has(id)) rows.push(row);
    });
  }
  return Uint32Array.from(rows).sort();
}

/** Object `i` is fragment `i` of the only chunk; how many there are, the chunk's fragment table tells when it is read. */
async function identityObjects(
  level: Level,
  wanted: ReadonlySet<bigint> | undefined,
  signal?: AbortSignal,
): Promise<ObjectSet> {
  const [chunk, ...others] = (await level.vertices.list(signal)) ?? [];
  if (chunk === undefined || others.length > 0) {
    throw invalidNode("/zarr.json", 'object_index_convention "identity" is for stores of one chunk.');
  }
  const table = await readFragments(level, chunk, signal);
  const all = Array.from({ length: table?.count ?? 1 }, (_, fragment) => BigInt(fragment));
  const ids = wanted === undefined ? all : all.filter((id) => wanted.has(id));
  const builder = new ManifestBuilder();
  for (const id of ids) {
    builder.addRun(chunk, Number(id), 1, "/zarr.json");
    builder.endObject();
  }
  return {
    rows: Uint32Array.from(ids, Number),
    ids: BigInt64Array.from(ids),
    manifests: builder.finish(),
  };
}
