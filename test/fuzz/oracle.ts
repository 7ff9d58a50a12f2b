/**
 * @module Another decoder's opinion on mutated input that ours accepted.
 */
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { ZSTDDecoder } from "zstddec";
import { type FuzzCodec, type FuzzSample, loadTarget } from "./samples.js";

/** Decodes into at most `length` bytes; undefined where this decoder refuses. */
export type Oracle = (input: Uint8Array, length: number) => Uint8Array | undefined;

/** The oracle of a codec; undefined where there is none that can be trusted with damaged input. */
export async function loadOracle(codec: FuzzCodec): Promise<Oracle | undefined> {
  if (codec === "zstd") {
    const zstddec = new ZSTDDecoder();
    await zstddec.init();
    // It returns nothing for an error.
    return (input, length) => (length === 0 ? undefined : orRefuse(() => zstddec.decode(input, length), 1));
  }
  if (codec === "bzip2") return (input) => joinSamples(input, loadTarget("bzip2").samples);
  const inflate = { gzip: gunzipSync, zlib: inflateSync, deflate: inflateRawSync }[codec as string];
  if (inflate === undefined) return undefined;
  return (input, length) => orRefuse(() => inflate(input, { maxOutputLength: Math.max(1, length) }), 0);
}

/** What a row of whole samples decodes to: mutation may put one stream behind another. */
function joinSamples(input: Uint8Array, samples: readonly FuzzSample[]): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < input.length; ) {
    const next = samples.find(
      ({ encoded }) => Buffer.compare(encoded, input.subarray(at, at + encoded.length)) === 0,
    );
    if (next === undefined) return undefined;
    parts.push(next.decoded);
    at += next.encoded.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function orRefuse(decode: () => Uint8Array, least: number): Uint8Array | undefined {
  try {
    const output = decode();
    return output.length < least ? undefined : output;
  } catch {
    return undefined;
  }
}
