/**
 * What a store tells of each of its datasets beside their arrays.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import type { MemberAttributes, Members } from "../../core/dataset.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { checkOptions } from "../../engine/check-query.js";
import { type Engine, whileOpen } from "../../engine/engine.js";
import type { AtlasStore, ReadSettings } from "./schema.js";

/** The members of a store. */
export function createMembers(store: AtlasStore, engine: Engine): Members {
  const { datasets } = store;
  const ask = async <T>(
    question: string,
    options: ReadSettings,
    read: (options: ReadSettings) => Promise<T>,
  ): Promise<T> => {
    await checkOptions(options, question);
    return whileOpen(options, engine, read);
  };
  const check = (member: string, array?: string): void => {
    const arrays = datasets.get(member)?.arrays;
    if (arrays !== undefined && (array === undefined || arrays.has(array))) return;
    const what = arrays === undefined ? `member "${member}"` : `array "${array}" of "${member}"`;
    throw new ReaderError("not-found", `There is no ${what} in this store.`);
  };
  return {
    names: [...datasets.keys()],
    attributes: (member, array, options = {}) =>
      ask("attributes", options, async (own) => {
        check(member, array);
        return readMemberAttributes(store, member, array, own);
      }),
    statistics: (member, array, options = {}) =>
      ask("statistics", options, async (own) => {
        check(member, array);
        return (await store.statistics(array, own))?.get(member);
      }),
  };
}

/** Attributes of a dataset of the store, or of one of its arrays. */
export async function readMemberAttributes(
  store: AtlasStore,
  dataset: string,
  array?: string,
  { signal }: ReadSettings = {},
): Promise<MemberAttributes> {
  const { attributes, arrayAttributes, attributeTypes, arrayAttributeTypes } = store.datasets.get(dataset)!;
  const values = array === undefined ? attributes : arrayAttributes?.get(array);
  if (values !== undefined) return { values, unresolved: [] };
  const types = array === undefined ? attributeTypes : arrayAttributeTypes?.get(array);
  if (types === undefined || types.size === 0) return { values: new Map(), unresolved: [] };
  return raceAbort(store.readAttributes(dataset, array ?? store.attributeFiles, types), signal);
}

/** The attributes that are text, which those of CF are. */
export function textsOf(values: ReadonlyMap<string, unknown>): JsonObject {
  return Object.fromEntries(
    [...values].filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
