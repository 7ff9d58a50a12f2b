/**
 * @module Mutation fuzzing of whole Zarr stores (how many cases run where: docs/formats/zarr.md, Conformance): metadata, shard indexes and chunks of the archives in `test/fixtures/zarr-types` are
 * damaged, then opened and read through the public door. Whatever comes of it is a result or a `ReaderError`, soon, and within the memory
 * that the undamaged metadata promise. Every case follows from the seed and its number alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { isReaderError } from "../../src/core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/core/json.js";
import type { AbsolutePath } from "../../src/core/plan.js";
import { open } from "../../src/open.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createPool, type DecodePool } from "../../src/worker/pool.js";
import { mutate, randomFor } from "./mutate.js";

export interface StoreFuzzOptions {
  readonly seed: number;
  readonly count: number;
  readonly from?: number;
}

export interface StoreFuzzReport {
  readonly cases: number;
  /** Read in spite of the damage. */
  readonly read: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly failures: readonly string[];
}

const maxMs = 5_000;
const maxFailures = 20;

/** One array of an archive as a store of its own. */
interface Sample {
  readonly name: string;
  readonly metadataKey: string;
  readonly metadata: JsonObject;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

type Random = ReturnType<typeof randomFor>;

/** Values that metadata should not have, of every kind. */
const odd: readonly JsonValue[] = [
  ...[null, true, -1, 0, 0.5, 1e9, 2 ** 53, "", "x", "NaN", "bytes", "..", "__proto__", "r24", "<U5"],
  ...[[], [0], [-1], [1, 1], [1e9, 1e9], [[]], {}],
  { name: "gzip" },
  { name: "string" },
  { name: "sharding_indexed", configuration: { chunk_shape: [1, 1], codecs: [{ name: "bytes" }] } },
];

/** Damages one value somewhere in a document; the deeper, the likelier. */
function mutateJson(value: JsonValue, random: Random): JsonValue {
  const children = Array.isArray(value) ? [...value.keys()] : isJsonObject(value) ? Object.keys(value) : [];
  if (children.length === 0 || random.below(8) === 0) return odd[random.below(odd.length)]!;
  const key = children[random.below(children.length)]!;
  const action = random.below(10);
  if (Array.isArray(value)) {
    const copy = [...value] as JsonValue[];
    if (action === 0) copy.splice(key as number, 1);
    else if (action === 1) copy.push(copy[key as number]!);
    else copy[key as number] = mutateJson(copy[key as number]!, random);
    return copy;
  }
  const copy: Record<string, JsonValue | undefined> = { ...(value as JsonObject) };
  if (action === 0) delete copy[key];
  else if (action === 1) copy[`${key}x`] = copy[key];
  else copy[key] = mutateJson(copy[key] ?? null, random);
  return copy as JsonObject;
}

/** Runs cases until the count or too many failures. */
export async function fuzzStores({ seed, count, from = 0 }: StoreFuzzOptions): Promise<StoreFuzzReport> {
  const samples = await loadSamples();
  const pool = createPool({ workers: 0 });
  const tally = { read: 0, refused: 0 };
  const failures: string[] = [];
  let slowestMs = 0;
  await readFirst(damaged(samples[0]!, samples[0]!, randomFor(seed, from)), pool).catch(() => {}); // loads the code, which is not timed
  let index = from;
  for (; index < from + count && failures.length < maxFailures; index++) {
    const random = randomFor(seed, index);
    const sample = samples[random.below(samples.length)]!;
    const store = damaged(sample, samples[random.below(samples.length)]!, random);
    const startedAt = performance.now();
    try {
      await readFirst(store, pool);
      tally.read++;
    } catch (thrown) {
      if (isReaderError(thrown)) tally.refused++;
      else failures.push(`case ${index} (${sample.name}): ${(thrown as Error)?.stack ?? String(thrown)}`);
    }
    const ms = performance.now() - startedAt;
    if (ms > maxMs) failures.push(`case ${index} (${sample.name}): took ${Math.round(ms)} ms`);
    slowestMs = Math.max(slowestMs, ms);
  }
  pool.dispose();
  return { cases: index - from, ...tally, slowestMs, failures };
}

/** Opens a store and reads its first array. */
async function readFirst(store: MemoryStore, pool: DecodePool): Promise<void> {
  const dataset = await open(store, { format: "zarr", pool, cache: 0 });
  const [name] = dataset.sources.keys();
  if (name !== undefined) {
    const grid = dataset.grid(name);
    const cells = (grid.info.shape ?? []).reduce((product, size) => product * size, 1);
    // A shape that grew is no promise to keep: what fits in memory is read, the rest is asked for one cell.
    await grid.read(cells > 1e6 ? grid.info.shape!.map(() => 0) : []);
  }
  dataset.close();
}

function damaged(sample: Sample, other: Sample, random: Random): MemoryStore {
  const { metadata, metadataKey, chunks } = sample;
  const inMetadata = random.below(3) > 0;
  let document: JsonValue = metadata;
  if (inMetadata)
    for (let times = 1 + random.below(2); times > 0; times--) document = mutateJson(document, random);
  let text = new TextEncoder().encode(JSON.stringify(document));
  if (inMetadata && random.below(6) === 0) text = new Uint8Array(mutate(text, text, random));
  const objects = new Map<AbsolutePath, Uint8Array>([[`/${metadataKey}`, text]]);
  const lender = [...other.chunks.values()][0] ?? new Uint8Array(8);
  for (const [key, bytes] of chunks) {
    const isHit = !inMetadata && random.below(2) === 0;
    objects.set(`/${key}`, isHit ? mutate(bytes, lender, random) : bytes);
  }
  return new MemoryStore(objects);
}

async function loadSamples(): Promise<Sample[]> {
  const folder = new URL("../fixtures/zarr-types/", import.meta.url);
  const samples: Sample[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".zip"))) {
    const objects = await unzip(new Blob([readFileSync(new URL(file, folder))]));
    for (const sample of samplesOf(objects)) samples.push(sample);
  }
  return samples;
}

async function unzip(archive: Blob): Promise<ReadonlyMap<string, Uint8Array>> {
  const { openZip } = await import("../support/unzip.js");
  return openZip(new Uint8Array(await archive.arrayBuffer()));
}

function* samplesOf(objects: ReadonlyMap<string, Uint8Array>): Generator<Sample> {
  const parse = (key: string): JsonObject | undefined => {
    const bytes = objects.get(key);
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as JsonObject);
  };
  const v3 = parse("zarr.json");
  const source =
    v3 === undefined ? parse(".zmetadata")?.metadata : (v3.consolidated_metadata as JsonObject).metadata;
  for (const [key, document] of Object.entries(source as JsonObject)) {
    const name = v3 === undefined ? key.slice(0, -"/.zarray".length) : key;
    const isArray =
      v3 === undefined ? key.endsWith("/.zarray") : (document as JsonObject).node_type === "array";
    if (!isArray) continue;
    const chunks = new Map<string, Uint8Array>();
    for (const [path, bytes] of objects) {
      if (path.startsWith(`${name}/`)) chunks.set(path.slice(name.length + 1), bytes);
    }
    yield {
      name,
      metadataKey: v3 === undefined ? ".zarray" : "zarr.json",
      metadata: document as JsonObject,
      chunks,
    };
  }
}
