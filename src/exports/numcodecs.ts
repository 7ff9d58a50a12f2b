/**
 * `cloudcrop/numcodecs`: the decoders in the shape of the package `numcodecs`.
 *
 * @module
 */
export {
  Adler32,
  Blosc,
  Crc32,
  Crc32c,
  codecs,
  GZip,
  LZ4,
  type NumcodecsCodec,
  type NumcodecsConstructor,
  Shuffle,
  Zlib,
  Zstd,
} from "../codec/numcodecs.js";
