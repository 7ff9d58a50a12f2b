/**
 * The kernels' negative results in words. The numbers are those of `wasm/assembly/errors.ts`.
 *
 * @module
 */
import { type ErrorCode, ReaderError } from "../core/error.js";

/** The output did not fit its capacity. */
export const OVERFLOW: number = -3;

const failures: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map([
  [-1, ["codec-failed", "the input is truncated"]],
  [-2, ["codec-failed", "the input breaks the format's rules"]],
  [OVERFLOW, ["codec-failed", "the input decodes to more bytes than the array holds"]],
  [-4, ["corrupt", "a checksum stored in the input differs from the one computed"]],
  [-5, ["codec-failed", "the input uses a feature of the format that is not supported"]],
  [-6, ["codec-failed", "the input needs a dictionary that was not given"]],
  [-7, ["codec-failed", "the input does not begin as the format does"]],
]);

/** What a kernel's negative result means, naming the codec. */
export function kernelFailure(codec: string, result: number, input: Uint8Array): ReaderError {
  const [code, reason] = failures.get(result) ?? (["codec-failed", `kernel error ${result}`] as const);
  const hint = codec === "blosc" && result === -5 ? bloscHint(input) : undefined;
  return new ReaderError(code, `${codec}: ${reason} (${input.length} bytes of input).`, {
    detail: { codec },
    hint,
  });
}

/** A blosc2 chunk says so in its first byte: 3 to 5, or 0x9e where a frame begins. */
function bloscHint(input: Uint8Array): string | undefined {
  const version = input[0];
  if (version !== 0x9e && (version === undefined || version < 3 || version > 5)) return undefined;
  return "This is blosc2 data; only blosc 1, which is what Zarr's `blosc` codec means, can be read.";
}

/** A kernel should never trap; if one does, the chunk is refused like any other that cannot be decoded. */
export function kernelTrap(codec: string, cause: unknown): ReaderError {
  return new ReaderError("codec-failed", `${codec}: the decoder stopped on this input.`, {
    detail: { codec },
    cause,
  });
}
