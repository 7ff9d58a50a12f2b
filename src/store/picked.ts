/**
 * What a user picked or dropped on the page: folders by handle, by entry or as a list of files, and single files.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { BlobStore } from "./blob.js";
import { type ContainerContext, openBlob } from "./container.js";
import { type FileTree, FolderStore } from "./folder.js";
import type { ReadableStore } from "./types.js";

/**
 * A file or a folder of the user's: a `File` or `Blob`; the handle that `showDirectoryPicker()`, `showOpenFilePicker()` or
 * `getAsFileSystemHandle()` gives; the entry that `webkitGetAsEntry()` of a dropped item gives; or the files of an
 * `<input webkitdirectory>`.
 */
export type Picked =
  | Blob
  | FileSystemDirectoryHandle
  | FileSystemFileHandle
  | FileSystemEntry
  | FileList
  | readonly File[];

type Located = ReadableStore & { readonly url: string };

/** Opens the store that was picked. @throws ReaderError `config`, `unknown-format` */
export async function openPicked(picked: Picked, context: ContainerContext): Promise<Located> {
  if (typeof picked !== "object" || picked === null) throw notOpened();
  if (picked instanceof Blob) return openFile(picked, context);
  if ("kind" in picked) {
    return picked.kind === "file"
      ? openFile(await picked.getFile(), context)
      : located(new FolderStore(treeOfHandle(picked)), picked.name);
  }
  if ("isDirectory" in picked) {
    return isFolder(picked)
      ? located(new FolderStore(treeOfEntry(picked)), picked.name)
      : openFile(await fileOf(picked as FileSystemFileEntry), context);
  }
  if ("length" in picked) return openList([...picked], context);
  throw notOpened();
}

function notOpened(): ReaderError {
  return new ReaderError(
    "config",
    "open() takes an address, a store, a file or a folder; this is none of them.",
  );
}

async function openFile(file: Blob, context: ContainerContext): Promise<Located> {
  const name = file instanceof File ? file.name : "file";
  return located(await openBlob(file, name, context), name);
}

/** The files of an input; those of a folder tell their paths, which begin with its name. */
async function openList(files: readonly File[], context: ContainerContext): Promise<Located> {
  const [only] = files;
  if (only === undefined) throw new ReaderError("config", "No file was picked.");
  if (files.length === 1 && folderPath(only) === "") return openFile(only, context);
  const blobs = files.map((file): [string, Blob] => {
    const path = folderPath(file);
    return [path === "" ? `/${file.name}` : path.slice(path.indexOf("/")), file];
  });
  return located(new BlobStore(new Map(blobs)), folderPath(only).split("/")[0] || "files");
}

/** Empty for files that were picked one by one; files of Node have no such path. */
function folderPath(file: File): string {
  return file.webkitRelativePath || "";
}

function located(store: ReadableStore, url: string): Located {
  return Object.assign(store, { url });
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function treeOfHandle(root: FileSystemDirectoryHandle): FileTree {
  const folderOf = async (names: readonly string[]): Promise<FileSystemDirectoryHandle> => {
    let folder = root;
    for (const name of names) folder = await folder.getDirectoryHandle(name);
    return folder;
  };
  return {
    async file(names) {
      const folder = await folderOf(names.slice(0, -1));
      return (await folder.getFileHandle(names.at(-1)!)).getFile();
    },
    async *entries(names) {
      for await (const [name, handle] of (await folderOf(names)).entries()) {
        yield { name, isFolder: handle.kind === "directory" };
      }
    },
  };
}

function treeOfEntry(root: FileSystemDirectoryEntry): FileTree {
  const get = <T extends FileSystemEntry>(
    method: "getFile" | "getDirectory",
    names: readonly string[],
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      // Escaping is not needed: the path is one of names, not of a URL.
      root[method](names.join("/"), {}, (entry) => resolve(entry as T), reject);
    });
  return {
    file: async (names) => fileOf(await get<FileSystemFileEntry>("getFile", names)),
    async *entries(names) {
      const folder = names.length === 0 ? root : await get<FileSystemDirectoryEntry>("getDirectory", names);
      const reader = folder.createReader();
      // A reader gives a hundred at a time, and nothing when it is through.
      for (;;) {
        const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
          reader.readEntries(resolve, reject);
        });
        if (batch.length === 0) return;
        for (const { name, isDirectory } of batch) yield { name, isFolder: isDirectory };
      }
    },
  };
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
