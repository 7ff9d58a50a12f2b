/**
 * The files of a zip archive, for tests that take stores apart (PKWARE APPNOTE 6.3; stored and deflated files, no zip64).
 *
 * @module
 */
import { inflateRawSync } from "node:zlib";

/** Reads an archive whole, by its central directory. */
export function openZip(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = new Map<string, Uint8Array>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      bytes.readUInt16LE(at + offset),
    );
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength!);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(from, from + bytes.readUInt32LE(at + 20));
    files.set(name, new Uint8Array(bytes.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)));
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  return files;
}
