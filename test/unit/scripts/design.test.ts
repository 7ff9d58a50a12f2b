/**
 * The tree in docs/design/architecture.md §3 is where one looks for a file: what it names is there.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function filesIn(folder: string, recursive: boolean): string[] {
  return readdirSync(`${root}${folder}`, { recursive, encoding: "utf8" }).map((file) => basename(file));
}

it("the tree of the architecture names files that are there", () => {
  const text = readFileSync(`${root}docs/design/architecture.md`, "utf8");
  const tree = /^## 3\. The tree.*?^```\n(.*?)^```/ms.exec(text)?.[1] ?? "";
  const named = [...tree.matchAll(/(?<![.\w])\w[\w./-]*\.(?:ts|mjs|json|html|css|md)\b/g)];
  expect(named.length).toBeGreaterThan(300);
  const there = new Set([
    ...["src", "demo", "scripts", "wasm", "docs"].flatMap((folder) => filesIn(folder, true)),
    ...["", "bench"].flatMap((folder) => filesIn(folder, false)),
  ]);
  expect(named.map(([name]) => basename(name)).filter((name) => !there.has(name))).toEqual([]);
});
