/**
 * Checksums beside the data, verified and removed: Zarr v3's `crc32c` (four little-endian bytes at the end,
 * <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html>), numcodecs' `crc32`, `adler32` and
 * `crc32c`, whose option `location` says at which end, and HDF5's `fletcher32`, always at the end.
 *
 * @module
 */
import type { JsonReader } from "../core/json.js";
import type { KernelChecksum } from "../kernel/resident.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";

const CHECKSUM_BYTES = 4;

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

function defineChecksum(name: string, sum: KernelChecksum, usual: Location): CodecDefinition {
  return defineCodec<Location>({
    name,
    kind: "bytes-to-bytes",
    parse: parseLocation(name, usual),
    encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
    create: (location, kernels) => ({
      kind: "bytes-to-bytes",
      encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
      decode(bytes) {
        const cut = cutSum(name, location, bytes);
        const data = bytes.subarray(cut.from, cut.to);
        requireEqual(name, cut.stored, kernels[sum](data));
        return data;
      },
      enters: true,
      decodeResident(region, _, resident) {
        const cut = cutSum(name, location, resident.memory.view(region));
        const data = { at: region.at + cut.from, length: cut.to - cut.from };
        requireEqual(name, cut.stored, resident.checksum(sum, data));
        return data;
      },
    }),
  });
}

/** The stored sum, and where the data begins and ends beside it. */
function cutSum(
  name: string,
  location: Location,
  bytes: Uint8Array,
): { stored: number; from: number; to: number } {
  if (bytes.length < CHECKSUM_BYTES) throw corruptData(name, "the data is shorter than its checksum");
  const isAtEnd = location === "end";
  const sumAt = isAtEnd ? bytes.length - CHECKSUM_BYTES : 0;
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sumAt, true);
  return { stored, from: isAtEnd ? 0 : CHECKSUM_BYTES, to: isAtEnd ? sumAt : bytes.length };
}

function requireEqual(name: string, stored: number, computed: number): void {
  if (stored === computed) return;
  throw corruptData(name, `stored checksum ${hex(stored)}, computed ${hex(computed)}`);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

export const fletcher32: CodecDefinition = defineCodec({
  name: "fletcher32",
  kind: "bytes-to-bytes",
  parse: () => undefined,
  encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
  create: () => ({
    kind: "bytes-to-bytes",
    encodedLength: (decodedLength) => decodedLength + CHECKSUM_BYTES,
    decode(bytes) {
      const cut = cutSum("fletcher32", "end", bytes);
      const data = bytes.subarray(cut.from, cut.to);
      requireEqual("fletcher32", cut.stored, sumFletcher32(data));
      return data;
    },
  }),
});

/** Fletcher's sums of big-endian 16-bit words modulo 65535, as HDF5 computes them: a sum of 0 stays what it is, 65535 too. */
function sumFletcher32(data: Uint8Array): number {
  let [low, high] = [0, 0];
  const whole = data.length & ~1;
  for (let at = 0; at < whole; ) {
    // 360 words are the most whose sums stay below 2^32.
    for (const end = Math.min(whole, at + 720); at < end; at += 2) {
      low += (data[at]! << 8) | data[at + 1]!;
      high += low;
    }
    [low, high] = [fold(low), fold(high)];
  }
  if (whole < data.length) {
    low += data[whole]! << 8;
    [low, high] = [fold(low), fold(high + low)];
  }
  return ((fold(high) << 16) | fold(low)) >>> 0;
}

function fold(sum: number): number {
  return (sum & 0xffff) + (sum >>> 16);
}

export const crc32c: CodecDefinition = defineChecksum("crc32c", "crc32c", "end");
export const crc32: CodecDefinition = defineChecksum("crc32", "crc32", "start");
export const adler32: CodecDefinition = defineChecksum("adler32", "adler32", "start");
