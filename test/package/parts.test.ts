/**
 * The files of the built package: few on the way to a result, in an order that holds, and small ones that promise nothing.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dist = join(root, "dist");

beforeAll(async () => {
  if (!existsSync(join(dist, "parts"))) {
    await promisify(execFile)(process.execPath, ["scripts/build.mjs", "--library"], { cwd: root });
  }
}, 120_000);

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(dist, file), "utf8").matchAll(
      /^(?:import|export) (?:[^;"]*? from )?"(\.[^"]+)";$/gm,
    ),
  ].map(([, name]) => relative(dist, join(dist, dirname(file), name!)));
const laterOf = (file: string): string[] =>
  [...readFileSync(join(dist, file), "utf8").matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, name]) =>
    relative(dist, join(dist, dirname(file), name!)),
  );

/** All files that these load at once. */
function loadedBy(...files: string[]): Set<string> {
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    importsOf(file).forEach(visit);
  };
  files.forEach(visit);
  return loaded;
}

const all = (): string[] =>
  readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

it("a page has a dozen files, and a worker two, before the first grid of a Zarr store", () => {
  const page = loadedBy("index.js", "worker/pool.js", "parts/http.js", "parts/zarr.js", "parts/grids.js");
  expect(page.size).toBeLessThanOrEqual(16);
  expect(loadedBy("worker/entry.js")).toEqual(new Set(["worker/entry.js", "worker/parts/start.js"]));
});

it("no file imports itself by way of others, so that classes are there for those that extend them", () => {
  for (const file of all()) {
    for (const next of importsOf(file)) expect(loadedBy(next), `${file} and ${next}`).not.toContain(file);
  }
});

it("what everything shares loads nothing later: a bundler would keep that for every page", () => {
  for (const part of ["base", "small", "codecs", "kernels"])
    expect(laterOf(`parts/${part}.js`), part).toEqual([]);
});

it("every file that is named is there, and is named", () => {
  const files = new Set(all());
  const named = new Set([...files].flatMap((file) => [...importsOf(file), ...laterOf(file)]));
  for (const name of named) expect(files, name).toContain(name);
  for (const file of files) if (file.includes("parts/")) expect(named, file).toContain(file);
});
