/**
 * Runs a chunk through its codecs, last to first, as Zarr v3 lays them out:
 * <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#chunk-encoding>.
 *
 * @module
 */
import { countItems, itemBytes, lanesOf } from "../core/dtype.js";
import { isReaderError, ReaderError } from "../core/error.js";
import type { CodecSpec } from "../core/plan.js";
import type { Kernels } from "../kernel/kernel.js";
import { builtInCodecs, type CodecRegistry, checkCodecs, findCodec } from "./registry.js";
import type { ArrayMeta, Codec, DecodedArray } from "./types.js";

export interface DecodeOptions {
  readonly kernels: Kernels;
  /** Names the part in errors: a chunk key. */
  readonly label: string;
  /** Absent: the built-in codecs. */
  readonly registry?: CodecRegistry;
}

/**
 * Decodes one chunk. `bytes` is left as it is; the result owns its buffer, which may be transferred.
 *
 * @param specs in encoding order
 * @param meta the array to produce; without a shape, as many items as the data holds
 * @throws ReaderError `unknown-codec`, `invalid-metadata`; `codec-failed` when a codec cannot read its input;
 *   `corrupt` when a checksum or a length is wrong; `limit-exceeded`. Each names codec and label.
 */
export function decodeChunk(
  bytes: Uint8Array,
  specs: readonly CodecSpec[],
  meta: ArrayMeta,
  options: DecodeOptions,
): DecodedArray {
  const { kernels, label, registry = builtInCodecs } = options;
  const { innerMeta, bytesAt } = at(label, undefined, () => checkCodecs(specs, meta, registry));
  const codecs = specs.map(({ name, configuration = {} }) =>
    findCodec(name, registry).create(configuration, kernels),
  );

  const sizes = decodedSizes(codecs, bytesAt, innerMeta);
  let encoded = bytes;
  for (let i = codecs.length - 1; i > bytesAt; i--) {
    const codec = codecs[i]!;
    const size = sizes[i];
    encoded = at(label, specs[i]!.name, () => {
      const decoded = codec.kind === "bytes-to-bytes" ? codec.decode(encoded, size) : encoded;
      if (size !== undefined && decoded.length !== size) throw wrongLength(decoded.length, size, "bytes");
      return decoded;
    });
  }
  // Codecs may hand on what they were given, and the caller's bytes may be a cache's.
  if (encoded.buffer === bytes.buffer) encoded = encoded.slice();

  // What each array codec was given when encoding is what it must give back now.
  const metas: ArrayMeta[] = [meta];
  for (const codec of codecs.slice(0, bytesAt)) {
    if (codec.kind === "array-to-array") metas.push(codec.encodedMeta(metas.at(-1)!));
  }
  let array: DecodedArray | undefined;
  for (let i = bytesAt; i >= 0; i--) {
    const codec = codecs[i]!;
    const target = metas[i]!;
    array = at(label, specs[i]!.name, () => {
      const decoded = decodeArray(codec, encoded, array, target);
      const needed = target.shape && countItems(target.shape) * lanesOf(target.dtype);
      if (needed !== undefined && decoded.values.length !== needed) {
        throw wrongLength(decoded.values.length, needed, "numbers");
      }
      return decoded;
    });
  }
  return array!;
}

function decodeArray(
  codec: Codec,
  encoded: Uint8Array,
  array: DecodedArray | undefined,
  meta: ArrayMeta,
): DecodedArray {
  if (codec.kind === "array-to-bytes") return codec.decode(encoded, meta);
  return codec.kind === "array-to-array" && array !== undefined ? codec.decode(array, meta) : array!;
}

/** Bytes that each bytes-to-bytes codec has to produce, by position; undefined where data decides. */
function decodedSizes(codecs: readonly Codec[], bytesAt: number, meta: ArrayMeta): (number | undefined)[] {
  const sizes = new Array<number | undefined>(codecs.length).fill(undefined);
  let size = meta.shape && countItems(meta.shape) * itemBytes(meta.dtype);
  for (let i = bytesAt + 1; i < codecs.length; i++) {
    const codec = codecs[i]!;
    sizes[i] = size;
    size = size !== undefined && codec.kind === "bytes-to-bytes" ? codec.encodedLength?.(size) : undefined;
  }
  return sizes;
}

function wrongLength(found: number, needed: number, unit: string): ReaderError {
  return new ReaderError("corrupt", `decoded to ${found} ${unit} where the array has ${needed}.`);
}

/** Runs one stage; its failure is named after the codec and the part. */
function at<T>(label: string, codec: string | undefined, stage: () => T): T {
  try {
    return stage();
  } catch (thrown) {
    throw locate(thrown, label, codec);
  }
}

function locate(thrown: unknown, label: string, codec: string | undefined): ReaderError {
  const known = isReaderError(thrown) ? thrown : undefined;
  const code = known?.code ?? "codec-failed";
  const name = known?.detail.codec ?? codec;
  let reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (known !== undefined) {
    if (reason.startsWith(`${code}: `)) reason = reason.slice(code.length + 2);
    if (known.hint !== undefined && reason.endsWith(known.hint))
      reason = reason.slice(0, -known.hint.length - 1);
  }
  if (codec !== undefined && reason.startsWith(`${codec}: `)) reason = reason.slice(codec.length + 2);
  const where = codec === undefined ? label : `${codec} at ${label}`;
  return new ReaderError(code, `${where}: ${reason}`, {
    detail: { ...known?.detail, ...(name === undefined ? {} : { codec: name }), part: label },
    hint: known?.hint,
    cause: thrown,
  });
}
