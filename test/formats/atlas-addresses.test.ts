/**
 * The addresses under which ATLAS stores are found: folders, their marking files, and files that were picked.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { open } from "../../src/index.js";

const folder = fileURLToPath(new URL("../fixtures/atlas/", import.meta.url));

it.each([
  ["atlas172-zstd.atlas", "container 8"],
  ["atlas172-zstd.atlas/", "container 8"],
  ["atlas172-zstd.atlas/data.atlas", "container 8"],
  ["atlas14-compacted.atlas/atlas.json", "metadata 3"],
])("%s", async (path, version) => {
  const dataset = await open(join(folder, path), { pool: 0 });
  expect(dataset.formatVersion).toBe(version);
  expect(dataset.members!.names.length).toBeGreaterThan(0);
  dataset.close();
});

it("a container that was picked, whatever its name", async () => {
  const bytes = readFileSync(join(folder, "atlas164-lz4.atlas/data.atlas"));
  const dataset = await open(new File([bytes], "argo.bin"), { pool: 0 });
  expect(dataset.formatVersion).toBe("container 1");
  // The mask lies beside it, and was not picked.
  expect(dataset.members!.names).toContain("1999");
  expect((await dataset.grid("bare/int8").query()).data).toEqual(Int8Array.of(0, 1, 2));
  dataset.close();
});
