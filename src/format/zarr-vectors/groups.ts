/**
 * Groups: sets of objects, by number.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject } from "../../core/json.js";
import { invalidNode, nodeAttributes } from "./cells.js";
import { corruptTable } from "./int64.js";
import type { Level } from "./levels.js";
import { readBlob, splitByOffsets } from "./object-index.js";
import { openItemArray } from "./row-arrays.js";

/** Ids of the objects that are in one of the groups. */
export async function readMembers(
  level: Level,
  groups: readonly number[],
  signal?: AbortSignal,
): Promise<Set<bigint>> {
  const { container, metadata } = level;
  const path = `${metadata.level}/groups`;
  const document = await container.documents.read(path);
  if (document === undefined) {
    throw new ReaderError("invalid-query", `Level ${metadata.level} has no groups.`, {
      hint: "Groups are kept at level 0 as a rule.",
    });
  }
  const members = new Set<bigint>();
  const add = (bytes: Uint8Array): void => {
    const copy = bytes.slice();
    if (copy.length % 8 !== 0) throw corruptTable(`/${path}`, `${copy.length} bytes are no ids.`);
    for (const id of new BigInt64Array(copy.buffer)) members.add(id);
  };
  const check = (count: number): void => {
    const odd = groups.find((group) => !Number.isSafeInteger(group) || group < 0 || group >= count);
    if (odd === undefined) return;
    throw new ReaderError(
      "invalid-query",
      `There is no group ${String(odd)}; there are ${count}, from 0 on.`,
    );
  };
  if (container.root.layout === "groups") {
    const count = Number(nodeAttributes(document).num_groups);
    check(count);
    const [data, offsets] = await Promise.all(
      ["data", "offsets"].map((name) => readBlob(`${path}/${name}`, container, "uint8", signal)),
    );
    const items = splitByOffsets(data!, offsets!, count, `/${path}`);
    for (const group of groups) add(items[group]!);
    return members;
  }
  const array = openItemArray(path, document, container.engine);
  check(array.rows);
  const ranges = nodeAttributes(document).group_ranges;
  const listed: number[] = [];
  for (const group of groups) {
    const range = isJsonObject(ranges) ? ranges[String(group)] : undefined;
    if (range === undefined) listed.push(group);
    else addRange(members, range, `/${path}`);
  }
  await array.read(add, Uint32Array.from(listed), signal);
  return members;
}

/** No more ids than this are spelled out from the two numbers of a range. */
const maxRange = 2 ** 24;

function addRange(members: Set<bigint>, range: unknown, where: string): void {
  const [start, stop] = Array.isArray(range) ? (range as readonly unknown[]) : [];
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(stop);
  if (!isRange || (stop as number) - (start as number) > maxRange) {
    throw invalidNode(where, `a group range is ${JSON.stringify(range)}.`);
  }
  for (let id = start as number; id < (stop as number); id++) members.add(BigInt(id));
}
