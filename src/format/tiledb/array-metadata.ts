/**
 * The key-value metadata of an array (format_spec/metadata.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { tiledbType } from "../../codec/tiledb/datatypes.js";
import type { JsonObject, JsonValue } from "../../core/json.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import type { TimedFile } from "./directory.js";
import { decodeGenericTile } from "./generic-tile.js";
import { readValue } from "./schema.js";

/** `undefined` stands for a key that was deleted. */
type Entries = Map<string, JsonValue | undefined>;

/** Files read at once when the newest does not hold what is looked for. */
const filesAtOnce = 16;

/**
 * The values of all keys, the latest of each.
 *
 * Writers that add to their metadata with every fragment leave thousands of files, each of which repeats the keys that matter:
 * files are read newest first, and no further once `enough` of the keys is there.
 */
export async function readMetadata(
  files: readonly TimedFile[],
  enough: (keys: ReadonlySet<string>) => boolean,
  engine: Engine,
  options: ReadOptions,
): Promise<JsonObject> {
  const known: Entries = new Map();
  const newestFirst = files.toReversed();
  for (let first = 0; first < newestFirst.length; ) {
    if (first > 0 && enough(new Set(known.keys()))) break;
    const count = first === 0 ? 1 : filesAtOnce;
    const batch = newestFirst.slice(first, first + count);
    const read = await Promise.all(batch.map((file) => readFile(file, engine, options)));
    for (const entries of read) {
      for (const [key, value] of entries) if (!known.has(key)) known.set(key, value);
    }
    first += count;
  }
  return Object.fromEntries(
    [...known].filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

async function readFile({ key }: TimedFile, engine: Engine, options: ReadOptions): Promise<Entries> {
  const stored = await engine.store.get(key, { ...options, priority: "metadata" });
  if (stored === undefined) return new Map(); // consolidated since it was listed: the new file holds its keys
  const { bytes } = await decodeGenericTile(stored, 0, key, engine, options.signal);
  return parseMetadata(bytes, key);
}

/** The entries of one file, in its order. */
export function parseMetadata(bytes: Uint8Array, where: string): Entries {
  const cursor = new ByteCursor(bytes, where);
  const entries: Entries = new Map();
  while (cursor.left > 0) {
    const key = cursor.text(cursor.u32());
    const isDeleted = cursor.u8() === 1;
    entries.set(key, isDeleted ? undefined : readEntry(cursor));
  }
  return entries;
}

/** Text as a string, one number as a number, several as a list; 64-bit integers beyond 2^53 as text. */
function readEntry(cursor: ByteCursor): JsonValue {
  const type = tiledbType(cursor.u8());
  const count = cursor.count(cursor.u32(), type.size);
  if (type.text !== undefined || type.name === "BLOB") {
    const bytes = cursor.bytes(count * type.size);
    return new TextDecoder(type.text === "utf16" ? "utf-16le" : "utf-8").decode(bytes);
  }
  const values = Array.from({ length: count }, (): JsonValue => {
    const value = readValue(cursor, type);
    if (typeof value === "number") return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  });
  return values.length === 1 ? values[0]! : values;
}
