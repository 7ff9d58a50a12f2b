/**
 * The module without its host: decodes into one place that is used again and again, which is what the kernels themselves can do.
 *
 * @module
 */
import { compileKernels } from "../../src/kernel/compile.js";
import { ResidentKernels } from "../../src/kernel/resident.js";

export type Kernel = (...parameters: (number | bigint)[]) => number;

const SLACK = 128;
const PAGE_BYTES = 65_536;

/** An instance with a region for input and one for output, laid out once. */
export interface RawKernels {
  readonly exports: Readonly<Record<string, Kernel>>;
  readonly input: number;
  readonly output: number;
  readonly bytes: Uint8Array;
  /** Copies in, decodes, and leaves the result at `output`. @throws when it does not have `length` bytes */
  decode(name: string, input: Uint8Array, length: number): void;
}

export async function createRawKernels(inputBytes: number, outputBytes: number): Promise<RawKernels> {
  const { exports } = await WebAssembly.instantiate(await compileKernels(), {});
  const kernels = exports as unknown as Record<string, Kernel>;
  const memory = exports.memory as WebAssembly.Memory;
  const align = (at: number): number => Math.ceil(at / 64) * 64;
  const input = align(kernels.heap_base!() + SLACK);
  const output = align(input + inputBytes + SLACK);
  const missing = output + outputBytes + SLACK - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  const bytes = new Uint8Array(memory.buffer);
  return {
    exports: kernels,
    input,
    output,
    bytes,
    decode(name, source, length) {
      bytes.set(source, input);
      const result = kernels[name]!(input, source.length, output, length);
      if (result !== length) throw new Error(`${name} returned ${result}, not ${length}`);
    },
  };
}

/** The kernels as the library's pipeline calls them. */
export async function createResident(): Promise<ResidentKernels> {
  return new ResidentKernels(await WebAssembly.instantiate(await compileKernels(), {}));
}
