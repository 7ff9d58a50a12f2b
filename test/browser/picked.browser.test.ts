/**
 * Folders by the browser's own handles, files by its own `File`s, and the stores inside archives and references.
 */
import { afterEach, describe, expect, inject, it } from "vitest";
import { isReaderError, open } from "../../src/index.js";
import { createPickedStore } from "../../src/store/url.js";

const fixtures = new URL("stores/", inject("fixturesUrl"));
const files = async (): Promise<FileSystemDirectoryHandle> => navigator.storage.getDirectory();

afterEach(async () => {
  await (await files()).removeEntry("air.zarr", { recursive: true }).catch(() => {});
});

async function write(
  folder: FileSystemDirectoryHandle,
  path: string,
  content: Uint8Array | string,
): Promise<void> {
  const names = path.split("/");
  for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create: true });
  const file = await folder.getFileHandle(names.at(-1)!, { create: true });
  const stream = await file.createWritable();
  await stream.write(content as Uint8Array<ArrayBuffer>);
  await stream.close();
}

const array = {
  zarr_format: 3,
  node_type: "array",
  shape: [4],
  data_type: "int16",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 9,
  codecs: [{ name: "bytes", configuration: { endian: "little" } }],
};

async function writeGroup(): Promise<FileSystemDirectoryHandle> {
  const folder = await (await files()).getDirectoryHandle("air.zarr", { create: true });
  await write(folder, "zarr.json", JSON.stringify({ zarr_format: 3, node_type: "group" }));
  await write(folder, "a/zarr.json", JSON.stringify(array));
  await write(folder, "a/c/1", new Uint8Array(Int16Array.of(5, 6).buffer));
  return folder;
}

describe("a folder by its handle", () => {
  it("is opened, listed and read; chunks that are not there are fill", async () => {
    const data = await open(await writeGroup());
    expect(data.url).toBe("air.zarr");
    expect([...data.sources.keys()]).toEqual(["a"]);
    expect((await data.grid().read()).data).toEqual(Int16Array.of(9, 9, 5, 6));
    data.close();
  });

  it("says so when a file changed after it was read from", async () => {
    const folder = await writeGroup();
    const { store } = await createPickedStore(folder, { cache: 0 });
    expect(await store.size!("/a/c/1")).toBe(4);
    await write(folder, "a/c/1", new Uint8Array(300));
    const read = await store.get("/a/c/1").catch((thrown: unknown) => thrown);
    // A snapshot that the browser no longer keeps is an error; one that it keeps is what was read before.
    if (!(read instanceof Uint8Array)) expect(isReaderError(read, "changed")).toBe(true);
    else expect(read.length).toBe(4);
  });
});

/** The entry that a dropped folder gives: Chromium makes them of a file system of the page's own too. */
async function entryOf(files: Readonly<Record<string, Uint8Array>>): Promise<FileSystemDirectoryEntry> {
  interface Writer {
    onwriteend: () => void;
    write(blob: Blob): void;
  }
  type Writable = FileSystemFileEntry & { createWriter(done: (writer: Writer) => void): void };
  const { webkitRequestFileSystem: request } = window as unknown as {
    webkitRequestFileSystem(
      kind: number,
      bytes: number,
      done: (made: FileSystem) => void,
      failed: (error: unknown) => void,
    ): void;
  };
  const { root } = await new Promise<FileSystem>((resolve, reject) => request(0, 1e6, resolve, reject));
  const make = <T>(method: "getFile" | "getDirectory", path: string): Promise<T> =>
    new Promise((resolve, reject) =>
      root[method](path, { create: true }, (made) => resolve(made as T), reject),
    );
  const folder = await make<FileSystemDirectoryEntry>("getDirectory", "dropped.zarr");
  for (const [path, content] of Object.entries(files)) {
    const names = path.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      await make("getDirectory", `dropped.zarr/${names.slice(0, depth).join("/")}`);
    }
    const file = await make<Writable>("getFile", `dropped.zarr/${path}`);
    await new Promise<void>((resolve) =>
      file.createWriter((writer) => {
        writer.onwriteend = resolve;
        writer.write(new Blob([content as Uint8Array<ArrayBuffer>]));
      }),
    );
  }
  return folder;
}

describe("a folder by its entry", () => {
  it("is opened, listed and read, more than a hundred files of it", async ({ skip }) => {
    skip(!("webkitRequestFileSystem" in window), "needs webkitRequestFileSystem, which only Chromium has");
    const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const chunks = Array.from(
      { length: 130 },
      (_, index) => [`a/c/${index}`, new Uint8Array(Int16Array.of(index, -index).buffer)] as const,
    );
    const entry = await entryOf({
      "zarr.json": json({ zarr_format: 3, node_type: "group" }),
      "a/zarr.json": json({ ...array, shape: [262] }),
      ...Object.fromEntries(chunks),
    });
    const data = await open(entry);
    expect(data.url).toBe("dropped.zarr");
    const values = (await data.grid().read()).data as Int16Array;
    expect(values).toEqual(
      Int16Array.from({ length: 262 }, (_, cell) => (cell < 260 ? (cell % 2 ? -1 : 1) * (cell >> 1) : 9)),
    );
    data.close();
    const { store } = await createPickedStore(entry);
    let listed = 0;
    for await (const _ of store.list!("/")) listed++;
    expect(listed).toBe(132);
  });
});

describe("files", () => {
  it.each(["stored-v3.zip", "deflated-v3.zip", "zip64.zip"])(
    "%s: a file and its address say the same",
    async (name) => {
      const answer = await fetch(new URL(name, fixtures));
      const file = new File([await answer.arrayBuffer()], name);
      const [here, there] = await Promise.all([open(file), open(new URL(name, fixtures))]);
      expect([...here.sources.keys()]).toEqual([...there.sources.keys()]);
      for (const name of here.sources.keys()) {
        expect((await here.grid(name).read()).data).toEqual((await there.grid(name).read()).data);
      }
      here.close();
      there.close();
    },
  );

  it("references are read over the network, in workers too", async () => {
    const data = await open(new URL("references-v1.json", fixtures), { pool: 2 });
    const table = await data.grid("speed").query({ bbox: [-2, 42, 3, 46] });
    expect(table.shape).toEqual([5, 6]);
    data.close();
  });
});
