/**
 * DELTA, DOUBLE_DELTA and POSITIVE_DELTA: integers stored as differences
 * (tiledb/sm/compressors/{delta,dd}_compressor.cc, tiledb/sm/filter/positive_delta_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { type IntegerType, decodeDoubleDelta as plainDoubleDelta } from "../../kernel/twin/delta.js";
import type { DecodePart } from "./compressor.js";
import { sumFrom } from "./integers.js";
import { type CellType, corruptChunk, type UndoFilter } from "./types.js";

/** Count, first value, then differences of the same width: running sums that wrap around. */
export const decodeDelta: DecodePart = (part, size, { type }) => {
  const cursor = new ByteCursor(part, "DELTA");
  const count = cursor.size();
  if (count * type.size !== size || size > cursor.left) {
    throw corruptChunk("DELTA", `promises ${count} values where there are ${size} bytes`);
  }
  const values = cursor.bytes(size).slice();
  sumFrom(values, type.size, 0n);
  return values;
};

/** Bit size, count, two raw values, then changes of the difference as sign and magnitude. */
export const decodeDoubleDelta: DecodePart = (part, size, { type, kernels }) => {
  if (part.length < 9) throw corruptChunk("DOUBLE_DELTA", "a part is cut short");
  const [bits, count] = [part[0]!, new ByteCursor(part, "DOUBLE_DELTA").skip(1).size()];
  if (count * type.size !== size) {
    throw corruptChunk("DOUBLE_DELTA", `promises ${count} values where there are ${size} bytes`);
  }
  const isRaw = bits >= 8 * type.size - 1;
  const head = isRaw ? count : Math.min(count, 2);
  const words = isRaw ? 0 : Math.ceil(((count - head) * (bits + 1)) / 64);
  if (part.length < 9 + head * type.size + words * 8) {
    throw corruptChunk("DOUBLE_DELTA", "a part is cut short");
  }
  const { resident } = kernels;
  if (resident === undefined) return plainDoubleDelta(part, integerType(type));
  const { memory } = resident;
  return memory.scoped(() =>
    memory.take(resident.decodeDoubleDelta(memory.enter(part), integerType(type), size)),
  );
};

/** Windows of differences from an offset each; floats, and datetimes before format 20, were left alone. */
export const undoPositiveDelta: UndoFilter = ({ metadata, data }, { type, version }) => {
  if (type.kind === "float" || (type.kind === "datetime" && version < 20)) return { metadata, data };
  const header = new ByteCursor(metadata, "POSITIVE_DELTA");
  const windows = header.count(header.u32(), type.size + 4);
  const values = data.slice();
  let at = 0;
  for (let window = 0; window < windows; window++) {
    const offset = readInteger(header, type.size);
    const length = header.u32();
    if (length > values.length - at || length % type.size !== 0) {
      throw corruptChunk("POSITIVE_DELTA", `a window has ${length} bytes`);
    }
    sumFrom(values.subarray(at, at + length), type.size, offset);
    at += length;
  }
  if (at !== values.length) throw corruptChunk("POSITIVE_DELTA", "the windows do not hold all values");
  return { metadata: header.bytes(header.left), data: values };
};

function integerType({ size, kind }: CellType): IntegerType {
  return { size: size as IntegerType["size"], isSigned: kind !== "unsigned" };
}

/** An integer of 1, 2, 4 or 8 bytes; its sign is of no matter to sums that wrap around. */
export function readInteger(cursor: ByteCursor, size: number): bigint {
  if (size === 8) return cursor.u64();
  return BigInt(size === 4 ? cursor.u32() : size === 2 ? cursor.u16() : cursor.u8());
}
