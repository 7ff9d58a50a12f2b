/**
 * The index pages web servers make of a folder: nginx (HTML and JSON), Apache, lighttpd, Python's `http.server` and
 * those that imitate them (docs/formats/listing.md). A page is taken for one only when it says so, and of its links
 * only those that lead to a direct child of the folder.
 *
 * @module
 */
import { decodeEntities } from "../net/error-body.js";

export interface IndexEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** Only where the page tells it to the byte. */
  readonly size?: number;
}

const title = /<title>\s*(?:index of|directory listing for)\s/i;
const link = /<a\s[^<>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^<>]*>/gi;
/** What nginx writes after a link: a date in a form of its own, and the size. */
const nginxTail = /^[^<]*<\/a>\s+\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d\s+(\d{1,16})\s*(?:<|\r|\n)/;

/**
 * The children of a folder.
 *
 * @param folderUrl the folder's address, with a slash at its end; its query is not looked at
 * @returns `undefined` when the text is no complete index page
 */
export function parseIndexPage(text: string, folderUrl: string): IndexEntry[] | undefined {
  if (/^\s*\[/.test(text)) return parseIndexJson(text);
  if (!title.test(text.slice(0, 4096)) || !/<\/html>\s*$/i.test(text)) return undefined;
  const folder = new URL(folderUrl);
  const entries = new Map<string, IndexEntry>();
  for (const found of text.matchAll(link)) {
    const child = childOf(folder, decodeEntities(found[1] ?? found[2]!));
    if (child === undefined) continue;
    const after = text.slice(found.index + found[0].length, found.index + found[0].length + 2048);
    const size = child.isFolder ? undefined : nginxTail.exec(after)?.[1];
    entries.set(child.name, size === undefined ? child : { ...child, size: Number(size) });
  }
  return [...entries.values()];
}

/** Links to sort the table, to the parent, to icons and to other sites are no children. */
function childOf(folder: URL, href: string): IndexEntry | undefined {
  if (/[?#]/.test(href)) return undefined;
  const target = URL.canParse(href, folder.href) ? new URL(href, folder.href) : undefined;
  if (target === undefined || target.origin !== folder.origin) return undefined;
  if (!target.pathname.startsWith(folder.pathname)) return undefined;
  const rest = target.pathname.slice(folder.pathname.length);
  const isFolder = rest.endsWith("/");
  const name = decode(isFolder ? rest.slice(0, -1) : rest);
  return name === undefined || !isName(name) ? undefined : { name, isFolder };
}

/** Names that are not UTF-8 are names of no key, so nobody can miss them. */
function decode(segment: string): string | undefined {
  if (segment.includes("/")) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name !== "." && name !== ".." && !name.includes("/");
}

/** nginx with `autoindex_format json`. */
function parseIndexJson(text: string): IndexEntry[] | undefined {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(rows)) return undefined;
  const entries: IndexEntry[] = [];
  for (const row of rows as Partial<Record<"name" | "type" | "size", unknown>>[]) {
    const { name, type, size } = row ?? {};
    if (!isName(name) || (type !== "file" && type !== "directory")) return undefined;
    const isFolder = type === "directory";
    entries.push({
      name,
      isFolder,
      ...(!isFolder && Number.isSafeInteger(size) ? { size: Number(size) } : {}),
    });
  }
  return entries;
}
