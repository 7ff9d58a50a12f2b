/**
 * Groups: sets of objects, by number.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject } from "../../core/json.js";
import { invalidNode, nodeAttributes } from "./cells.js";
import { corruptTable, type TableReader } from "./int64.js";
import type { Level } from "./levels.js";
import { readBlob, splitByOffsets } from "./object-index.js";
import { openItemArray } from "./row-arrays.js";

/** Ids of the objects that are in one of the groups. */
export async function readMembers(
  level: Level,
  groups: readonly number[],
  signal?: AbortSignal,
): Promise<Set<bigint>> {
  const members = new Set<bigint>();
  for (const ids of (await readGroups(level, groups, signal)).values()) {
    for (const id of ids) members.add(id);
  }
  return members;
}

/**
 * Ids of the objects of groups, by number of the group; of all groups where none are named.
 *
 * @throws ReaderError `invalid-query` where the level has no groups, or none of that number
 */
export async function readGroups(
  level: Pick<Level, "metadata" | "container">,
  groups?: readonly number[],
  signal?: AbortSignal,
): Promise<Map<number, readonly bigint[]>> {
  const { container, metadata } = level;
  const path = `${metadata.level}/groups`;
  const document = await container.documents.read(path);
  if (document === undefined) {
    throw new ReaderError("invalid-query", `Level ${metadata.level} has no groups.`, {
      hint: "Groups are kept at level 0 as a rule.",
    });
  }
  const members = new Map<number, readonly bigint[]>();
  const add = (bytes: Uint8Array, group: number): void => {
    const copy = bytes.slice();
    if (copy.length % 8 !== 0) throw corruptTable(`/${path}`, `${copy.length} bytes are no ids.`);
    members.set(group, [...new BigInt64Array(copy.buffer)]);
  };
  if (container.root.layout === "groups") {
    const count = Number(nodeAttributes(document).num_groups);
    const wanted = checkGroups(groups, count);
    const [data, offsets] = await Promise.all(
      ["data", "offsets"].map((name) => readBlob(`${path}/${name}`, container, "uint8", signal)),
    );
    const items = splitByOffsets(data!, offsets!, count, `/${path}`);
    for (const group of wanted ?? items.keys()) add(items[group]!, group);
    return members;
  }
  const array = await openItemArray(path, document, container.engine);
  const wanted = checkGroups(groups, array.rows);
  const ranges = nodeAttributes(document).group_ranges;
  const isRange = (group: number): boolean => isJsonObject(ranges) && Object.hasOwn(ranges, String(group));
  const addItem = (item: TableReader, group: number): void => add(item.bytes(item.left), group);
  await array.read(addItem, wanted && Uint32Array.from(wanted).filter((group) => !isRange(group)), signal);
  for (const [group, range] of Object.entries(isJsonObject(ranges) ? ranges : {})) {
    if (wanted?.includes(Number(group)) ?? Number(group) < array.rows) {
      members.set(Number(group), idsOfRange(range, `/${path}`));
    }
  }
  return members;
}

function checkGroups(groups: readonly number[] | undefined, count: number): readonly number[] | undefined {
  const odd = groups?.find((group) => !Number.isSafeInteger(group) || group < 0 || group >= count);
  if (odd === undefined) return groups;
  throw new ReaderError("invalid-query", `There is no group ${String(odd)}; there are ${count}, from 0 on.`);
}

/** No more ids than this are spelled out from the two numbers of a range. */
const maxRange = 2 ** 24;

function idsOfRange(range: unknown, where: string): readonly bigint[] {
  const [start, stop] = Array.isArray(range) ? (range as readonly unknown[]) : [];
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(stop);
  if (!isRange || (stop as number) - (start as number) > maxRange) {
    throw invalidNode(where, `a group range is ${JSON.stringify(range)}.`);
  }
  const first = start as number;
  return Array.from({ length: Math.max(0, (stop as number) - first) }, (_, at) => BigInt(first + at));
}
