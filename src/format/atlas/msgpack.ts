/**
 * MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>) with text as keys; extensions are refused.
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { maxDepth, type Tree } from "./tree.js";

/**
 * Parses one value, which must fill the bytes.
 *
 * @throws ReaderError `corrupt`
 */
export function parseMsgpack(bytes: Uint8Array, where: string): Tree {
  const cursor = new ByteCursor(bytes, where);
  const value = readValue(cursor, 0);
  if (cursor.left > 0) throw cursor.corrupt(`has ${cursor.left} bytes behind its end`);
  return value;
}

function readValue(cursor: ByteCursor, depth: number): Tree {
  if (depth > maxDepth) throw cursor.corrupt("is nested too deeply");
  const head = cursor.u8();
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(cursor, head & 15, depth);
  if (head < 0xa0) return readList(cursor, head & 15, depth);
  if (head < 0xc0) return cursor.text(head & 31);
  if (head >= 0xe0) return head - 256;
  const read = readers[head - 0xc0];
  if (read === undefined) throw cursor.corrupt(`holds the MessagePack type ${head}, which is not read`);
  return read(cursor, depth);
}

type Read = (cursor: ByteCursor, depth: number) => Tree;

/** From 0xc0 on. */
const readers: readonly (Read | undefined)[] = [
  () => undefined,
  undefined,
  () => false,
  () => true,
  (cursor) => cursor.bytes(cursor.u8()),
  (cursor) => cursor.bytes(big16(cursor)),
  (cursor) => cursor.bytes(big32(cursor)),
  ...new Array<undefined>(3).fill(undefined),
  (cursor) => view(cursor, 4).getFloat32(0),
  (cursor) => view(cursor, 8).getFloat64(0),
  (cursor) => cursor.u8(),
  big16,
  big32,
  (cursor) => small(view(cursor, 8).getBigUint64(0)),
  (cursor) => view(cursor, 1).getInt8(0),
  (cursor) => view(cursor, 2).getInt16(0),
  (cursor) => view(cursor, 4).getInt32(0),
  (cursor) => small(view(cursor, 8).getBigInt64(0)),
  ...new Array<undefined>(5).fill(undefined),
  (cursor) => cursor.text(cursor.u8()),
  (cursor) => cursor.text(big16(cursor)),
  (cursor) => cursor.text(big32(cursor)),
  (cursor, depth) => readList(cursor, big16(cursor), depth),
  (cursor, depth) => readList(cursor, big32(cursor), depth),
  (cursor, depth) => readMap(cursor, big16(cursor), depth),
  (cursor, depth) => readMap(cursor, big32(cursor), depth),
];

function readList(cursor: ByteCursor, count: number, depth: number): Tree {
  return Array.from({ length: cursor.count(count, 1) }, () => readValue(cursor, depth + 1));
}

function readMap(cursor: ByteCursor, count: number, depth: number): Tree {
  const map = new Map<string, Tree>();
  for (let left = cursor.count(count, 2); left > 0; left--) {
    const key = readValue(cursor, depth + 1);
    if (typeof key !== "string" || map.has(key))
      throw cursor.corrupt(`has the key ${String(key)} twice or no text`);
    map.set(key, readValue(cursor, depth + 1));
  }
  return map;
}

function view(cursor: ByteCursor, length: number): DataView {
  const bytes = cursor.bytes(length);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

function big16(cursor: ByteCursor): number {
  return view(cursor, 2).getUint16(0);
}

function big32(cursor: ByteCursor): number {
  return view(cursor, 4).getUint32(0);
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
