/**
 * @module
 * Cases of the stores that zarrita.js's scripts write with zarr-python, for Zarr v2 and v3; neuroglancer holds copies. An array's name
 * tells its rank, chunks, codecs and type, and with few exceptions thereby what it holds.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Values } from "./compare.js";
import { type StoredArray, storeCases } from "./stores.js";
import type { Case } from "./verdict.js";

/** Cases of zarrita.js's checkout. */
export function zarritaCases(folder: string): Case[] {
  return storeCases("zarrita.js", join(folder, "fixtures"), fixtureValues);
}

/** Cases of neuroglancer's checkout: the same, and images of OME-Zarr whose values are not known. */
export function neuroglancerCases(folder: string): Case[] {
  const data = join(folder, "testdata/datasource/zarr");
  if (!existsSync(data)) throw new Error(`${data} is missing: the checkout leaves it out`);
  return storeCases("neuroglancer", data, (array) =>
    array.path.startsWith("ome_zarr") ? undefined : fixtureValues(array),
  );
}

const byName: Readonly<Record<string, Values>> = {
  "1d.contiguous.delta.shuffle.i2": [10, 20, 30, 40],
  "1d.chunked.filled.compressed.sharded.i2": [1, 2, 0, 0],
  "1d.contiguous.json2.O": ["foo", "bar", "baz", "qux"],
  "3d.chunked.O": ["a", "aa", "aaa", "aaaa", "b", "bb", "bbb", "bbbb"],
  "1d.contiguous.string.vlen": ["hello", "world", "zarr", "v3"],
  "1d.chunked.string.vlen": ["a", "bb", "ccc", "dddd"],
  "2d.chunked.string.vlen": ["hello", "world", "foo", "bar"],
  "1d.string.empty": ["", "test", ""],
  "1d.string.unicode": ["hello", "世界", "🚀🎉", "Ñoño"],
  "1d.contiguous.string.compressed": ["compressed", "string", "test"],
  "nested/1d.i2": [10, 20, 30, 40],
  "2d.chunked.compressed.sharded.filled.i2": Array.from({ length: 16 }, (_, index) => index),
};

function fixtureValues({ path, items }: StoredArray): Values | undefined {
  const parts = path.split("/");
  const name = parts.at(-1)!;
  const known = byName[name] ?? byName[parts.slice(-2).join("/")];
  if (known !== undefined) return known;
  // Lossy: what is left of the numbers depends on the writer.
  if (name.includes("bitround") || name.includes("fixedscaleoffset")) return undefined;
  const type = name.split(".").find((part) => /^([USbiuf]\d+)$/.test(part));
  if (type === undefined) return undefined;
  if (type === "b1") return [true, false, true, false];
  if (type === "u1") return [255, 0, 255, 0];
  if (type === "f2" || type === "f4") return [-1000.5, 0, 1000.5, 0];
  if (type === "f8") return [1.5, 2.5, 3.5, 4.5];
  if (type.startsWith("U") || type.startsWith("S")) return ["a", "b", "cc", "d"];
  // Three dimensions count from 0, as `arange` does, fewer from 1.
  const first = name.startsWith("3d") ? 0 : 1;
  return Array.from({ length: items }, (_, index) => first + index);
}
