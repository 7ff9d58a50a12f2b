/**
 * BIT_WIDTH_REDUCTION: windows of integers as unsigned differences from their minimum, in as few bytes as they need
 * (tiledb/sm/filter/bit_width_reduction_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { readInteger } from "./deltas.js";
import { corruptChunk, type UndoFilter } from "./types.js";

/** Bytes, floats, and datetimes before format 20, were left alone, and have no header. */
export const undoBitWidth: UndoFilter = ({ metadata, data }, { type, version, limit }) => {
  const { size, kind } = type;
  if (size === 1 || kind === "float" || (kind === "datetime" && version < 20)) return { metadata, data };
  const header = new ByteCursor(metadata, "BIT_WIDTH_REDUCTION");
  const length = header.u32();
  if (length > limit) throw corruptChunk("BIT_WIDTH_REDUCTION", `promises ${length} bytes`);
  const windows = header.count(header.u32(), size + 5);
  const input = new ByteCursor(data, "BIT_WIDTH_REDUCTION");
  const result = new Uint8Array(length);
  let at = 0;
  for (let window = 0; window < windows; window++) {
    const offset = readInteger(header, size);
    const bits = header.u8();
    const bytes = header.u32();
    if (bytes > length - at) throw corruptChunk("BIT_WIDTH_REDUCTION", `a window has ${bytes} bytes`);
    const target = result.subarray(at, at + bytes);
    if (bits >= 8 * size || bytes % size !== 0) target.set(input.bytes(bytes));
    else if (bits === 8 || bits === 16 || bits === 32) {
      widen(input.bytes((bytes / size) * (bits / 8)), bits / 8, target, size, offset, kind !== "unsigned");
    } else throw corruptChunk("BIT_WIDTH_REDUCTION", `${bits} bits is no width`);
    at += bytes;
  }
  if (at !== length || input.left > 0) {
    throw corruptChunk("BIT_WIDTH_REDUCTION", `the windows hold ${at} of ${length} bytes`);
  }
  return { metadata: header.bytes(header.left), data: result };
};

/** Integers of `from` bytes, signed or not, to `size` bytes with an offset added; sums wrap around. */
function widen(
  narrow: Uint8Array,
  from: number,
  target: Uint8Array,
  size: number,
  offset: bigint,
  isSigned: boolean,
): void {
  const input = new DataView(narrow.buffer, narrow.byteOffset, narrow.byteLength);
  const output = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const read = (at: number): number => {
    if (from === 1) return isSigned ? input.getInt8(at) : input.getUint8(at);
    if (from === 2) return isSigned ? input.getInt16(at, true) : input.getUint16(at, true);
    return isSigned ? input.getInt32(at, true) : input.getUint32(at, true);
  };
  const count = target.length / size;
  if (size === 8) {
    for (let i = 0; i < count; i++) {
      output.setBigUint64(i * 8, BigInt.asUintN(64, BigInt(read(i * from)) + offset), true);
    }
    return;
  }
  const base = Number(offset);
  for (let i = 0; i < count; i++) {
    const value = read(i * from) + base;
    if (size === 4) output.setUint32(i * 4, value, true);
    else output.setUint16(i * 2, value, true);
  }
}
