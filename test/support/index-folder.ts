/**
 * A folder with the names that index pages get wrong, for real servers to show.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Sizes by path. */
export const indexedFiles: Readonly<Record<string, number>> = {
  ".zgroup": 24,
  "zarr.json": 12_345,
  "a b/c+d/ünï/日本.bin": 7,
  "data/c/0/0": 1_500_000,
  "data/c/0/1": 0,
  "data/zarr.json": 1,
  "100%25 done": 2,
  "percent%": 3,
  "q?x=1&y=2#frag": 4,
  "amp&amp;<b>.txt": 5,
  "par(1)!'*~x": 6,
  'quote".bin': 6,
  "emoji😀": 8,
  "plus+plus": 9,
  "eq=semi;comma,at@colon:$dollar": 10,
  "colon:first": 11,
  "a-name-so-long-that-servers-cut-it-in-what-they-show-though-not-in-the-link.bin": 12,
  "index of things/x": 13,
};

/** Writes them; the times are fixed, so that recorded pages are the same each time. */
export async function writeIndexFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "cloudcrop-index-"));
  const time = new Date("2026-01-02T03:04:00Z");
  for (const [path, size] of Object.entries(indexedFiles)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, new Uint8Array(size));
    await utimes(file, time, time);
    for (let up = dirname(file); up !== folder; up = dirname(up)) await utimes(up, time, time);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
