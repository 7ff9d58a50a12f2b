/**
 * Generic tiles: every small structure of an array is one (format_spec/generic_tile.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import type { Engine } from "../../engine/engine.js";
import { readPipeline, tileCodec } from "./pipeline.js";

/** The newest format this library reads. */
export const newestFormat = 23;
/** No schema, index or metadata file of a real array comes near. */
const maxDecodedBytes = 256 * 1024 * 1024;
const headerBytes = 34;

/** A decoded generic tile, and where the next one may begin. */
export interface GenericTile {
  readonly version: number;
  readonly bytes: Uint8Array;
  /** Offset behind the stored tile. */
  readonly end: number;
}

/**
 * Decodes the generic tile at an offset.
 *
 * @param where names the file in messages
 * @throws ReaderError `unsupported` for encrypted arrays and formats newer than 23; `corrupt`
 */
export async function decodeGenericTile(
  stored: Uint8Array,
  offset: number,
  where: string,
  engine: Engine,
  signal?: AbortSignal,
): Promise<GenericTile> {
  const cursor = new ByteCursor(stored, where).seek(offset);
  const version = checkVersion(cursor.u32(), where);
  const storedBytes = cursor.size();
  const decodedBytes = cursor.size();
  const type = cursor.u8();
  cursor.skip(8);
  if (cursor.u8() !== 0) {
    throw new ReaderError("unsupported", `${where} is encrypted; encrypted TileDB arrays cannot be read.`);
  }
  if (decodedBytes > maxDecodedBytes) throw cursor.corrupt(`promises ${decodedBytes} bytes`);
  const pipelineBytes = cursor.u32();
  const filters = readPipeline(cursor);
  cursor.seek(offset + headerBytes + pipelineBytes);
  const column = {
    name: where,
    bytes: cursor.bytes(storedBytes),
    codecs: [tileCodec({ version, type, filters })],
    dtype: "uint8",
    shape: [decodedBytes],
  } as const;
  const { data } = await engine.decodeBlock(column, signal === undefined ? {} : { signal });
  return { version, bytes: data as Uint8Array, end: cursor.at };
}

/** @throws ReaderError `unsupported` for a format this library does not know */
export function checkVersion(version: number, where: string): number {
  if (version >= 1 && version <= newestFormat) return version;
  const what = version === 0xffffffff ? "an experimental format" : `format ${version}`;
  throw new ReaderError(
    "unsupported",
    `${where} is written in ${what}; TileDB formats 1 to ${newestFormat} are known.`,
    {
      hint: "A newer version of this library may read it.",
    },
  );
}
