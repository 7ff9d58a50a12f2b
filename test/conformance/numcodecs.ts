/**
 * @module
 * Cases of the numcodecs project's own vectors: `fixture/<codec>/…` holds arrays `array.NN.npy`, and per configuration
 * `codec.NN/config.json` with what that codec made of them, `encoded.NN.dat`. Each is decoded twice: by the codec alone, and as the only
 * chunk of a Zarr v2 array made around it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isRaggedValues, toItems, type Values } from "../../src/bytes/ragged.js";
import { registryFor } from "../../src/codec/on-demand.js";
import { decodeChunk } from "../../src/codec/pipeline.js";
import { findCodec } from "../../src/codec/registry.js";
import { type DataType, isDataType } from "../../src/core/dtype.js";
import type { JsonObject } from "../../src/core/json.js";
import type { CodecSpec } from "../../src/core/plan.js";
import type { Column } from "../../src/core/table.js";
import { type Kernels, loadKernels } from "../../src/kernel/kernel.js";
import { MemoryStore } from "../../src/store/memory.js";
import { compareBytes, compareValues } from "./compare.js";
import { type NumpyFile, numbersOf, readNumpy } from "./numpy-file.js";
import { readAndCompare } from "./read-array.js";
import type { Case, Comparison } from "./verdict.js";

/** Codecs that do not give back what went in; the files do not tell how far off they may be. */
const lossy = ["astype", "quantize", "fixedscaleoffset", "zfpy"];
/** What writers of Zarr v2 put under `compressor`; all others are filters. */
const compressors = ["blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd", "zfpy", "pcodec"];

/** All cases of a checkout. */
export async function numcodecsCases(folder: string): Promise<Case[]> {
  const kernels = await loadKernels();
  const root = join(folder, "fixture");
  const cases: Case[] = [];
  for (const entry of (readdirSync(root, { recursive: true }) as string[]).sort()) {
    const file = join(root, entry);
    const number = /encoded\.(\d+)\.dat$/.exec(entry)?.[1];
    if (number === undefined) continue;
    const { id, ...configuration } = JSON.parse(readFileSync(join(dirname(file), "config.json"), "utf8"));
    const array = join(dirname(dirname(file)), `array.${number}.npy`);
    if (!existsSync(array)) throw new Error(`${file} has no array beside it`);
    const numpy = readNumpy(array);
    const vector: Vector = { id, configuration, numpy, encoded: new Uint8Array(readFileSync(file)) };
    const facts = { codec: id, type: numpy.descr ?? "record", name: relative(folder, file) };
    cases.push(
      { corpus: "numcodecs: codec alone", ...facts, run: () => decodeAlone(vector, kernels) },
      { corpus: "numcodecs: as v2 array", ...facts, run: () => decodeAsArray(vector) },
    );
  }
  return cases;
}

interface Vector {
  readonly id: string;
  readonly configuration: JsonObject;
  readonly numpy: NumpyFile;
  readonly encoded: Uint8Array;
}

async function decodeAlone(
  { id, configuration, numpy, encoded }: Vector,
  kernels: Kernels,
): Promise<Comparison> {
  // Zarr v3 has another codec named packbits.
  const name = id === "packbits" ? "numcodecs.packbits" : id;
  const registry = await registryFor([name]);
  const options = { kernels, label: "vector", registry };
  const codec: CodecSpec = { name, configuration };
  const { kind } = findCodec(name, registry);
  if (kind === "bytes-to-bytes") {
    // The codec sees bytes alone, so every type is as good as uint8; the ending shows that sizes are found, not only believed.
    const specs = [{ name: "bytes" }, codec];
    for (const meta of [{ shape: [numpy.data.length] }, {}]) {
      const { values } = decodeChunk(encoded, specs, { dtype: "uint8", ...meta }, options);
      const comparison = compareBytes(values as Uint8Array, numpy.data);
      if (comparison !== "equal") return comparison;
    }
    return "equal";
  }
  // Codecs of arrays go along memory, whichever axis that is.
  const flat = numbersOf({ ...numpy, isFortran: false });
  if (flat === undefined || !isDataType(flat.dtype)) return "unchecked";
  const endian = numpy.descr?.startsWith(">") ? "big" : "little";
  const specs = kind === "array-to-array" ? [codec, { name: "bytes", configuration: { endian } }] : [codec];
  const items = numpy.shape.reduce((product, size) => product * size, 1);
  const meta = { dtype: flat.dtype satisfies DataType, shape: [items] };
  return forgive(id, compareValues(columnOf(decodeChunk(encoded, specs, meta, options).values), flat.values));
}

async function decodeAsArray({ id, configuration, numpy, encoded }: Vector): Promise<Comparison> {
  const { descr, shape, isFortran } = numpy;
  if (descr === undefined) return "unchecked";
  const isCompressor = compressors.includes(id);
  const document = {
    zarr_format: 2,
    shape,
    chunks: shape,
    dtype: descr,
    fill_value: null,
    order: isFortran ? "F" : "C",
    compressor: isCompressor ? { id, ...configuration } : null,
    filters: isCompressor ? null : [{ id, ...configuration }],
  };
  const chunk = shape.length === 0 ? "0" : shape.map(() => 0).join(".");
  const store = new MemoryStore(
    new Map([
      ["/.zarray", new TextEncoder().encode(JSON.stringify(document))],
      [`/${chunk}`, encoded],
    ]),
  );
  return forgive(id, await readAndCompare(store, shape, numbersOf(numpy)));
}

/** Values as a result holds them. */
function columnOf(values: Values): Column {
  return isRaggedValues(values) ? toItems(values, "string", "vector") : values;
}

function forgive(id: string, comparison: Comparison): Comparison {
  return lossy.includes(id) && comparison !== "equal" ? "unchecked" : comparison;
}
