/**
 * @module
 * Cases of `zarrs/zarrs_snapshot_data`: `supported/<grid>/<type>/<kind of codec>/<codec>/<hash>/` is one array of 8 × 24 items, and
 * `unsupported/…/<hash>.json` the metadata of one that its writer cannot store. The values follow from type and position alone; the rules
 * below were learnt from the writer (`zarrs/tests/codec_snapshot_tests.rs`). `fixedscaleoffset` rounds them to integers; no other codec
 * of the corpus changes them, `bitround` and `zfp` included: they keep all the bits these values have.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDataType } from "../../src/core/dtype.js";
import { MemoryStore } from "../../src/store/memory.js";
import type { Values } from "./compare.js";
import { type Expected, readAndCompare } from "./read-array.js";
import type { Case } from "./verdict.js";

/** All cases of a checkout. */
export function snapshotCases(folder: string): Case[] {
  const cases: Case[] = [];
  for (const entry of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const [group, , type = "", , codec = ""] = entry.split("/");
    const file = join(folder, entry);
    if (group === "supported" && entry.endsWith("/zarr.json")) {
      const path = join(file, "..");
      const facts = { codec, type, name: relative(folder, path) };
      const { shape, data_type: dataType } = JSON.parse(readFileSync(file, "utf8"));
      const run: Case["run"] = () => readAndCompare(path, shape, expectedOf(dataType, shape, codec));
      cases.push({ corpus: "zarrs_snapshot_data", ...facts, run });
    } else if (group === "unsupported" && entry.endsWith(".json")) {
      const { array_metadata: metadata } = JSON.parse(readFileSync(file, "utf8"));
      if (metadata === undefined) continue;
      const run: Case["run"] = () => readAndCompare(storeOf(metadata), metadata.shape, undefined);
      cases.push({ corpus: "zarrs_snapshot_data: metadata alone", codec, type, name: entry, run });
    }
  }
  return cases;
}

function storeOf(metadata: unknown): MemoryStore {
  return new MemoryStore(new Map([["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))]]));
}

const halves = (index: number): number[] => [index * 0.5];
const halfPairs = (index: number): number[] => [index * 0.5, index * 0.25];
const count = (index: number): number[] => [index];
/** Patterns of one byte: sign, exponent, fraction of so many bits. */
const float8 = (pattern: number, fractionBits: number): number => {
  const exponentBits = 7 - fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (pattern & 127) >> fractionBits;
  const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const sign = pattern > 127 ? -1 : 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign / 0 : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
};

/** The numbers of the item at a position, by type: two for complex ones. */
const rules: Readonly<Record<string, (index: number) => readonly number[]>> = {
  bool: (index) => [index % 2],
  int2: (index) => [(index % 4) - 2],
  uint2: (index) => [index % 4],
  int4: (index) => [(index % 16) - 8],
  uint4: (index) => [index % 16],
  // 192 items: beyond 127 they wrap.
  int8: (index) => [index > 127 ? index - 256 : index],
  float8_e4m3: (index) => [float8(index % 128, 3)],
  float8_e5m2: (index) => [float8(index % 128, 2)],
  complex_float8_e4m3: (index) => [float8(index % 128, 3), float8((index + 1) % 128, 3)],
  complex_float8_e5m2: (index) => [float8(index % 128, 2), float8((index + 1) % 128, 2)],
  r24: (index) => [index, index, index],
  ...Object.fromEntries(["int16", "int32", "int64"].map((type) => [type, count])),
  ...Object.fromEntries(["uint8", "uint16", "uint32", "uint64"].map((type) => [type, count])),
  ...Object.fromEntries(["numpy.datetime64", "numpy.timedelta64"].map((type) => [type, count])),
  ...Object.fromEntries(["bfloat16", "float16", "float32", "float64"].map((type) => [type, halves])),
  ...Object.fromEntries(["complex64", "complex128"].map((type) => [type, halfPairs])),
  ...Object.fromEntries(["complex_float16", "complex_bfloat16"].map((type) => [type, halfPairs])),
  ...Object.fromEntries(["complex_float32", "complex_float64"].map((type) => [type, halfPairs])),
};

function expectedOf(dataType: unknown, shape: readonly number[], codec: string): Expected | undefined {
  const type = typeof dataType === "string" ? dataType : (dataType as { name: string }).name;
  const indices = Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => i);
  const rule = rules[type];
  let values: Values | undefined;
  if (type === "bytes") values = indices.map((index) => new Uint8Array((index % 8) + 1).fill(index));
  else if (type === "string") values = indices.map((index) => `str_${String(index).padStart(4, "0")}`);
  else if (rule !== undefined) {
    const numbers = indices.flatMap(rule);
    // Halves away from zero.
    values = codec.includes("fixedscaleoffset") ? numbers.map(Math.round) : numbers;
  }
  if (values === undefined) return undefined;
  return isDataType(type) ? { dtype: type, values } : { values };
}
