/**
 * What users pick and drop, and what is none of it. Real handles and entries: `test/browser/picked.browser.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { isReaderError, open } from "../../../src/index.js";
import { BlobStore } from "../../../src/store/blob.js";
import { createPickedStore } from "../../../src/store/url.js";

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.catch((error: unknown) => error);
  return isReaderError(thrown) ? thrown.code : String(thrown);
}

/** A file as an `<input webkitdirectory>` lists it. */
function listed(path: string, content: string): File {
  return Object.defineProperty(new File([content], path.split("/").at(-1)!), "webkitRelativePath", {
    value: path,
  });
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe("what was picked", () => {
  it("the files of a folder are a store without the folder's name", async () => {
    const files = [listed("air.zarr/zarr.json", "{}"), listed("air.zarr/a/c/0", "xy")];
    const { store, url } = await createPickedStore(files);
    expect(url).toBe("air.zarr");
    expect(text(await store.get("/zarr.json"))).toBe("{}");
    expect(text(await store.getRange!("/a/c/0", { offset: 1, length: 5 }))).toBe("y");
    expect(await store.get("/air.zarr/zarr.json")).toBeUndefined();
  });

  it("files without a folder lie side by side", async () => {
    const { store } = await createPickedStore([new File(["1"], "a"), new File(["2"], "b")]);
    expect(text(await store.get("/b"))).toBe("2");
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an object of another kind", { files: [] }],
    ["no file at all", []],
  ])("%s is refused in words", async (_, picked) => {
    expect(await codeOf(open(picked as never, { pool: 0 }))).toBe("config");
  });

  it("a file that holds no store is refused by its name", async () => {
    const refused = open(new File(["hello"], "notes.txt"), { pool: 0 });
    await expect(refused).rejects.toThrow(/unknown-format.*notes\.txt/);
  });

  it("references in a file may not name files of this machine, nor lie beside it", async () => {
    for (const target of ["file:///etc/passwd", "/etc/passwd", "beside.nc"]) {
      const refs = { version: 1, refs: { ".zarray": [target] } };
      const refused = open(new File([JSON.stringify(refs)], "refs.json"), { pool: 0 });
      expect(["forbidden", "unsupported"]).toContain(await codeOf(refused));
    }
  });

  it.each([
    ["NotReadableError", "changed"],
    ["AbortError", "changed"],
    ["NotAllowedError", "forbidden"],
    ["OtherError", "server"],
  ])("a file that cannot be read (%s) is an error in words", async (name, code) => {
    const blob = Object.assign(new Blob(["x"]), {
      arrayBuffer: () => Promise.reject(new DOMException("no", name)),
    });
    expect(await codeOf(new BlobStore(new Map([["/a", blob]])).get("/a"))).toBe(code);
  });
});
