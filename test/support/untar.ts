/**
 * Files of a tar archive, compressed with gzip. Layout: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, "ustar".
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { AbsolutePath } from "../../src/core/plan.js";

const block = 512;

/** The files of an archive by path, beginning with a slash. */
export function untar(path: string | URL): Map<AbsolutePath, Uint8Array> {
  const bytes = gunzipSync(readFileSync(path));
  const text = (at: number, length: number): string =>
    bytes
      .subarray(at, at + length)
      .toString("latin1")
      .replace(/\0.*$/s, "");
  const files = new Map<AbsolutePath, Uint8Array>();
  for (let at = 0; bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const folder = text(at + 345, 155);
    const start = at + block;
    const file = new Uint8Array(bytes.subarray(start, start + size));
    files.set(`/${folder === "" ? "" : `${folder}/`}${text(at, 100)}`, file);
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}
