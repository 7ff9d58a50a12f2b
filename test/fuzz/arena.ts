/**
 * @module Runs a kernel where nothing it does outside its output can stay unseen: the output lies at the very end of memory, so that a
 * write far behind it traps, and known bytes lie around everything else.
 */
import { compileKernels } from "../../src/kernel/compile.js";

/** Bytes the host lets kernels write behind a region (src/kernel/memory.ts). */
const SLACK_BYTES = 64;
const GUARD_BYTES = 4096;
const GUARD = 0xa7;
/** All memory is compared this often, the guards next to the regions always. */
const WHOLE_EVERY = 512;

export interface ArenaRun {
  /** Bytes written, or a negative error. */
  readonly code: number;
  readonly output: Uint8Array;
  /** Of the kernel's call alone. */
  readonly ms: number;
  /** What it did that it must not; undefined when all is well. */
  readonly offence: string | undefined;
}

export class Arena {
  readonly #exports: Readonly<Record<string, (...parameters: number[]) => number>>;
  readonly #bytes: Uint8Array;
  /** Room to work in, for the kernel that needs it. */
  readonly #work: number;
  readonly #base: number;
  #runs = 0;

  private constructor(instance: WebAssembly.Instance, capacity: number) {
    this.#exports = instance.exports as unknown as Record<string, (...parameters: number[]) => number>;
    const memory = instance.exports.memory as WebAssembly.Memory;
    this.#work = (this.#exports.heap_base!() + 63) & ~63;
    this.#base = (this.#work + this.#exports.bzip2_work_bytes!() + 63) & ~63;
    const missing = this.#base + capacity - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    this.#bytes = new Uint8Array(memory.buffer);
    this.#bytes.fill(GUARD, this.#base);
  }

  /** A fresh instance with room for inputs and outputs of so many bytes together. */
  static async create(capacity: number): Promise<Arena> {
    return new Arena(await WebAssembly.instantiate(await compileKernels(), {}), capacity + 4 * GUARD_BYTES);
  }

  /** Decodes `input` into at most `capacity` bytes. A trap is an offence; the arena is of no use after one. */
  run(kernel: string, input: Uint8Array, capacity: number): ArenaRun {
    const bytes = this.#bytes;
    const outputAt = (bytes.length - SLACK_BYTES - capacity) & ~63;
    const inputAt = (outputAt - GUARD_BYTES - input.length) & ~63;
    if (inputAt - GUARD_BYTES < this.#base) throw new Error("the arena is too small");
    bytes.set(input, inputAt);
    const start = performance.now();
    let code: number;
    let offence: string | undefined;
    try {
      code = this.#exports[kernel]!(inputAt, input.length, outputAt, capacity, this.#work);
    } catch (thrown) {
      code = Number.NaN;
      offence = `trapped: ${thrown}`;
    }
    const ms = performance.now() - start;
    const isWhole = ++this.#runs % WHOLE_EVERY === 0;
    offence ??=
      this.#changed(isWhole ? this.#base : inputAt - GUARD_BYTES, inputAt, "before its input") ??
      (isEqual(bytes, inputAt, input) ? undefined : "changed its input") ??
      this.#changed(inputAt + input.length, outputAt, "between input and output") ??
      this.#changed(outputAt + capacity + SLACK_BYTES, bytes.length, "behind its output") ??
      (code > capacity || code < -7 ? `returned ${code} for a capacity of ${capacity}` : undefined);
    const output = bytes.slice(outputAt, outputAt + Math.max(0, code || 0));
    bytes.fill(GUARD, inputAt, inputAt + input.length);
    // What was written is not a guard any more.
    bytes.fill(GUARD, outputAt, bytes.length);
    return { code, output, ms, offence };
  }

  #changed(from: number, to: number, where: string): string | undefined {
    const bytes = this.#bytes;
    for (let at = from; at < to; at++) {
      if (bytes[at] !== GUARD) return `wrote ${where}, at ${at - from} of ${to - from} bytes`;
    }
    return undefined;
  }
}

function isEqual(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
