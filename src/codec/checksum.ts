/**
 * Checksums beside the data, verified and removed: Zarr v3's `crc32c` (four little-endian bytes at the end,
 * <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html>) and numcodecs' `crc32`, `adler32` and
 * `crc32c`, whose option `location` says at which end.
 *
 * @module
 */
import type { JsonReader } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";

const CHECKSUM_BYTES = 4;

type Sum = "crc32" | "crc32c" | "adler32";
type Location = "start" | "end";

function parseLocation(name: string, usual: Location): (configuration: JsonReader) => Location {
  return (configuration) => {
    const location = configuration.optional("location", (self) => self.string("location")) ?? usual;
    if (location !== "start" && location !== "end") {
      throw invalidOption(name, "location", `should be "start" or "end", found "${location}"`);
    }
    return location;
  };
}

function defineChecksum(name: string, sum: Sum, usual: Location): CodecDefinition {
  return defineCodec<Location>({
    name,
    kind: "bytes-to-bytes",
    parse: parseLocation(name, usual),
    encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
    create: (location, kernels) => ({
      kind: "bytes-to-bytes",
      encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
      decode: (bytes) => verify(name, sum, location, bytes, kernels),
    }),
  });
}

function verify(name: string, sum: Sum, location: Location, bytes: Uint8Array, kernels: Kernels): Uint8Array {
  if (bytes.length < CHECKSUM_BYTES) throw corruptData(name, "the data is shorter than its checksum");
  const cut = bytes.length - CHECKSUM_BYTES;
  const sumAt = location === "end" ? cut : 0;
  const data = location === "end" ? bytes.subarray(0, cut) : bytes.subarray(CHECKSUM_BYTES);
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sumAt, true);
  const computed = kernels[sum](data);
  if (stored !== computed) {
    throw corruptData(name, `stored checksum ${hex(stored)}, computed ${hex(computed)}`);
  }
  return data;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

export const crc32c: CodecDefinition = defineChecksum("crc32c", "crc32c", "end");
export const crc32: CodecDefinition = defineChecksum("crc32", "crc32", "start");
export const adler32: CodecDefinition = defineChecksum("adler32", "adler32", "start");
