/**
 * The addresses under which ATLAS stores are found: folders, their marking files, and files that were picked.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { open } from "../../src/index.js";
import { createS3Server } from "../support/s3-server/server.js";

const folder = fileURLToPath(new URL("../fixtures/atlas/", import.meta.url));

it.each([
  ["atlas172-zstd.atlas", "container 8"],
  ["atlas172-zstd.atlas/", "container 8"],
  ["atlas172-zstd.atlas/data.atlas", "container 8"],
  ["atlas14-compacted.atlas/atlas.json", "metadata 3"],
  ["atlas14-zstd-json-lz4.atlas/atlas.json.lz4", "metadata 3"],
  ["atlas14-zstd-msgpack.atlas/atlas.msgpack", "metadata 3"],
  ["atlas14-zstd-msgpack-zstd.atlas/atlas.msgpack.zst", "metadata 3"],
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

it.each([undefined, "atlas"] as const)(
  "a container of another name, by what it begins with, format given as %s",
  async (format) => {
    const server = await createS3Server();
    const bucket = server.createBucket("argo", { publicRead: true });
    const container = readFileSync(join(folder, "atlas172-zstd.atlas/data.atlas"));
    bucket.put("casts/2024.bin", container);
    // Whose deletions these are, nothing tells.
    bucket.put("casts/deleted.mask", readFileSync(join(folder, "atlas172-zstd.atlas/deleted.mask")));
    bucket.put("casts/notes.txt", new TextEncoder().encode("nothing that is known"));
    const options = { pool: 0, ...(format && { format }) };
    const dataset = await open(`${server.url}/argo/casts/2024.bin`, options);
    expect(dataset.formatVersion).toBe("container 8");
    expect(dataset.members!.names).toContain("1999");
    expect((await dataset.grid("bare/int8").query()).data).toEqual(Int8Array.of(0, 1, 2));
    dataset.close();
    const refused = open(`${server.url}/argo/casts/notes.txt`, options);
    await expect(refused).rejects.toMatchObject({ code: "unknown-format" });
    await server.close();
  },
);

it("a file of this machine, by what it begins with", async () => {
  const place = mkdtempSync(join(tmpdir(), "atlas-"));
  writeFileSync(join(place, "argo"), readFileSync(join(folder, "atlas160-zstd.atlas/data.atlas")));
  const dataset = await open(join(place, "argo"), { pool: 0 });
  expect(dataset.formatVersion).toBe("container 1");
  dataset.close();
  rmSync(place, { recursive: true });
});

it("the file that is named, where a folder holds a directory store and a container", async () => {
  const place = mkdtempSync(join(tmpdir(), "atlas-"));
  cpSync(join(folder, "atlas14-compacted.atlas"), place, { recursive: true });
  cpSync(join(folder, "atlas172-zstd.atlas/data.atlas"), join(place, "data.atlas"));
  for (const [name, version] of [
    ["atlas.json", "metadata 3"],
    ["data.atlas", "container 8"],
  ] as const) {
    const dataset = await open(join(place, name), { pool: 0 });
    expect(dataset.formatVersion).toBe(version);
    dataset.close();
  }
  rmSync(place, { recursive: true });
});
