/**
 * SCALE_FLOAT and XOR: floats as scaled integers, and values as the bits that changed
 * (tiledb/sm/filter/{float_scaling,xor}_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { corruptChunk, joinBytes, type UndoFilter } from "./types.js";

export interface FloatScale {
  readonly scale: number;
  readonly offset: number;
  /** Bytes of a stored integer. */
  readonly width: number;
}

/** `scale × integer + offset` in double precision, then rounded to the type. */
export function undoFloatScale({ scale, offset, width }: FloatScale): UndoFilter {
  return ({ metadata, data }, { type, limit }) => {
    const { parts, rest } = cutParts("SCALE_FLOAT", metadata, data);
    const results = parts.map((part) => {
      const count = part.length / width;
      if (!Number.isInteger(count) || count * type.size > limit) {
        throw corruptChunk("SCALE_FLOAT", `a part has ${part.length} bytes`);
      }
      const input = new DataView(part.buffer, part.byteOffset, part.byteLength);
      const bytes = new Uint8Array(count * type.size);
      const output = new DataView(bytes.buffer);
      for (let i = 0; i < count; i++) {
        const value = scale * readSigned(input, i * width, width) + offset;
        if (type.size === 4) output.setFloat32(i * 4, value, true);
        else output.setFloat64(i * 8, value, true);
      }
      return bytes;
    });
    return { metadata: rest, data: joinBytes(results) };
  };
}

function readSigned(view: DataView, at: number, width: number): number {
  if (width === 4) return view.getInt32(at, true);
  if (width === 8) return Number(view.getBigInt64(at, true));
  return width === 2 ? view.getInt16(at, true) : view.getInt8(at);
}

/** Every value was stored as its difference in bits from the one before it. */
export const undoXor: UndoFilter = ({ metadata, data }, { type: { size } }) => {
  const { parts, rest } = cutParts("XOR", metadata, data);
  const results = parts.map((part) => {
    if (part.length % size !== 0) throw corruptChunk("XOR", `a part has ${part.length} bytes`);
    const bytes = part.slice();
    for (let at = size; at < bytes.length; at++) bytes[at]! ^= bytes[at - size]!;
    return bytes;
  });
  return { metadata: rest, data: joinBytes(results) };
};

/** The parts whose lengths a header lists, and what is left of the metadata. */
function cutParts(
  filter: string,
  metadata: Uint8Array,
  data: Uint8Array,
): { parts: Uint8Array[]; rest: Uint8Array } {
  const header = new ByteCursor(metadata, filter);
  const count = header.count(header.u32(), 4);
  const input = new ByteCursor(data, filter);
  const parts = Array.from({ length: count }, () => input.bytes(header.u32()));
  if (input.left > 0) throw corruptChunk(filter, "the parts do not hold all bytes");
  return { parts, rest: header.bytes(header.left) };
}
