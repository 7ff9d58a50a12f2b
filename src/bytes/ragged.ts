/**
 * Items without a common length (`string`, `bytes`, lists) as two buffers: where each item begins, and the bytes of all of them.
 * This is how they are decoded, cropped, gathered and sent between threads; whoever hands out results makes strings of them
 * at the end. Apache Arrow's variable-size binary layout, offsets of 32 bits.
 *
 * @module
 */
import { arrayOf, listedType, type NumberType, type RaggedType, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";

/** Items in order: item `i` is `bytes[offsets[i]]` up to `bytes[offsets[i + 1]]`; text is UTF-8. Plain data. */
export interface Ragged {
  /** Items. */
  readonly length: number;
  /** `length + 1`, ascending. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

/** What a column or a block may hold on its way. */
export type Values = TypedArray | Ragged;

/** What results hold items without a common length in. */
export type Items = string[] | TypedArray[];

/** Most bytes that offsets of 32 bits reach. */
const maxBytes = 2 ** 32 - 1;

/** Tells items of any length from numbers. */
export function isRaggedValues(values: Values): values is Ragged {
  return "offsets" in values;
}

/**
 * The numbers among values.
 *
 * @throws ReaderError `unsupported` for items without a common length
 */
export function numbersOf(values: Values): TypedArray {
  if (!isRaggedValues(values)) return values;
  throw new ReaderError("unsupported", "Text and byte strings were found where numbers are needed.");
}

/**
 * Items over offsets and bytes that came from a file.
 *
 * @throws ReaderError `corrupt` unless the offsets ascend and stay within the bytes
 */
export function checkRagged(offsets: Uint32Array, bytes: Uint8Array, what: string): Ragged {
  let last = 0;
  for (let index = 0; index < offsets.length; index++) {
    const offset = offsets[index]!;
    if (offset < last) throw new ReaderError("corrupt", `${what}: offset ${index} goes back to ${offset}.`);
    last = offset;
  }
  if (last > bytes.length || offsets.length === 0) {
    throw new ReaderError("corrupt", `${what}: the offsets reach ${last}; there are ${bytes.length} bytes.`);
  }
  return { length: offsets.length - 1, offsets, bytes };
}

/** Puts items of known lengths together; `item(i)` is asked once for each, in order. */
export function buildRagged(length: number, item: (index: number) => Uint8Array): Ragged {
  const parts: Uint8Array[] = [];
  const offsets = new Uint32Array(length + 1);
  let total = 0;
  for (let index = 0; index < length; index++) {
    const part = item(index);
    parts.push(part);
    total += part.length;
    if (total > maxBytes) throw tooLarge(total);
    offsets[index + 1] = total;
  }
  const bytes = allocate(total);
  for (let index = 0; index < length; index++) bytes.set(parts[index]!, offsets[index]!);
  return { length, offsets, bytes };
}

/** A view of one item. */
export function itemOf({ offsets, bytes }: Ragged, index: number): Uint8Array {
  return bytes.subarray(offsets[index]!, offsets[index + 1]!);
}

/** One item many times. */
export function repeatRagged(item: Uint8Array, length: number): Ragged {
  const total = item.length * length;
  if (total > maxBytes) throw tooLarge(total);
  const offsets = Uint32Array.from({ length: length + 1 }, (_, index) => index * item.length);
  const bytes = allocate(total);
  if (item.length > 0) for (let at = 0; at < total; at += item.length) bytes.set(item, at);
  return { length, offsets, bytes };
}

/**
 * The items of these rows, `width` items each, in buffers of their own. The caller has checked that every row is there.
 *
 * @throws ReaderError `limit-exceeded` over 4 GiB
 */
export function gatherRagged({ offsets: from, bytes }: Ragged, rows: Uint32Array, width = 1): Ragged {
  const length = rows.length * width;
  const offsets = new Uint32Array(length + 1);
  let total = 0;
  for (let row = 0, to = 0; row < rows.length; row++) {
    for (let item = rows[row]! * width, end = item + width; item < end; item++) {
      total += from[item + 1]! - from[item]!;
      if (total > maxBytes) throw tooLarge(total);
      offsets[++to] = total;
    }
  }
  const gathered = allocate(total);
  for (let row = 0; row < rows.length; row++) {
    const first = rows[row]! * width;
    gathered.set(bytes.subarray(from[first]!, from[first + width]!), offsets[row * width]!);
  }
  return { length, offsets, bytes: gathered };
}

/** The numbers of items, to be cropped or placed in their stead. */
export function countUp(length: number, from = 0): Uint32Array {
  return Uint32Array.from({ length }, (_, index) => from + index);
}

/** The same items in buffers of their own, without what lies before and after them. */
export function ownRagged({ length, offsets, bytes }: Ragged): Ragged {
  const [start, end] = [offsets[0]!, offsets[length]!];
  const fills = (view: Uint8Array | Uint32Array): boolean => view.byteLength === view.buffer.byteLength;
  if (
    start === 0 &&
    end === bytes.length &&
    offsets.length === length + 1 &&
    fills(bytes) &&
    fills(offsets)
  ) {
    return { length, offsets, bytes };
  }
  return {
    length,
    offsets: offsets.slice(0, length + 1).map((offset) => offset - start),
    bytes: bytes.slice(start, end),
  };
}

/** Bytes that values take. */
export function bytesOfValues(values: Values): number {
  return isRaggedValues(values) ? values.offsets.byteLength + values.bytes.byteLength : values.byteLength;
}

/** Lists of items one after another. */
export function concatRagged(lists: readonly Ragged[]): Ragged {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const total = lists.reduce((sum, list) => sum + list.offsets[list.length]! - list.offsets[0]!, 0);
  if (total > maxBytes) throw tooLarge(total);
  const offsets = new Uint32Array(length + 1);
  const bytes = allocate(total);
  let [item, at] = [0, 0];
  for (const list of lists) {
    const start = list.offsets[0]!;
    for (let index = 0; index < list.length; index++) {
      offsets[++item] = at + list.offsets[index + 1]! - start;
    }
    bytes.set(list.bytes.subarray(start, list.offsets[list.length]!), at);
    at = offsets[item]!;
  }
  return { length, offsets, bytes };
}

/**
 * Items as results hold them: strings, or views of `bytes`.
 *
 * @param what names the items in errors
 * @throws ReaderError `corrupt` when text is no UTF-8, or a list no whole number of values
 */
export function toItems(list: Ragged, dtype: RaggedType, what: string): Items {
  const listed = listedType(dtype);
  if (listed !== undefined) return toLists(list, listed, what);
  if (dtype === "bytes") return Array.from({ length: list.length }, (_, index) => itemOf(list, index));
  return toStrings(list, what);
}

function toLists(list: Ragged, dtype: NumberType, what: string): TypedArray[] {
  const make = arrayOf(dtype);
  const size = make.BYTES_PER_ELEMENT;
  return Array.from({ length: list.length }, (_, index) => {
    const item = itemOf(list, index);
    if (item.length % size !== 0) {
      throw new ReaderError(
        "corrupt",
        `${what}: item ${index} has ${item.length} bytes, which are no whole number of ${dtype}.`,
      );
    }
    const { buffer, byteOffset } = item.byteOffset % size === 0 ? item : item.slice();
    return new make(buffer, byteOffset, item.length / size);
  });
}

/** A leading U+FEFF is part of the text. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function toStrings(list: Ragged, what: string): string[] {
  const { length, offsets, bytes } = list;
  const start = offsets[0]!;
  const used = bytes.subarray(start, offsets[length]!);
  let index = 0;
  try {
    const strings = new Array<string>(length);
    // One call for all where every character is one byte.
    const text = utf8.decode(used);
    if (text.length === used.length) {
      for (; index < length; index++) {
        strings[index] = text.slice(offsets[index]! - start, offsets[index + 1]! - start);
      }
    } else for (; index < length; index++) strings[index] = utf8.decode(itemOf(list, index));
    return strings;
  } catch (cause) {
    const bad = findBadText(list);
    throw new ReaderError("corrupt", `${what}: item ${bad} is no UTF-8 text.`, { cause });
  }
}

/** The first item that is no text. */
function findBadText(list: Ragged): number {
  for (let index = 0; index < list.length; index++) {
    try {
      utf8.decode(itemOf(list, index));
    } catch {
      return index;
    }
  }
  return list.length;
}

function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw tooLarge(length, cause);
  }
}

function tooLarge(length: number, cause?: unknown): ReaderError {
  return new ReaderError("limit-exceeded", `The items take ${length} bytes, more than fits in memory.`, {
    hint: "Ask for a smaller box.",
    cause,
  });
}
