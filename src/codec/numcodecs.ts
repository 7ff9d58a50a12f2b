/**
 * The decoders in the shape of the package `numcodecs` (https://github.com/manzt/numcodecs.js): classes with a `codecId` and
 * `fromConfig`, codecs with `decode`. zarrita's registry takes them as they are.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { isJsonObject, type JsonObject } from "../core/json.js";
import { type Kernels, loadKernels } from "../kernel/kernel.js";
import { createCodecRegistry, findCodec } from "./registry.js";
import { entries } from "./seldom.js";
import type { BytesCodec } from "./types.js";

const registry = createCodecRegistry(entries);

/** One codec: bytes in, bytes out. */
export interface NumcodecsCodec {
  /** What zarrita tells codecs apart by. */
  readonly kind: "bytes_to_bytes";
  /** @throws ReaderError `unsupported`: there are no encoders here */
  encode(data: Uint8Array): Promise<Uint8Array>;
  /**
   * Decodes; into the beginning of `out` where that is given, which is then returned.
   *
   * @throws ReaderError `codec-failed`, `corrupt`, `limit-exceeded` over 512 MiB
   */
  decode(data: Uint8Array, out?: Uint8Array): Promise<Uint8Array>;
  /** Encoded length for a decoded one; absent where it depends on the data. */
  computeEncodedSize?(decodedSize: number): number;
}

/** What makes a codec of its configuration, by the name it is stored under. */
export interface NumcodecsConstructor {
  readonly codecId: string;
  /** @throws ReaderError `invalid-metadata` naming the option */
  fromConfig(config?: unknown): NumcodecsCodec;
}

/** Immutable once made, so that one copy serves the whole page, as the decoders of the package do. */
let loading: Promise<Kernels> | undefined;

function kernels(): Promise<Kernels> {
  loading ??= loadKernels().catch((thrown: unknown) => {
    loading = undefined;
    throw thrown;
  });
  return loading;
}

function define(codecId: string): NumcodecsConstructor {
  const definition = findCodec(codecId, registry);
  return {
    codecId,
    fromConfig(config) {
      const configuration: JsonObject = isJsonObject(config) ? config : {};
      definition.check(configuration, { dtype: "uint8" });
      const { encodedLength } = definition;
      return {
        kind: "bytes_to_bytes",
        async encode() {
          throw new ReaderError("unsupported", `codec ${codecId} decodes only.`, {
            detail: { codec: codecId },
          });
        },
        async decode(data, out) {
          const codec = definition.create(configuration, await kernels()) as BytesCodec;
          const bytes = codec.decode(data);
          if (out === undefined) return bytes;
          if (bytes.length > out.length) {
            throw new ReaderError(
              "codec-failed",
              `${codecId}: the data decodes to ${bytes.length} bytes, there is room for ${out.length}.`,
              { detail: { codec: codecId } },
            );
          }
          out.set(bytes);
          return out;
        },
        ...(encodedLength === undefined ? {} : { computeEncodedSize: encodedLength }),
      };
    },
  };
}

export const Blosc: NumcodecsConstructor = define("blosc");
export const GZip: NumcodecsConstructor = define("gzip");
export const LZ4: NumcodecsConstructor = define("lz4");
export const Zlib: NumcodecsConstructor = define("zlib");
export const Zstd: NumcodecsConstructor = define("zstd");
export const Shuffle: NumcodecsConstructor = define("shuffle");
export const Crc32c: NumcodecsConstructor = define("crc32c");
export const Crc32: NumcodecsConstructor = define("crc32");
export const Adler32: NumcodecsConstructor = define("adler32");
export const Fletcher32: NumcodecsConstructor = define("fletcher32");
export const BZ2: NumcodecsConstructor = define("bz2");

/** The library's own, which no store names. */
const internal: ReadonlySet<string> = new Set(["vlen-item"]);

/**
 * Every codec from bytes to bytes, by each name that stores give it: `zstd`, and `numcodecs.zstd` of zarr-python.
 *
 * @example
 * for (const [name, codec] of codecs) zarr.registry.set(name, async () => codec);
 */
export const codecs: ReadonlyMap<string, NumcodecsConstructor> = new Map(
  [...registry]
    .filter(([name, { kind }]) => kind === "bytes-to-bytes" && !internal.has(name))
    .map(([name]) => [name, define(name)]),
);
