/**
 * What lies below a folder of a store, as a store of its own.
 *
 * @module
 */
import type { AbsolutePath } from "../core/plan.js";
import {
  canDescribe,
  canHold,
  canList,
  knowsVersions,
  type ListableStore,
  type ReadableStore,
  type ReadOptions,
} from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

/** @param folder without a slash at its end */
export function subStore(inner: ReadableStore, folder: AbsolutePath): StoreStack {
  const under = (key: AbsolutePath): AbsolutePath => `${folder}${key}`;
  return wrapStore(inner, {
    get: (key, options) => inner.get(under(key), options),
    ...(inner.getRange === undefined
      ? {}
      : { getRange: (key, range, options) => inner.getRange!(under(key), range, options) }),
    ...(typeof inner.size === "function" ? { size: (key, options) => inner.size!(under(key), options) } : {}),
    ...(inner.placeOf === undefined ? {} : { placeOf: (key, range) => inner.placeOf!(under(key), range) }),
    ...(canList(inner) ? { list: (prefix, options) => listUnder(inner, folder, prefix, options) } : {}),
    ...(canDescribe(inner)
      ? { describe: (key, range, options) => inner.describe(under(key), range, options) }
      : {}),
    ...(canHold(inner)
      ? { hold: (key, range, lane, options) => inner.hold(under(key), range, lane, options) }
      : {}),
    ...(canHold(inner) && inner.laneOf !== undefined
      ? { laneOf: (key, range) => inner.laneOf!(under(key), range) }
      : {}),
    ...(knowsVersions(inner) ? { etagOf: (key) => inner.etagOf(under(key)) } : {}),
  });
}

async function* listUnder(
  inner: ListableStore,
  folder: AbsolutePath,
  prefix: AbsolutePath,
  options?: ReadOptions,
): AsyncGenerator<{ key: AbsolutePath; size?: number }> {
  for await (const { key, ...facts } of inner.list(`${folder}${prefix}`, options)) {
    if (key.startsWith(`${folder}/`)) yield { key: key.slice(folder.length) as AbsolutePath, ...facts };
  }
}
