/**
 * An array as it was at a time: its schema, its fragments, its delete conditions.
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { tiledbType } from "../../codec/tiledb/datatypes.js";
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import { once } from "../../core/lookahead.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { DeleteCondition } from "./deletes.js";
import { type ArrayDirectory, readDirectory } from "./directory.js";
import type { Fragment } from "./fragment.js";
import { readConsolidatedFooters, readFragments, SchemaCache } from "./fragments.js";
import { decodeGenericTile } from "./generic-tile.js";
import { type ArraySchema, readValue, variable } from "./schema.js";

/** An array at a time. */
export interface Snapshot {
  readonly directory: ArrayDirectory;
  readonly schema: ArraySchema;
  /** Milliseconds since 1970; infinite for what is there now. */
  readonly until: number;
  /** Whether the fragments cost no further request. */
  readonly hasFooters: boolean;
  /** Names of enumerated values, by attribute. */
  readonly categories: ReadonlyMap<string, readonly string[]>;
  /** In order of time; read when they are first asked for. */
  fragments(): Promise<readonly Fragment[]>;
  deletes(): Promise<readonly DeleteCondition[]>;
}

/** Reads what is needed to plan. */
export async function readSnapshot(
  engine: Engine,
  directory: ArrayDirectory,
  timestamp: number | undefined,
): Promise<Snapshot> {
  const schemas = new SchemaCache(directory, engine);
  const readFooters = (): Promise<ReadonlyMap<string, Uint8Array>> =>
    readConsolidatedFooters(directory, engine, {});
  // Between consolidation and vacuuming one file more was read by now, and the newest fragment is in no footers yet.
  const [schema, footers] = await Promise.all([
    schemas.latest({}),
    directory.unvacuumed.size === 0 ? readFooters() : undefined,
  ]);
  const until = timestamp ?? Number.POSITIVE_INFINITY;
  const categories = await readCategories(schema, engine);
  return {
    directory,
    schema,
    until,
    categories,
    hasFooters: footers !== undefined && directory.fragments.every(({ name }) => footers.has(name)),
    fragments: once(async () => {
      const all = await readFragments(directory, schemas, footers ?? (await readFooters()), engine, {});
      return all.filter((fragment) => isThere(fragment, directory, until));
    }),
    deletes: once(() => readDeletes(directory, schema, engine)),
  };
}

async function readDeletes(
  { deletes }: ArrayDirectory,
  schema: ArraySchema,
  engine: Engine,
): Promise<readonly DeleteCondition[]> {
  if (deletes.length === 0) return [];
  const { readDelete } = await loadPart(import("./deletes.js"));
  return Promise.all(deletes.map((file) => readDelete(file, schema, engine)));
}

/**
 * Whether a fragment counts at a time. A consolidated one that tells when each cell was written counts for its earlier cells,
 * unless the fragments it was made of are still there to be read.
 */
function isThere({ name, footer }: Fragment, { unvacuumed }: ArrayDirectory, until: number): boolean {
  if (name.end <= until) return true;
  return footer.hasTimestamps && name.start <= until && !unvacuumed.has(name.name);
}

async function readCategories(
  schema: ArraySchema,
  engine: Engine,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const enumerated = schema.attributes.filter(({ enumeration }) => enumeration !== undefined);
  const entries = await Promise.all(
    enumerated.map(async ({ name, enumeration }) => {
      const file = schema.enumerations.get(enumeration!);
      const values = file === undefined ? undefined : await readEnumeration(file, engine);
      return values === undefined ? [] : [[name, values] as const];
    }),
  );
  return new Map(entries.flat());
}

/** The values of an enumeration as text (format_spec/enumeration.md); undefined where it is not stored. */
async function readEnumeration(file: string, engine: Engine): Promise<readonly string[] | undefined> {
  const key: AbsolutePath = `/__schema/__enumerations/${file}`;
  const stored = await engine.store.get(key, { priority: "metadata" });
  if (stored === undefined) return undefined;
  const { bytes } = await decodeGenericTile(stored, 0, key, engine);
  const cursor = new ByteCursor(bytes, key).skip(4);
  cursor.skip(cursor.u32());
  cursor.skip(cursor.u32());
  const type = tiledbType(cursor.u8());
  const valuesPerCell = cursor.u32();
  cursor.skip(1);
  const data = cursor.bytes(cursor.size());
  if (valuesPerCell === variable) {
    const ends = new ByteCursor(cursor.bytes(cursor.size()), key);
    const offsets = Array.from({ length: Math.floor(ends.left / 8) }, () => ends.size());
    const text = new TextDecoder();
    return offsets.map((offset, index) =>
      text.decode(data.subarray(offset, offsets[index + 1] ?? data.length)),
    );
  }
  const values = new ByteCursor(data, key);
  return Array.from({ length: Math.floor(data.length / type.size) }, () => String(readValue(values, type)));
}

/** The array at a time that a query names, now by default; each time is read once. */
export type Timeline = (timestamp?: number | Date) => Promise<Snapshot>;

/** @throws ReaderError `invalid-query` for what is no time, when it is asked for */
export function createTimeline(now: Snapshot, engine: Engine): Timeline {
  const past = new Map<number, () => Promise<Snapshot>>();
  return async (timestamp) => {
    if (timestamp === undefined) return now;
    const time = Number(timestamp);
    if (!Number.isFinite(time)) {
      throw new ReaderError("invalid-query", "timestamp should be a Date or milliseconds since 1970.");
    }
    const read =
      past.get(time) ?? once(async () => readSnapshot(engine, await readDirectory(engine, time, {}), time));
    past.set(time, read);
    return read();
  };
}
