import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listExports, sourceAliases } from "../../../scripts/lib/exports.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cloudcrop-exports-"));
  const exports = {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./store/s3": { types: "./dist/store/s3.d.ts", import: "./dist/store/s3.js" },
    "./worker": "./dist/worker/public.js",
    "./package.json": "./package.json",
  };
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "cloudcrop", exports }));
});
afterEach(() => rmSync(root, { recursive: true }));

it("lists modules with the source each is built from, not plain files", () => {
  expect(listExports(root).map(({ id, source }) => [id, source])).toEqual([
    ["cloudcrop", join(root, "src/index.ts")],
    ["cloudcrop/store/s3", join(root, "src/store/s3.ts")],
    ["cloudcrop/worker", join(root, "src/worker/public.ts")],
  ]);
});

it("aliases a name only as a whole", () => {
  const aliases = sourceAliases(root);
  const resolve = (id: string): string | undefined => aliases.find(({ find }) => find.test(id))?.replacement;
  expect(resolve("cloudcrop")).toBe(join(root, "src/index.ts"));
  expect(resolve("cloudcrop/store/s3")).toBe(join(root, "src/store/s3.ts"));
  expect(resolve("cloudcrop/store")).toBeUndefined();
  expect(resolve("cloudcrop-other")).toBeUndefined();
});
