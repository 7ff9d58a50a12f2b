/**
 * Which fragments, schemas and metadata files an array has, from listings and commit files
 * (format_spec/array_file_hierarchy.md, format_spec/consolidated_commits_file.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { canList, type ListableStore, type ReadOptions } from "../../store/types.js";
import { compareNames, lastSegment, latest, parseName, type TimestampedName } from "./names.js";

/** A file that was written at a time. */
export interface TimedFile extends TimestampedName {
  readonly key: AbsolutePath;
}

/** A fragment: the folder of its files. */
export interface FragmentName extends TimestampedName {
  readonly folder: AbsolutePath;
}

/** A delete condition: bytes within a commits file, or a file of its own. */
export interface DeleteFile extends TimestampedName {
  /** As fragments name it among the conditions they have been through. */
  readonly relativeName: string;
  readonly bytes: Uint8Array;
}

/** What is there at a time. */
export interface ArrayDirectory {
  readonly schemas: readonly TimedFile[];
  /** In order of time. */
  readonly fragments: readonly FragmentName[];
  readonly deletes: readonly DeleteFile[];
  /** Names of consolidated fragments whose parts are still there. */
  readonly unvacuumed: ReadonlySet<string>;
  /** Consolidated fragment metadata, the newest last. */
  readonly consolidatedMetadata: readonly TimedFile[];
  /** Files of array metadata, in order of time. */
  readonly metadata: readonly TimedFile[];
}

/** The key of the schema in formats before 10. */
export const oldSchemaKey: AbsolutePath = "/__array_schema.tdb";

/**
 * Lists an array and reads its commit files.
 *
 * @param until milliseconds since 1970: only what was written by then
 * @throws ReaderError `unsupported` when the store cannot list
 */
export async function readDirectory(
  engine: Engine,
  until: number | undefined,
  options: ReadOptions,
): Promise<ArrayDirectory> {
  const { store } = engine;
  if (!canList(store)) throw cannotList();
  const limit = until ?? Number.POSITIVE_INFINITY;
  const [schemas, commits, consolidated, metadata] = await Promise.all([
    listNames(store, "/__schema/", options),
    listNames(store, "/__commits/", options),
    listNames(store, "/__fragment_meta/", options),
    listNames(store, "/__meta/", options),
  ]);
  // Arrays begun before format 12 have fragments and commits in their root, beside what was written later.
  const isOld = commits.length === 0 || schemas.length !== 1;
  const root = isOld ? await listRoot(store, options) : { names: [], fragments: [] };
  const files = [...commits, ...root.names];
  const read = (extension: string): Promise<CommitFile[]> =>
    Promise.all(
      files.filter(({ key }) => key.endsWith(extension)).map((file) => readFile(file, store, options)),
    );
  const [cons, ignores, vacuums, deletes] = await Promise.all([
    read(".con"),
    read(".ign"),
    read(".vac"),
    read(".del"),
  ]);
  const ignored = new Set(
    ignores.flatMap(({ bytes, key }) => parseCommits(bytes, key).map(({ line }) => lastSegment(line))),
  );
  const entries = cons
    .flatMap(({ bytes, key }) => parseCommits(bytes, key))
    .filter(({ line }) => !ignored.has(lastSegment(line)));
  const vacuumed = new Set(
    vacuums.filter(({ end }) => end <= limit).flatMap(({ bytes }) => linesOf(bytes).map(lastSegment)),
  );
  return {
    schemas: schemasOf(schemas, root.hasOldSchema === true, limit),
    fragments: fragmentsOf(files, root.fragments, entries).filter(({ name }) => !vacuumed.has(name)),
    unvacuumed: new Set(vacuums.map(({ name }) => name)),
    deletes: deletesOf(deletes, entries).filter(({ end }) => end <= limit),
    consolidatedMetadata: [...consolidated, ...root.names].filter(({ key }) => key.endsWith(".meta")),
    metadata: await metadataOf(metadata, store, limit, options),
  };
}

function cannotList(): ReaderError {
  return new ReaderError(
    "unsupported",
    "A TileDB array can only be opened where its folders can be listed.",
    {
      hint: "Name a list of the array's keys in the option `listing`, or open it from a bucket that allows listing.",
    },
  );
}

async function listNames(
  store: ListableStore,
  prefix: AbsolutePath,
  options: ReadOptions,
): Promise<TimedFile[]> {
  const found: TimedFile[] = [];
  for await (const { key } of store.list(prefix, options)) {
    const file = timedFile(key);
    // Enumerations lie a folder further down; they are found by name.
    if (file !== undefined && !key.slice(prefix.length).includes("/")) found.push(file);
  }
  return found.sort(compareNames);
}

function timedFile(key: AbsolutePath): TimedFile | undefined {
  const parsed = parseName(lastSegment(key).replace(/\.[a-z]+$/, ""));
  return parsed === undefined || key.endsWith("/") || key.endsWith(".tmp") ? undefined : { ...parsed, key };
}

interface Root {
  readonly names: TimedFile[];
  /** Folders of fragments that tell by their contents that they are complete (formats 3 and 4). */
  readonly fragments: string[];
  readonly hasOldSchema?: boolean;
}

async function listRoot(store: ListableStore, options: ReadOptions): Promise<Root> {
  const names: TimedFile[] = [];
  const fragments: string[] = [];
  let hasOldSchema = false;
  for await (const { key } of store.list("/__", options)) {
    const [folder, file, ...deeper] = key.slice(1).split("/");
    if (key === oldSchemaKey) hasOldSchema = true;
    else if (file === undefined) {
      const timed = timedFile(key);
      if (timed !== undefined) names.push(timed);
    } else if (file === "__fragment_metadata.tdb" && deeper.length === 0) fragments.push(folder!);
  }
  return { names: names.sort(compareNames), fragments, hasOldSchema };
}

interface CommitFile extends TimedFile {
  readonly bytes: Uint8Array;
}

async function readFile(file: TimedFile, store: ListableStore, options: ReadOptions): Promise<CommitFile> {
  const bytes = await store.get(file.key, { ...options, priority: "metadata" });
  if (bytes !== undefined) return { ...file, bytes };
  throw new ReaderError("changed", `${file.key} was listed and is gone: the array is being consolidated.`, {
    hint: "Open it again.",
    detail: { key: file.key },
  });
}

/** One entry of a consolidated commits file. */
interface CommitEntry {
  readonly line: string;
  /** What follows the names of delete and update conditions. */
  readonly content?: Uint8Array;
}

/** Lines that end in a newline; those of conditions are followed by a length and so many bytes. */
export function parseCommits(bytes: Uint8Array, where: string): CommitEntry[] {
  const cursor = new ByteCursor(bytes, where);
  const entries: CommitEntry[] = [];
  while (cursor.left > 0) {
    const end = bytes.indexOf(10, cursor.at);
    if (end < 0) throw cursor.corrupt("ends within a line");
    const line = cursor.text(end - cursor.at);
    cursor.skip(1);
    const hasContent = line.endsWith(".del") || line.endsWith(".upd");
    entries.push(hasContent ? { line, content: cursor.bytes(cursor.size()) } : { line });
  }
  return entries;
}

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .filter((line) => line !== "");
}

/** The schemas there were; before the first there is the first, as the library has it. */
function schemasOf(files: readonly TimedFile[], hasOld: boolean, limit: number): TimedFile[] {
  const old: TimedFile[] = hasOld
    ? [{ name: lastSegment(oldSchemaKey), key: oldSchemaKey, start: 0, end: 0 }]
    : [];
  const all = [...old, ...files];
  const there = all.filter(({ end }) => end <= limit);
  return there.length > 0 ? there : all.slice(0, 1);
}

function fragmentsOf(
  files: readonly TimedFile[],
  complete: readonly string[],
  entries: readonly CommitEntry[],
): FragmentName[] {
  const folders = new Map<string, AbsolutePath>();
  const add = (path: string): void => {
    const extension = path.endsWith(".ok") ? ".ok" : ".wrt";
    if (!path.endsWith(extension)) return;
    const name = lastSegment(path).slice(0, -extension.length);
    folders.set(name, extension === ".ok" ? `/${name}` : `/__fragments/${name}`);
  };
  for (const { key } of files) add(key);
  for (const { line } of entries) add(line);
  // From format 5 on the commit file decides; before, the metadata file did.
  for (const name of complete) {
    const version = parseName(name)?.version;
    if (version === undefined || version < 5) folders.set(name, `/${name}`);
  }
  return [...folders]
    .flatMap(([name, folder]) => {
      const parsed = parseName(name);
      return parsed === undefined ? [] : [{ ...parsed, folder }];
    })
    .sort(compareNames);
}

function deletesOf(files: readonly CommitFile[], entries: readonly CommitEntry[]): DeleteFile[] {
  const found = new Map<string, DeleteFile>();
  const add = (path: string, bytes: Uint8Array): void => {
    const parsed = parseName(lastSegment(path).replace(/\.del$/, ""));
    if (parsed === undefined) return;
    found.set(parsed.name, { ...parsed, relativeName: `__commits/${lastSegment(path)}`, bytes });
  };
  for (const { key, bytes } of files) add(key, bytes);
  for (const { line, content } of entries) {
    if (content !== undefined && line.endsWith(".del")) add(line, content);
  }
  return [...found.values()].sort(compareNames);
}

/** Metadata files by time, less those that were consolidated into others. */
async function metadataOf(
  files: readonly TimedFile[],
  store: ListableStore,
  limit: number,
  options: ReadOptions,
): Promise<TimedFile[]> {
  const isVacuum = ({ key }: TimedFile): boolean => key.endsWith(".vac");
  const vacuums = await Promise.all(
    files.filter((file) => isVacuum(file) && file.end <= limit).map((file) => readFile(file, store, options)),
  );
  const gone = new Set(vacuums.flatMap(({ bytes }) => linesOf(bytes).map(lastSegment)));
  return files.filter((file) => !isVacuum(file) && file.end <= limit && !gone.has(file.name));
}

/** The schema in force, and the others by file name. */
export function latestSchema(directory: ArrayDirectory): TimedFile | undefined {
  return latest(directory.schemas) as TimedFile | undefined;
}
