import { expect, test } from "vitest";
import { ReaderError } from "../../../../src/core/error.js";
import { readDocuments } from "../../../../src/format/zarr-vectors/documents.js";
import type { ListableStore } from "../../../../src/store/types.js";

test("a store that cannot be listed is asked for its names once", async () => {
  const asked: string[] = [];
  const store: ListableStore = {
    get: async (key) =>
      key === "/zarr.json"
        ? new TextEncoder().encode(
            '{"zarr_format":3,"node_type":"group","consolidated_metadata":{"metadata":{}}}',
          )
        : undefined,
    // biome-ignore lint/correctness/useYield: it fails before it lists anything
    async *list(prefix) {
      asked.push(prefix);
      throw new ReaderError("unsupported", "no index page");
    },
  };
  const documents = await readDocuments(store);
  expect(await documents?.children("0/object_attributes")).toBeUndefined();
  expect(await documents?.children("0/group_attributes")).toBeUndefined();
  expect(asked).toEqual(["/0/object_attributes/"]);
});
