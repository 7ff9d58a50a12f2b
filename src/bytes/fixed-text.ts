/**
 * Texts in items of one length, with zeros behind the shorter ones, as numpy has them (`<U5`, `|S5`).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/** The bytes of an item without the zeros behind them. */
export function trimZeros(item: Uint8Array): Uint8Array {
  let end = item.length;
  while (end > 0 && item[end - 1] === 0) end--;
  return item.subarray(0, end);
}

/**
 * An item of UTF-32 as UTF-8; its length is a multiple of 4.
 *
 * @throws ReaderError `corrupt` where a number is no character
 */
export function recodeUtf32(item: Uint8Array, isLittle: boolean): Uint8Array {
  const view = new DataView(item.buffer, item.byteOffset, item.byteLength);
  let end = item.length;
  while (end > 0 && view.getUint32(end - 4, isLittle) === 0) end -= 4;
  let text = "";
  for (let at = 0; at < end; at += 4) {
    const point = view.getUint32(at, isLittle);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      throw new ReaderError("corrupt", `0x${point.toString(16)} is no character.`);
    }
    text += String.fromCodePoint(point);
  }
  return new TextEncoder().encode(text);
}
