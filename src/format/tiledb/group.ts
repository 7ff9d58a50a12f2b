/**
 * Groups: arrays and further groups under one name (format_spec/group_file_hierarchy.md, group_member.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { AnySource } from "../../core/source.js";
import type { DatasetParts } from "../../engine/create-dataset.js";
import { createEngine, type Engine, type FormatContext } from "../../engine/engine.js";
import { subStore } from "../../store/sub-store.js";
import type { ListableStore, ReadableStore } from "../../store/types.js";
import { readMetadata } from "./array-metadata.js";
import type { ArrayDirectory } from "./directory.js";
import { decodeGenericTile } from "./generic-tile.js";
import { compareNames, lastSegment, parseName } from "./names.js";

/** One entry of a group. */
export interface GroupMember {
  readonly uri: string;
  /** Whether the URI is one below the group. */
  readonly isRelative: boolean;
  readonly name?: string;
}

/** Members opened at once. */
const membersAhead = 8;
/** Groups in groups in groups; deeper ones are no one's. */
const maxDepth = 8;
/** A member takes at least its version, type, flags and lengths. */
const memberBytes = 15;

/**
 * The sources of all members, by member name; of those with several sources by `member/source`. A member that cannot be opened
 * keeps no other from it: whoever asks for it by name is told why.
 *
 * @param open opens a member
 * @throws ReaderError `unknown-format` where there is no group
 */
export async function readGroup(
  { engine, url, elsewhere }: FormatContext,
  directory: ArrayDirectory,
  open: (member: FormatContext) => Promise<DatasetParts>,
  depth: number,
): Promise<DatasetParts> {
  const { version, members } = await readMembers(engine);
  if (depth > maxDepth)
    throw new ReaderError("limit-exceeded", `${url} lies in more than ${maxDepth} groups.`);
  const attributes = await readMetadata(directory.metadata, (keys) => keys.has("crs"), engine, {});
  const sources = new Map<string, AnySource>();
  const failures = new Map<string, ReaderError>();
  for await (const { name, parts, failure } of mapAhead(members, membersAhead, openMember)) {
    if (failure !== undefined) failures.set(name, failure);
    for (const [key, source] of parts?.sources ?? []) {
      const full = isAlone(parts) ? name : `${name}/${key}`;
      sources.set(full, { ...source, info: { ...source.info, name: full } });
    }
    for (const [key, reason] of parts?.failures ?? []) {
      failures.set(isAlone(parts) ? name : `${name}/${key}`, reason);
    }
  }
  return { url, format: "tiledb", formatVersion: `group ${version}`, attributes, sources, failures };

  async function openMember(
    member: GroupMember,
  ): Promise<{ name: string; parts?: DatasetParts; failure?: ReaderError }> {
    const name = member.name ?? lastSegment(member.uri);
    try {
      return { name, parts: await open(await contextOf(member)) };
    } catch (thrown) {
      if (!isReaderError(thrown) || engine.closed.aborted) throw thrown;
      return { name, failure: thrown };
    }
  }

  /** A member below the group is read through the group's own store. */
  async function contextOf(member: GroupMember): Promise<FormatContext> {
    const folder = folderOf(member, url);
    if (folder !== undefined) {
      const own = { engine: engineOf(engine, subStore(engine.store, folder)), url: `${url}${folder}` };
      return elsewhere === undefined
        ? own
        : { ...own, elsewhere: (address, closed) => elsewhere(from(folder, address), closed) };
    }
    if (elsewhere === undefined) {
      throw new ReaderError("unsupported", `The group's member ${member.uri} does not lie below the group.`, {
        hint: "Open it by its own address.",
      });
    }
    const { store, ...place } = await elsewhere(member.uri, engine.closed);
    return { ...place, engine: engineOf(engine, store) };
  }
}

/** Whether an array's only source may have the array's own name. Those of groups keep theirs. */
function isAlone(parts: DatasetParts | undefined): boolean {
  const isGroup = parts?.formatVersion.startsWith("group") === true;
  return !isGroup && (parts?.sources.size ?? 0) + (parts?.failures?.size ?? 0) === 1;
}

/** An address as it is told below a folder, told from above it. */
function from(folder: AbsolutePath, address: string): string {
  return /^([a-z][a-z0-9+.-]*:|[/\\])/i.test(address) ? address : `${folder.slice(1)}/${address}`;
}

function engineOf({ pool, coalesce, closed, report }: Engine, store: ReadableStore): Engine {
  return { ...createEngine({ store, pool, coalesce, closed }), report };
}

/** Where a member lies below its group; undefined where it does not. */
export function folderOf({ uri, isRelative }: GroupMember, url: string): AbsolutePath | undefined {
  const path = isRelative ? uri.replace(/\/+$/, "") : pathBelow(uri, url);
  const steps = path?.split("/") ?? [""];
  const isBelow = steps.every((step) => !["", ".", ".."].includes(step) && !step.includes("\\"));
  return isBelow ? `/${path}` : undefined;
}

/** What is left of an absolute URI behind the place of its group, which may be reached by another scheme or host. */
function pathBelow(uri: string, url: string): string | undefined {
  const [steps, place] = [uri, url].map((address) => {
    const [path = ""] = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[?#]/);
    return path.split("/").filter((step) => step !== "");
  }) as [string[], string[]];
  for (let length = steps.length - 1; length > 0; length--) {
    const group = steps.slice(0, length).join("/");
    const isPlace = place.join("/") === group || (length > 1 && place.join("/").endsWith(`/${group}`));
    if (isPlace) return steps.slice(length).join("/");
  }
  return undefined;
}

async function readMembers(engine: Engine): Promise<{ version: number; members: GroupMember[] }> {
  const store = engine.store as ListableStore;
  const read = { priority: "metadata" } as const;
  const files: { key: AbsolutePath; name: string; start: number; end: number }[] = [];
  for await (const { key } of store.list("/__group/", read)) {
    const parsed = parseName(key.slice("/__group/".length));
    if (parsed !== undefined) files.push({ ...parsed, key });
  }
  if (files.length === 0 && (await store.get("/__tiledb_group.tdb", read)) === undefined) {
    throw new ReaderError(
      "unknown-format",
      "There is neither a schema in __schema/ nor a group in __group/: this is no TileDB array or group.",
    );
  }
  let version = 1;
  const members = new Map<string, GroupMember>();
  const stored = await Promise.all(files.sort(compareNames).map(({ key }) => readFile(key)));
  for (const file of stored) {
    version = file.version;
    // Files of version 1 say all that is in the group, later ones what has changed.
    if (version === 1) members.clear();
    for (const { member, isDeleted } of file.entries) {
      const id = member.name ?? member.uri;
      if (isDeleted) members.delete(id);
      else members.set(id, member);
    }
  }
  return { version, members: [...members.values()] };

  async function readFile(key: AbsolutePath): Promise<ReturnType<typeof parseGroup>> {
    const bytes = await store.get(key, read);
    if (bytes !== undefined) return parseGroup((await decodeGenericTile(bytes, 0, key, engine)).bytes, key);
    throw new ReaderError("changed", `${key} was listed and is gone: the group is being consolidated.`, {
      hint: "Open it again.",
      detail: { key },
    });
  }
}

interface GroupEntry {
  readonly member: GroupMember;
  readonly isDeleted: boolean;
}

/** The entries of a decoded group file. */
export function parseGroup(bytes: Uint8Array, where: string): { version: number; entries: GroupEntry[] } {
  const cursor = new ByteCursor(bytes, where);
  const version = cursor.u32();
  if (version < 1 || version > 2) {
    throw new ReaderError(
      "unsupported",
      `${where} is written in version ${version} of groups; 1 and 2 are known.`,
    );
  }
  const count = cursor.count(cursor.size(), memberBytes);
  const entries = Array.from({ length: count }, () => {
    const format = cursor.u32();
    cursor.skip(1); // whether it is an array or a group shows when it is opened
    const isRelative = cursor.u8() === 1;
    const uri = cursor.text(cursor.size());
    const name = cursor.u8() === 1 ? { name: cursor.text(cursor.size()) } : {};
    const isDeleted = format >= 2 && cursor.u8() === 1;
    return { member: { uri, isRelative, ...name }, isDeleted };
  });
  return { version, entries };
}
