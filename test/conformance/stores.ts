/**
 * @module
 * Cases of stores that lie in folders: every array below a folder, of either version.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isDataType } from "../../src/core/dtype.js";
import type { Values } from "./compare.js";
import { typeOfDescr } from "./numpy-file.js";
import { readAndCompare } from "./read-array.js";
import type { Case } from "./verdict.js";

/** What is known of an array from its metadata. */
export interface StoredArray {
  /** From the folder searched. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly items: number;
}

/** All arrays below a folder; `valuesOf` knows what each holds, or not. */
export function storeCases(
  corpus: string,
  folder: string,
  valuesOf: (array: StoredArray) => Values | undefined,
): Case[] {
  const cases: Case[] = [];
  for (const entry of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    if (!/(^|\/)(zarr\.json|\.zarray)$/.test(entry)) continue;
    const document = JSON.parse(readFileSync(join(folder, entry), "utf8"));
    if (entry.endsWith("zarr.json") && document.node_type !== "array") continue;
    const location = dirname(join(folder, entry));
    const { shape } = document;
    const items = shape.reduce((product: number, size: number) => product * size, 1);
    const name = relative(folder, location);
    const values = valuesOf({ path: name, shape, items });
    const type = typeName(document);
    const dtype = isDataType(type) ? type : typeOfDescr(type);
    const expected = values && (dtype === undefined ? { values } : { dtype, values });
    const run: Case["run"] = () => readAndCompare(location, shape, expected);
    cases.push({ corpus, codec: codecNames(document), type, name, run });
  }
  return cases;
}

// biome-ignore lint/suspicious/noExplicitAny: metadata of others, which the library is to judge, not this file.
function typeName({ data_type: v3, dtype: v2 }: any): string {
  const type = v3 ?? v2;
  return typeof type === "string" ? type : (type.name ?? "record");
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
function codecNames({ codecs, filters, compressor, order }: any): string {
  if (codecs !== undefined) {
    return codecs
      .map((codec: string | { name: string }) => (typeof codec === "string" ? codec : codec.name))
      .join("+");
  }
  const ids = [...(filters ?? []), ...(compressor ? [compressor] : [])].map(({ id }: { id: string }) => id);
  return `v2 ${order} ${ids.join("+") || "raw"}`;
}
