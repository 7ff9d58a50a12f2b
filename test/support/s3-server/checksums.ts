/**
 * @module The checksums uploads may carry (`x-amz-checksum-*`), computed to be compared: base64 of the big-endian
 * value, as the S3 API writes them.
 */
import { createHash } from "node:crypto";
import { S3Error } from "./errors.js";

const CRC32 = makeTable(0xedb88320);
const CRC32C = makeTable(0x82f63b78);

function makeTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

function crc(table: Uint32Array, bytes: Uint8Array): string {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ table[(value ^ byte) & 0xff]!;
  const out = Buffer.alloc(4);
  out.writeUInt32BE((value ^ 0xffffffff) >>> 0);
  return out.toString("base64");
}

const ALGORITHMS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  "x-amz-checksum-crc32": (bytes) => crc(CRC32, bytes),
  "x-amz-checksum-crc32c": (bytes) => crc(CRC32C, bytes),
  "x-amz-checksum-sha1": (bytes) => createHash("sha1").update(bytes).digest("base64"),
  "x-amz-checksum-sha256": (bytes) => createHash("sha256").update(bytes).digest("base64"),
};

/** Names of headers that are not values. */
const NOT_VALUES = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);

/**
 * Compares every checksum among the headers with the bytes and gives the one to be stored.
 * @throws S3Error `BadDigest`; `NotImplemented` for an algorithm not known here.
 */
export function verifyChecksums(
  headers: ReadonlyMap<string, string>,
  bytes: Uint8Array,
): { name: string; value: string } | undefined {
  let found: { name: string; value: string } | undefined;
  for (const [name, value] of headers) {
    if (!name.startsWith("x-amz-checksum-") || NOT_VALUES.has(name)) continue;
    const compute = ALGORITHMS[name];
    if (!compute) throw new S3Error("NotImplemented", `The checksum ${name} is not implemented here.`);
    if (compute(bytes) !== value) {
      throw new S3Error(
        "BadDigest",
        `The ${name.slice(15).toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
    found = { name, value };
  }
  return found;
}
