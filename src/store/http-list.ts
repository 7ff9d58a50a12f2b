/**
 * Lists what lies below a folder of a web server by its index pages, folder after folder.
 *
 * @module
 */
import { isReaderError, ReaderError } from "../core/error.js";
import { mapAhead } from "../core/lookahead.js";
import type { AbsolutePath } from "../core/plan.js";
import { type IndexEntry, parseIndexPage } from "./index-page.js";

/** A page per folder: more than this is no way to read a store. */
const maxFolders = 10_000;
const pagesAtOnce = 6;

export interface PageReader {
  /** For messages. */
  readonly host: string;
  /** Address of a folder (`/` or `/a/b/`), without a query. */
  urlOf(folder: AbsolutePath): string;
  /** @throws ReaderError `not-found` or `forbidden` where there is no page */
  read(folder: AbsolutePath): Promise<Uint8Array>;
}

/**
 * Every file below a prefix, with its size where the page tells it to the byte.
 *
 * @throws ReaderError `unsupported` when the server shows no index pages, `limit-exceeded` for too many folders
 */
export async function* listPages(
  reader: PageReader,
  prefix: AbsolutePath,
): AsyncIterable<{ key: AbsolutePath; size?: number }> {
  const first = prefix.slice(0, prefix.lastIndexOf("/") + 1) as AbsolutePath;
  let level: AbsolutePath[] = (await exists(reader, first)) ? [first] : [];
  let seen = 0;
  while (level.length > 0) {
    const below: AbsolutePath[] = [];
    for await (const { folder, entries } of mapAhead(level, pagesAtOnce, (folder) =>
      openFolder(reader, folder),
    )) {
      if (++seen > maxFolders) throw tooMany(reader, prefix);
      for (const { name, isFolder, size } of entries) {
        const key: AbsolutePath = `${folder}${name}`;
        if (isFolder && `${key}/`.startsWith(prefix)) below.push(`${key}/`);
        else if (!isFolder && key.startsWith(prefix)) yield { key, ...(size === undefined ? {} : { size }) };
      }
    }
    level = below;
  }
}

async function openFolder(
  reader: PageReader,
  folder: AbsolutePath,
): Promise<{ folder: AbsolutePath; entries: readonly IndexEntry[] }> {
  let page: Uint8Array;
  try {
    page = await reader.read(folder);
  } catch (thrown) {
    if (!isReaderError(thrown, "not-found") && !isReaderError(thrown, "forbidden")) throw thrown;
    throw noPage(reader, folder);
  }
  const entries = parseIndexPage(new TextDecoder().decode(page), reader.urlOf(folder));
  if (entries === undefined) throw noPage(reader, folder);
  return { folder, entries };
}

/** A folder that gives no page is absent only if the page of the folder above it does not name it. */
async function exists(reader: PageReader, folder: AbsolutePath): Promise<boolean> {
  if (folder === "/") return true;
  const at = folder.lastIndexOf("/", folder.length - 2) + 1;
  const above = folder.slice(0, at) as AbsolutePath;
  if (!(await exists(reader, above))) return false;
  const { entries } = await openFolder(reader, above);
  return entries.some(({ name, isFolder }) => isFolder && name === folder.slice(at, -1));
}

function noPage({ host }: PageReader, folder: AbsolutePath): ReaderError {
  return new ReaderError(
    "unsupported",
    `${host} shows no index page of ${folder}, so its keys cannot be listed.`,
    {
      hint: 'Give the option listing; "npx cloudcrop-list <folder>" writes such a list.',
      detail: { key: folder },
    },
  );
}

function tooMany({ host }: PageReader, prefix: AbsolutePath): ReaderError {
  return new ReaderError("limit-exceeded", `${host} has more than ${maxFolders} folders below ${prefix}.`, {
    hint: "Give the option listing.",
    detail: { key: prefix },
  });
}
