/**
 * Kernels without WASM: what small work on the page's thread uses (a shard's index), and what is left where WASM is
 * not to be had. Compressed data cannot be read with it.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { KernelCodec, Kernels } from "../kernel.js";
import { adler32, crc32, crc32c } from "./checksum.js";
import { gather, interleave } from "./gather.js";
import { selectRows } from "./select-rows.js";
import { unshuffle } from "./unshuffle.js";

function refuse(codec: KernelCodec): never {
  throw new ReaderError("unsupported", `${codec} data cannot be decoded without WebAssembly.`, {
    detail: { codec },
  });
}

/** The twins of all small kernels behind the interface of the module; its decoders throw `unsupported`. */
export const twinKernels: Kernels = {
  decode: refuse,
  decodeUnsized: refuse,
  decodedSize: () => undefined,
  crc32,
  crc32c,
  adler32,
  unshuffle,
  selectRows,
  gather,
  interleave,
};
