/**
 * Base64 (RFC 4648 §4, padded) to bytes.
 *
 * @module
 */

/** The bytes of a base64 text; `undefined` where it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
