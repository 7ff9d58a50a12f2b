/**
 * @module
 * Cases of stores that lie in folders: every array below a folder, of either version.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isDataType } from "../../src/core/dtype.js";
import { isReaderError } from "../../src/core/error.js";
import { open } from "../../src/open.js";
import type { Values } from "./compare.js";
import { typeOfDescr } from "./numpy-file.js";
import { readAndCompare } from "./read-array.js";
import type { Case, Comparison } from "./verdict.js";

/** What is known of an array from its metadata. */
export interface StoredArray {
  /** From the folder searched. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly items: number;
}

/** All arrays below a folder, and all groups; `valuesOf` knows what each array holds, or not. */
export function storeCases(
  corpus: string,
  folder: string,
  valuesOf: (array: StoredArray) => Values | undefined,
): Case[] {
  const cases: Case[] = [];
  for (const entry of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    if (!/(^|\/)(zarr\.json|\.zarray|\.zgroup)$/.test(entry)) continue;
    const document = JSON.parse(readFileSync(join(folder, entry), "utf8"));
    const location = dirname(join(folder, entry));
    if (isGroup(entry, document)) {
      const name = relative(folder, location);
      cases.push({ corpus, codec: "group", type: "group", name, run: () => openGroup(location) });
      continue;
    }
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

function isGroup(file: string, document: { readonly node_type?: string }): boolean {
  return file.endsWith(".zgroup") || document.node_type === "group";
}

/** A group is well when every array below it is a source, or has an error of its own. */
async function openGroup(location: string): Promise<Comparison> {
  const arrays = (readdirSync(location, { recursive: true }) as string[])
    .filter((entry) => /\/(zarr\.json|\.zarray)$/.test(entry))
    .filter((entry) => !isGroup(entry, JSON.parse(readFileSync(join(location, entry), "utf8"))))
    .map((entry) => dirname(entry));
  const dataset = await open(location, { format: "zarr", pool: 0 });
  const lost = arrays.filter((name) => !dataset.sources.has(name) && !isRefused(() => dataset.source(name)));
  // Images of several levels are sources over stored arrays, and so are the fields of records.
  const invented = [...dataset.sources]
    .filter(([name, { info }]) => !arrays.includes(name) && info.levels[0]?.name === undefined)
    .map(([name]) => name)
    .filter((name) => !arrays.some((array) => name.startsWith(`${array}/`)));
  dataset.close();
  const strange = [...lost, ...invented];
  return strange.length === 0
    ? "equal"
    : { difference: `not the arrays that are stored: ${strange.join(", ")}` };
}

function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (thrown) {
    return isReaderError(thrown) && thrown.code !== "not-found";
  }
}
