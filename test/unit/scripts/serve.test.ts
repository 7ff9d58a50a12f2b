import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { type Samples, startSamples } from "../../../scripts/lib/serve.mjs";

let samples: Samples;
beforeAll(async () => {
  samples = await startSamples();
});
afterAll(() => samples.close());

/** Asks as a page of another origin would. */
function ask(bucket: string, key: string): Promise<Response> {
  return fetch(`${samples.description.endpoint}/${bucket}/${key}`, {
    headers: { Origin: "http://127.0.0.1:4173" },
  });
}

/** The first metadata object a store has, by where its fixture lies. */
function markerOf(id: string): string {
  const { presets } = JSON.parse(readFileSync(join(ROOT, "test/fixtures/demo/samples.json"), "utf8"));
  const { folder, path } = presets.find((preset: { id: string }) => preset.id === id);
  const root = join(ROOT, "test/fixtures", folder);
  const marker = ["zarr.json", ".zgroup", ".zarray", "atlas.json"].find((name) =>
    existsSync(join(root, name)),
  );
  // TileDB has no document of a fixed name; any schema will do.
  return `${path}/${marker ?? `__schema/${readdirSync(join(root, "__schema"))[0]}`}`;
}

it("serves every store it describes, public ones to anyone, private ones to nobody without keys", async () => {
  const { stores, buckets } = samples.description;
  expect(stores.length).toBeGreaterThan(0);
  for (const { id, bucket } of stores) {
    const response = await ask(bucket, markerOf(id));
    await response.arrayBuffer();
    expect([id, response.status]).toEqual([id, bucket === buckets.private ? 403 : 200]);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  }
});

it("has at least one public and one private store to show", () => {
  const { stores, buckets } = samples.description;
  expect(new Set(stores.map(({ bucket }) => bucket))).toEqual(new Set([buckets.public, buckets.private]));
});

it("has a bucket whose missing CORS rule keeps pages out", async () => {
  const { stores, buckets } = samples.description;
  for (const { id } of stores) {
    const response = await ask(buckets.noCors, markerOf(id));
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  }
});

it("describes no file of this machine", () => {
  expect(JSON.stringify(samples.description)).not.toContain(ROOT);
  for (const store of samples.description.stores) expect(store).not.toHaveProperty("folder");
});
