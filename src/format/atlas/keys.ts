/**
 * Keys as the `object_store` crate makes them of names (`path/parts.rs`): some characters are percent-encoded in the key itself.
 *
 * @module
 */

const kept = /^[ !$&'()+,\-.0-9:;=@A-Z_a-z]$/;

/** One segment of a key. */
export function encodeSegment(name: string): string {
  return Array.from(name, (character) => (kept.test(character) ? character : encode(character))).join("");
}

function encode(character: string): string {
  const bytes = Array.from(new TextEncoder().encode(character));
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
