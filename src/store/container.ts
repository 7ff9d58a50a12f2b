/**
 * Files that hold a whole store: zip archives, kerchunk references, containers of ATLAS. Loaded when such a file is opened.
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import { isReaderError, ReaderError } from "../core/error.js";
import { JsonReader, parseJsonObject } from "../core/json.js";
import type { AbsolutePath } from "../core/plan.js";
import { redactUrl } from "../net/redact.js";
import { BlobStore } from "./blob.js";
import { readRange } from "./read-range.js";
import { ReferenceStore } from "./reference-store.js";
import { locateTarget, optionsFor } from "./reference-targets.js";
import { References } from "./references.js";
import type { RequestObserver } from "./remote-options.js";
import type { StorageOptions } from "./storage-options.js";
import type { ReadableStore } from "./types.js";
import type { BareStore, OpenedStore } from "./url.js";
import { withCoalescing } from "./with-coalescing.js";
import { withMetering } from "./with-stats.js";
import type { StoreStack } from "./wrap.js";
import { ZipStore } from "./zip.js";

/** What containers are opened with: how the stores around and behind them are made, counted and merged. */
export interface ContainerContext {
  /** Makes the bare store of an address with these options. */
  readonly makeStore: (
    location: string | URL,
    options: StorageOptions,
    onChanged: (key: AbsolutePath) => void,
  ) => Promise<BareStore>;
  readonly options: StorageOptions;
  readonly observer: RequestObserver;
  readonly mergeLimits: MergeLimits;
  /** Keeps what is read of a file for the next visit, where that is asked for. */
  keep(store: StoreStack): StoreStack;
  /** Forgets what was kept of a key of the store inside. */
  readonly onChanged: (key: AbsolutePath) => void;
}

const zipName = /\.(zip|ozx)$/i;
/** A container of ATLAS, or the metadata of a directory store: its folder is the store. */
const atlasName = /^(data\.atlas|atlas\.(json|msgpack)(\.(zst|lz4))?)$/;
/** `ATLS`, in front of a container of ATLAS, whatever its name. */
const atlasHead = [0x41, 0x54, 0x4c, 0x53];

/**
 * Opens the store inside the file at an address.
 *
 * @throws ReaderError `unsupported` for parquet references, `config` for an address that names no file
 */
export async function openContainer(location: string | URL, context: ContainerContext): Promise<BareStore> {
  const { folder, name } = splitLocation(location);
  if (atlasName.test(name)) {
    const store = await context.makeStore(folder, context.options, context.onChanged);
    return Object.assign(store, { marker: `/${name}` as const });
  }
  if (/\.parq(uet)?$/i.test(name)) throw parquetReferences(redactUrl(location));
  let inside: ZipStore | undefined;
  const bare = await context.makeStore(folder, context.options, () => inside?.forget());
  const outer = context.keep(withCoalescing(withMetering(bare, context.observer), context.mergeLimits));
  const url = `${bare.url.replace(/[?].*$/, "").replace(/\/$/, "")}/${name}`;
  if (!/\.json$/i.test(name)) {
    inside = new ZipStore(outer, `/${name}`, { onChanged: context.onChanged });
    return named(inside, url);
  }
  const bytes = await outer.get(`/${name}`, { priority: "metadata" });
  if (bytes === undefined) {
    throw new ReaderError("not-found", `There are no references at ${redactUrl(url)}.`, { detail: { url } });
  }
  return named(openReferences(bytes, String(location), context), url);
}

/**
 * The folder of a file whose name tells nothing but which begins as a container of ATLAS does, and its key there: one request.
 *
 * @param openFolder makes a store
 * @returns `undefined` where there is no such file, or none that can be read
 */
export async function findContainer(
  location: string | URL,
  openFolder: (folder: string | URL) => Promise<OpenedStore>,
): Promise<OpenedStore | undefined> {
  const { folder, name } = splitLocation(location);
  if (name === "") return undefined;
  const marker: AbsolutePath = `/${name}`;
  try {
    const opened = await openFolder(folder);
    const range = { offset: 0, length: atlasHead.length };
    const head = await readRange(opened.store, marker, range, { priority: "metadata", mayBeAbsent: true });
    return head !== undefined && isAtlas(head) ? { ...opened, marker } : undefined;
  } catch (thrown) {
    // What was looked for before tells more.
    if (isReaderError(thrown)) return undefined;
    throw thrown;
  }
}

function isAtlas(head: Uint8Array): boolean {
  return atlasHead.every((byte, index) => head[index] === byte);
}

/** Opens a file of the user's by what it begins with. @throws ReaderError `unknown-format` */
export async function openBlob(blob: Blob, name: string, context: ContainerContext): Promise<ReadableStore> {
  const head = new Uint8Array(await blob.slice(0, 512).arrayBuffer());
  // A program that unpacks itself begins with the program.
  const isZip =
    (head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5)) || zipName.test(name);
  const key: AbsolutePath = `/${name}`;
  if (isAtlas(head)) {
    return withMetering(new BlobStore(new Map([["/data.atlas", blob]])), context.observer);
  }
  const file = withMetering(new BlobStore(new Map([[key, blob]])), context.observer);
  if (isZip) return new ZipStore(withCoalescing(file, context.mergeLimits), key);
  if (/^\s*\{/.test(new TextDecoder().decode(head))) {
    return openReferences(new Uint8Array(await blob.arrayBuffer()), `file-of-the-page:///${name}`, context);
  }
  throw new ReaderError(
    "unknown-format",
    `The file ${name} is neither a zip archive nor kerchunk references, nor a container of ATLAS.`,
    {
      hint: "A dataset of many files is opened by its folder.",
    },
  );
}

function openReferences(bytes: Uint8Array, home: string, context: ContainerContext): ReferenceStore {
  const where = redactUrl(home);
  const references = new References(new JsonReader(parseJsonObject(bytes, where), where));
  const stores = new Map<string, Promise<ReadableStore>>();
  const open = async (root: string): Promise<ReadableStore> => {
    const options = optionsFor(root, home, context.options);
    const bare = await context.makeStore(root, options, (key) => forgetTargets(root, key));
    return context.keep(withCoalescing(withMetering(bare, context.observer), context.mergeLimits));
  };
  /** Of a file that has changed, everything that references took from it. */
  const forgetTargets = (root: string, file: AbsolutePath): void => {
    for (const key of references.keys()) {
      const reference = references.get(key);
      if (reference?.kind !== "target") continue;
      const target = locateTarget(reference.url, home);
      if (target.root === root && target.key === file) context.onChanged(`/${key}`);
    }
  };
  return new ReferenceStore(references, async (url) => {
    const { root, key } = locateTarget(url, home);
    let store = stores.get(root);
    if (store === undefined) {
      store = open(root);
      stores.set(root, store);
      store.catch(() => stores.delete(root));
    }
    return { store: await store, key };
  });
}

/** The folder of a file and its name there, in the words of the address. */
function splitLocation(location: string | URL): { folder: string | URL; name: string } {
  const text = String(location);
  const isUrl = /^(https?|s3\+https?|file):/i.test(text) || location instanceof URL;
  const path = isUrl && !/^s3:/i.test(text) ? text.split(/[?#]/)[0]! : text;
  const at = Math.max(path.lastIndexOf("/"), isUrl ? -1 : path.lastIndexOf("\\"));
  const name = path.slice(at + 1);
  const rest = text.slice(path.length).replace(/#.*$/, "");
  const folder = (at < 0 ? "./" : path.slice(0, at + 1)) + rest;
  return {
    folder: location instanceof URL ? new URL(folder) : folder,
    name: isUrl ? decodeName(name) : name,
  };
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new ReaderError("config", `"${name}" is not a percent-encoded name.`);
  }
}

function named(store: ReadableStore, url: string): BareStore {
  return Object.assign(store, { url });
}

function parquetReferences(url: string): ReaderError {
  return new ReaderError(
    "unsupported",
    `${url} holds references in parquet, which are not read; JSON ones are.`,
    {
      hint: "Write them as JSON; docs/recipes.md tells how.",
    },
  );
}
