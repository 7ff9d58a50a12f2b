/**
 * Runs a chunk through its codecs, last to first, as Zarr v3 lays them out:
 * <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#chunk-encoding>.
 *
 * @module
 */
import { cropValues, wholeCrop } from "../bytes/block.js";
import { isRaggedValues, ownRagged, type Values } from "../bytes/ragged.js";
import { countItems, isRagged, itemBytes, lanesOf } from "../core/dtype.js";
import { isReaderError, ReaderError } from "../core/error.js";
import type { CodecSpec } from "../core/plan.js";
import type { Kernels } from "../kernel/kernel.js";
import type { Region } from "../kernel/memory.js";
import type { ResidentKernels } from "../kernel/resident.js";
import { builtInCodecs, type CodecRegistry, checkCodecs, findCodec } from "./registry.js";
import type { ArrayBytesCodec, ArrayCodec, ArrayMeta, BytesCodec, Codec, DecodedArray } from "./types.js";

export interface DecodeOptions {
  readonly kernels: Kernels;
  /** Names the part in errors: a chunk key. */
  readonly label: string;
  /** Absent: the built-in codecs. */
  readonly registry?: CodecRegistry | undefined;
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
  return inScope(options.kernels, () => {
    const array = inOrder(placeChunk(bytes, specs, meta, options), meta);
    const values = ownValues(array.values, bytes);
    return meta.shape === undefined ? { values } : { values, shape: meta.shape };
  });
}

/** Runs `work` and gives back what it placed in the kernels' memory, where they have one. */
export function inScope<T>(kernels: Kernels, work: () => T): T {
  return kernels.resident === undefined ? work() : kernels.resident.memory.scoped(work);
}

/** `values`, or a copy of them where others use their buffer: the kernels' memory, the encoded bytes, or more numbers. */
export function ownValues<V extends Values>(values: V, encoded: Uint8Array | undefined): V;
export function ownValues(values: Values, encoded: Uint8Array | undefined): Values {
  if (isRaggedValues(values)) {
    return ownRagged(
      values.bytes.buffer === encoded?.buffer ? { ...values, bytes: values.bytes.slice() } : values,
    );
  }
  const isOwn = values.byteLength === values.buffer.byteLength && values.buffer !== encoded?.buffer;
  return isOwn ? values : values.slice();
}

/**
 * As `decodeChunk`, but the numbers stay where the last codec put them: in the kernels' memory until the scope ends
 * (`inScope`), in `bytes` themselves when nothing had to be done, or in a buffer of their own; they may lie at strides. Read
 * `values` anew after anything was placed, and do not write to them.
 */
export function placeChunk(
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

  // The kinds were checked: bytes codecs behind `bytesAt`, array codecs in front of it.
  const sizes = decodedSizes(codecs, bytesAt, innerMeta);
  const most = (codecs[bytesAt] as ArrayBytesCodec).mostBytes?.(innerMeta);
  let encoded: Encoded = bytes;
  for (let i = codecs.length - 1; i > bytesAt; i--) {
    encoded = at(label, specs[i]!.name, () =>
      decodeBytes(codecs[i] as BytesCodec, encoded, { size: sizes[i], most }, kernels.resident),
    );
  }
  // What each array codec was given when encoding is what it must give back now.
  const metas: ArrayMeta[] = [meta];
  for (const codec of codecs.slice(0, bytesAt) as ArrayCodec[]) metas.push(codec.encodedMeta(metas.at(-1)!));
  let array = at(label, specs[bytesAt]!.name, () =>
    checkedArray(
      decodeArray(codecs[bytesAt] as ArrayBytesCodec, encoded, innerMeta, kernels.resident),
      innerMeta,
    ),
  );
  for (let i = bytesAt - 1; i >= 0; i--) {
    const target = metas[i]!;
    array = at(label, specs[i]!.name, () => {
      const codec = codecs[i] as ArrayCodec;
      const given = codec.takesStrides ? array : inOrder(array, metas[i + 1]!);
      return checkedArray(codec.decode(given, target), target);
    });
  }
  return array;
}

/** The numbers in C order, copied if they are not. */
function inOrder(array: DecodedArray, { dtype }: ArrayMeta): DecodedArray {
  const { values, shape, stride } = array;
  if (stride === undefined || shape === undefined) return array;
  const cells = { values, shape, stride, lanes: lanesOf(dtype) };
  return { values: cropValues(cells, wholeCrop(shape)), shape };
}

/** Encoded bytes on their way through the codecs: anywhere, or in the kernels' memory. */
type Encoded = Uint8Array | Region;

function decodeBytes(
  codec: BytesCodec,
  encoded: Encoded,
  { size, most }: { readonly size: number | undefined; readonly most: number | undefined },
  resident: ResidentKernels | undefined,
): Encoded {
  const region = enterFor(codec, encoded, resident);
  const decoded =
    region === undefined
      ? codec.decode(takeOut(encoded, resident), size, most)
      : codec.decodeResident!(region, size, resident!, most);
  if (size !== undefined && decoded.length !== size) throw wrongLength(decoded.length, size, "bytes");
  return decoded;
}

function decodeArray(
  codec: ArrayBytesCodec,
  encoded: Encoded,
  meta: ArrayMeta,
  resident: ResidentKernels | undefined,
): DecodedArray {
  const region = enterFor(codec, encoded, resident);
  if (region === undefined) return codec.decode(takeOut(encoded, resident), meta);
  return codec.decodeResident!(region, meta, resident!);
}

/** The bytes where the codec's resident form can work on them; undefined when its other form is to be run. */
function enterFor(
  codec: BytesCodec | ArrayBytesCodec,
  encoded: Encoded,
  resident: ResidentKernels | undefined,
): Region | undefined {
  if (resident === undefined || codec.decodeResident === undefined) return undefined;
  if (!(encoded instanceof Uint8Array)) return encoded;
  return codec.enters ? resident.memory.enter(encoded) : undefined;
}

/** The bytes for a codec that only works outside the kernels' memory. */
function takeOut(encoded: Encoded, resident: ResidentKernels | undefined): Uint8Array {
  return encoded instanceof Uint8Array ? encoded : resident!.memory.take(encoded);
}

function checkedArray(array: DecodedArray, { shape, dtype }: ArrayMeta): DecodedArray {
  if (isRaggedValues(array.values) !== isRagged(dtype)) throw wrongKind(dtype);
  const needed = shape && countItems(shape) * lanesOf(dtype);
  if (needed !== undefined && array.values.length !== needed) {
    throw wrongLength(array.values.length, needed, isRagged(dtype) ? "items" : "numbers");
  }
  return array;
}

/** Bytes that each bytes-to-bytes codec has to produce, by position; undefined where data decides. */
function decodedSizes(codecs: readonly Codec[], bytesAt: number, meta: ArrayMeta): (number | undefined)[] {
  const sizes = new Array<number | undefined>(codecs.length).fill(undefined);
  const { isPlain } = codecs[bytesAt] as ArrayBytesCodec;
  const oneItem = isPlain ? itemBytes(meta.dtype) : undefined;
  let size = oneItem && meta.shape && countItems(meta.shape) * oneItem;
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

function wrongKind(dtype: string): ReaderError {
  return new ReaderError("invalid-metadata", `the codecs do not produce ${dtype}.`);
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
