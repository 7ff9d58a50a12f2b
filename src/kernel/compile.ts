/**
 * Compiles the kernels' module; apart from the kernels themselves, so that a page whose workers decode loads only this.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/**
 * Compiles the module inlined in the package; the result may be posted to workers.
 *
 * @throws ReaderError `unsupported` where WebAssembly or its SIMD is missing, or a policy forbids it
 */
export async function compileKernels(): Promise<WebAssembly.Module> {
  const { kernelsBase64 } = await import("./generated/kernels.js");
  const bytes = Uint8Array.from(atob(kernelsBase64), (character) => character.charCodeAt(0));
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new ReaderError("unsupported", "the decoders cannot be compiled here.", {
      hint: "WebAssembly with SIMD is needed; under a content security policy, allow 'wasm-unsafe-eval' in script-src.",
      cause,
    });
  }
}
