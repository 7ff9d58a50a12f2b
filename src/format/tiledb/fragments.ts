/**
 * The fragments of an array: their footers, out of consolidated metadata where there is some, and the schemas they were
 * written with (format_spec/consolidated_fragment_metadata_file.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import { startPace } from "../../core/pace.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { readRange } from "../../store/read-range.js";
import type { ReadOptions } from "../../store/types.js";
import { type ArrayDirectory, type FragmentName, latestSchema, oldSchemaKey } from "./directory.js";
import { checkFragmentVersion, footerLength, parseFooter, readFooterHead } from "./footer.js";
import { Fragment } from "./fragment.js";
import { decodeGenericTile } from "./generic-tile.js";
import { lastSegment } from "./names.js";
import { type ArraySchema, parseSchema } from "./schema.js";

/** Footers of most fragments are in the last bytes of so many; a small fragment's file is read whole by it. */
const tailBytes = 32 * 1024;

/** Metadata files that came whole with their footers are kept up to so many bytes together; the others are asked for again. */
const keptBytes = 16 * 1024 * 1024;
/** Footers under way at once. */
const footersAhead = 128;

/** Schemas of an array by file name, read once each. */
export class SchemaCache {
  readonly #engine: Engine;
  readonly #directory: ArrayDirectory;
  readonly #schemas = new Map<AbsolutePath, Promise<ArraySchema>>();

  constructor(directory: ArrayDirectory, engine: Engine) {
    this.#directory = directory;
    this.#engine = engine;
  }

  /** The schema in force. */
  latest(options: ReadOptions): Promise<ArraySchema> {
    const file = latestSchema(this.#directory);
    if (file !== undefined) return this.#read(file.key, options);
    throw new ReaderError("unknown-format", "There is no schema in __schema/: this is no TileDB array.");
  }

  /** The schema of a fragment: the one it names, or the only one that old formats had. */
  named(name: string | undefined, options: ReadOptions): Promise<ArraySchema> {
    const isOld = name === undefined || name === lastSegment(oldSchemaKey);
    return this.#read(isOld ? oldSchemaKey : `/__schema/${name}`, options);
  }

  #read(key: AbsolutePath, options: ReadOptions): Promise<ArraySchema> {
    let schema = this.#schemas.get(key);
    if (schema === undefined) {
      schema = this.#readSchema(key, options);
      this.#schemas.set(key, schema);
      schema.catch(() => this.#schemas.delete(key));
    }
    return schema;
  }

  async #readSchema(key: AbsolutePath, options: ReadOptions): Promise<ArraySchema> {
    const bytes = await this.#engine.store.get(key, { ...options, priority: "metadata" });
    if (bytes === undefined) {
      throw new ReaderError("corrupt", `${key} is not there, and a fragment was written with it.`, {
        detail: { key },
      });
    }
    return parseSchema(await decodeGenericTile(bytes, 0, key, this.#engine, options.signal), key);
  }
}

/** Footers in consolidated metadata, by fragment name. */
export async function readConsolidatedFooters(
  { consolidatedMetadata }: ArrayDirectory,
  engine: Engine,
  options: ReadOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const file = consolidatedMetadata.toSorted((a, b) => a.end - b.end).at(-1);
  const bytes = file && (await engine.store.get(file.key, { ...options, priority: "metadata" }));
  if (file === undefined || bytes === undefined) return new Map();
  const tile = await decodeGenericTile(bytes, 0, file.key, engine, options.signal);
  const cursor = new ByteCursor(tile.bytes, file.key);
  const count = cursor.count(cursor.u32(), 16);
  const footers = new Map<string, Uint8Array>();
  for (let entry = 0; entry < count; entry++) {
    const name = lastSegment(cursor.text(cursor.size()));
    const offset = cursor.size();
    if (offset > tile.bytes.length) throw cursor.corrupt(`the footer of ${name} lies behind the end`);
    footers.set(name, tile.bytes.subarray(offset));
  }
  return footers;
}

/**
 * Fragments with what their footers say, in order of time; fragments without cells are left out. There may be thousands: so many
 * are asked for at once, and the thread goes on with other work in between.
 */
export async function readFragments(
  directory: ArrayDirectory,
  schemas: SchemaCache,
  footers: ReadonlyMap<string, Uint8Array>,
  engine: Engine,
  options: ReadOptions,
): Promise<Fragment[]> {
  let spare = keptBytes;
  const read = async (name: FragmentName): Promise<Fragment> => {
    checkFragmentVersion(name.version ?? 3, name.folder);
    const known = footers.get(name.name);
    const stored: Tail =
      known === undefined ? await readTail(name, schemas, engine, options) : { footer: known };
    spare -= stored.whole?.length ?? 0;
    const whole = spare < 0 ? undefined : stored.whole;
    const where = `${name.folder}/__fragment_metadata.tdb`;
    const { schemaName } = readFooterHead(stored.footer, where);
    const schema = await schemas.named(schemaName, options);
    return new Fragment(name, schema, parseFooter(stored.footer, schema, where), engine, whole);
  };
  const fragments: Fragment[] = [];
  const pace = startPace(64);
  for await (const fragment of mapAhead(directory.fragments, footersAhead, read)) {
    if (fragment.footer.nonEmptyDomain !== undefined) fragments.push(fragment);
    const waiting = pace.step();
    if (waiting !== undefined) await waiting;
  }
  return fragments;
}

/** A footer, and the whole metadata file where it came along. */
interface Tail {
  readonly footer: Uint8Array;
  readonly whole?: Uint8Array;
}

async function readTail(
  { folder, version }: FragmentName,
  schemas: SchemaCache,
  engine: Engine,
  options: ReadOptions,
): Promise<Tail> {
  const { store } = engine;
  const key: AbsolutePath = `${folder}/__fragment_metadata.tdb`;
  const read = { ...options, priority: "metadata" } as const;
  const size = await store.size?.(key, read);
  if (size === undefined) {
    const whole = await store.get(key, read);
    if (whole === undefined) throw vacuumed(key);
    return cut(whole, 0, whole.length);
  }
  const start = Math.max(0, size - tailBytes);
  const tail = await readRange(store, key, { offset: start, length: size - start }, read);
  if (tail === undefined) throw vacuumed(key);
  return cut(tail, start, size);

  async function cut(bytes: Uint8Array, from: number, total: number): Promise<Tail> {
    const isStored = (version ?? 0) >= 10 || (await hasTextDimension());
    const cursor = new ByteCursor(bytes, key);
    const behind = isStored ? 8 : 0;
    const length = isStored
      ? cursor.seek(Math.max(0, bytes.length - 8)).size()
      : footerLength(await formatOf(), await schemas.named(undefined, options));
    const whole = from === 0 ? { whole: bytes } : {};
    const at = bytes.length - behind - length;
    if (at >= 0) return { footer: bytes.subarray(at, bytes.length - behind), ...whole };
    if (from === 0 || length > total) throw cursor.corrupt(`says its footer has ${length} bytes`);
    const offset = total - behind - length;
    const footer = await readRange(store, key, { offset, length }, read);
    if (footer === undefined) throw vacuumed(key);
    return { footer };
  }

  /** Names of formats 3 and 4 do not tell the version, but those differ in nothing here. */
  function formatOf(): number {
    return version ?? 3;
  }

  async function hasTextDimension(): Promise<boolean> {
    const { dimensions } = await schemas.named(undefined, options);
    return dimensions.some(({ type }) => type.text !== undefined);
  }
}

function vacuumed(key: AbsolutePath): ReaderError {
  return new ReaderError("changed", `${key} is gone: the array was vacuumed while it was read.`, {
    hint: "Open it again.",
    detail: { key },
  });
}
