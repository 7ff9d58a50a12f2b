/**
 * Names in zip archives: UTF-8 where they say so, and what older writers meant (APPNOTE.TXT §4.4.4 bit 11, §4.6.9,
 * appendix D).
 *
 * @module
 */

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** Bit 11: the name is UTF-8. */
const saysUtf8 = 0x800;
const unicodePathField = 0x7075;
/** The upper half of IBM code page 437. */
const codePage437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** The name of a member, without a leading `./`. */
export function decodeZipName(name: Uint8Array, extra: Uint8Array, flags: number): string {
  const text = (flags & saysUtf8) !== 0 ? tryUtf8(name) : tryUtf8(unicodePath(extra) ?? name);
  return (text ?? fromCodePage(name)).replace(/^(?:\.?\/)+/, "");
}

/** Writers that do not set the bit write UTF-8 all the same (macOS), or the code page (DOS): invalid UTF-8 is the latter. */
function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function fromCodePage(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : codePage437[byte - 128])).join(
    "",
  );
}

/** The name that Info-ZIP adds beside one of a code page: version, CRC-32 of the other name, the name. */
function unicodePath(extra: Uint8Array): Uint8Array | undefined {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === unicodePathField && end <= extra.length && end >= at + 9) {
      return extra.subarray(at + 9, end);
    }
    at = end;
  }
  return undefined;
}
