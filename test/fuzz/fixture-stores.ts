/**
 * @module Damaged stores: one file of a fixture is mutated, the store is opened and asked everything. What comes back must be an
 * answer or a `ReaderError`, soon, and without memory that the store does not justify.
 */

import type { AbsolutePath } from "../../src/core/plan.js";
import type { AnySource, PointSource } from "../../src/core/source.js";
import { type Dataset, isReaderError, type OpenOptions, open } from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createPool } from "../../src/worker/pool.js";
import { longStores } from "../support/atlas-many.js";
import { type FixtureFamily, filesOf, listFixtures } from "../support/fixtures.js";
import { mutate, randomFor } from "./mutate.js";
import { asPage, damageLong, noWays, pageStore, type WayCounts } from "./page-store.js";

export interface FixtureFuzzOptions {
  readonly family: FixtureFamily;
  readonly seed: number;
  readonly count: number;
  /** Number of the first case; a case depends on it and the seed alone. */
  readonly from?: number;
  /** Read as a page of another origin does; of ATLAS long stores too, whose files it opens in ways of their own. */
  readonly isPage?: boolean;
}

export interface FixtureFuzzReport {
  /** Cases by how they ended: an error's code, or `answered`. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** As a page: the ways to read that were taken. */
  readonly ways: WayCounts;
  /** Cases that ended in anything but an answer or a `ReaderError`, or took too long. */
  readonly failures: readonly { readonly index: number; readonly what: string }[];
}

/** A damaged store may take so much of the processor; reading it whole takes some 50 ms. */
const limitMs = 5000;

/** Opens damaged stores of a family. */
export async function fuzzFixtures({
  family,
  seed,
  count,
  from = 0,
  isPage = false,
}: FixtureFuzzOptions): Promise<FixtureFuzzReport> {
  const stores: Sample[] = listFixtures(family).map(({ name, path, answers }) => {
    return { name, format: answers.format, files: filesOf(path) };
  });
  const fixtures = stores.length;
  if (isPage && family === "atlas") stores.push(...longSamples());
  const ways = noWays();
  const leave = isPage ? asPage() : () => {};
  const pool = createPool({ workers: 0 });
  const outcomes: Record<string, number> = {};
  const failures: { index: number; what: string }[] = [];
  let slowestMs = 0;
  for (let index = from; index < from + count; index++) {
    const random = randomFor(seed, index);
    // Long ones are few, and take ways that the others do not.
    const isLong = stores.length > fixtures && random.below(4) === 0;
    const number = isLong ? fixtures + random.below(stores.length - fixtures) : random.below(fixtures);
    const { name, format, files } = stores[number]!;
    const keys = [...files.keys()];
    const [key, other] = [keys[random.below(keys.length)]!, keys[random.below(keys.length)]!];
    const damage = isPage ? damageLong : mutate;
    const damaged = new Map(files).set(key, damage(files.get(key)!, files.get(other)!, random));
    const lists = [damaged, files, undefined][isPage ? random.below(3) : 0];
    const before = process.cpuUsage();
    let outcome = "answered";
    try {
      const own = { pool, ...(format === "grids" ? {} : { format }) };
      const { address, options } = pageStore(damaged, lists, ways);
      const dataset = await (isPage
        ? open(address, { ...own, ...options, retries: { attempts: 1 } })
        : open(new MemoryStore(damaged), own));
      for (const ask of questionsTo(dataset)) {
        await ask().catch((thrown: unknown) => {
          // What is damaged in one place is asked for elsewhere.
          if (!isReaderError(thrown)) throw thrown;
          // Not every store has the objects, groups and levels that are asked for, damaged or not.
          if (thrown.code !== "invalid-query") outcome = thrown.code;
        });
      }
    } catch (thrown) {
      outcome = isReaderError(thrown) ? thrown.code : "untyped";
      if (outcome === "untyped")
        failures.push({ index, what: `${name} ${key}: ${(thrown as Error)?.stack}` });
    }
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    // Not the clock's time: the machine may have other things to do.
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    if (took > limitMs) failures.push({ index, what: `${name} ${key}: ${Math.round(took)} ms` });
    slowestMs = Math.max(slowestMs, took);
  }
  pool.dispose();
  leave();
  return { outcomes, slowestMs, ways, failures };
}

interface Sample {
  readonly name: string;
  readonly format: NonNullable<OpenOptions["format"]> | "grids";
  readonly files: ReadonlyMap<AbsolutePath, Uint8Array>;
}

function longSamples(): Sample[] {
  return Object.entries(longStores).map(([name, store]) => {
    const files = Object.entries(store.write(10)).map(([key, bytes]) => [`/${key}`, bytes] as const);
    return { name, format: "atlas", files: new Map(files) };
  });
}

/** Everything that a dataset can be asked for; of vectors also what boxes, objects, limits and ranges ask. */
function* questionsTo({ sources, members, format }: Dataset): Generator<() => Promise<unknown>> {
  for (const source of sources.values()) {
    yield () => source.query();
    if (source.kind === "grid" && format !== "tiledb") yield () => source.query({ decode: "cf" });
    if (source.kind === "points" && format === "tiledb") yield* conditionsOn(source);
    if (format !== "zarr-vectors") continue;
    for (const query of vectorQueries(source)) yield () => source.query(query as never);
    yield async () => {
      for await (const part of source.stream({ bbox: middleOf(source) } as never)) void part;
    };
    yield () => source.explain({ objects: [0, 3] } as never);
  }
  if (members === undefined) return;
  for (const name of members.names) yield () => members.attributes(name);
  for (const source of sources.keys()) {
    const [name, array] = source.split("/");
    if (array === undefined) continue;
    yield () => members.attributes(name!, array);
    yield () => members.statistics(name!, array);
  }
}

function* vectorQueries(source: AnySource): Generator<object> {
  const { kind, info } = source;
  const bbox = middleOf(source);
  yield { bbox };
  yield { fields: [] };
  yield { objects: [0, 3] };
  yield { groups: [0], bbox };
  for (const { level } of info.levels.slice(1)) yield { level, bbox };
  for (const { name, width = 1, dtype } of [...info.fields, ...(info.vertexFields ?? [])]) {
    if (width === 1 && dtype !== "string") yield { ranges: { [name]: [0, 1] }, fields: [name] };
  }
  if (kind === "points") yield { limit: 5, bbox };
  if (kind !== "polylines") return;
  for (const lines of ["clip", "chunks", "whole"]) yield { bbox, lines, limit: 3 };
}

/** The middle of a source's space; a box all the same where the bounds make no sense. */
function middleOf({ info: { bounds = [], dimensions } }: AnySource): number[] {
  const dims = dimensions.length;
  const at = (axis: number): [number, number] => {
    const [low = 0, high = 0] = [bounds[axis], bounds[axis + dims]];
    const quarter = (high - low) / 4;
    return quarter >= 0 ? [low + quarter, high - quarter] : [-1, 1];
  };
  const ends = Array.from({ length: dims }, (_, axis) => at(axis));
  return [...ends.map(([low]) => low), ...ends.map(([, high]) => high)];
}

/** What reads indexes and statistics, and settles rows. */
function* conditionsOn(source: PointSource): Generator<() => Promise<unknown>> {
  const number = source.info.fields?.find(({ dtype, width }) => /int|float/.test(dtype) && width === 1);
  const ranges = number === undefined ? {} : { [number.name]: [0, 50] as const };
  yield () => source.query({ bbox: [-20, -20, 25, 30], ranges, limit: 10 });
  yield () => source.query({ timestamp: 1_700_000_001_500, fields: [] });
  yield () => source.coverage?.() ?? Promise.resolve();
}
