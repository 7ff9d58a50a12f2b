/**
 * The memory map of the kernels: `[static data][input][output]`, each region with slack around it for kernels that
 * read and write in vectors (docs/design/wasm.md §2). Regions grow to the largest use and stay; nothing is
 * allocated per chunk.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/** The host's promise to every kernel: bytes it may touch before and after a region. */
const SLACK_BEFORE = 64;
const SLACK_AFTER = 64;
const PAGE_BYTES = 65_536;
/** Lengths come back as signed 32-bit numbers, and input and output share 4 GiB; half of that each would not fit. */
const MAX_REGION_BYTES = 2 ** 30;

export interface Regions {
  readonly input: number;
  readonly output: number;
}

export class KernelMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  #inputBytes = 0;
  #outputBytes = 0;
  #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#base = base;
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /**
   * Places an input and an output region of at least these lengths. What earlier calls left in memory is lost.
   *
   * @throws ReaderError `limit-exceeded` when a region would be over 1 GiB or the host has no memory left
   */
  place(inputBytes: number, outputBytes: number): Regions {
    if (inputBytes > MAX_REGION_BYTES || outputBytes > MAX_REGION_BYTES) {
      throw tooLarge(Math.max(inputBytes, outputBytes));
    }
    this.#inputBytes = Math.max(this.#inputBytes, roundUp(inputBytes, PAGE_BYTES));
    this.#outputBytes = Math.max(this.#outputBytes, roundUp(outputBytes, PAGE_BYTES));
    const input = roundUp(this.#base, 64) + SLACK_BEFORE;
    const output = input + this.#inputBytes + SLACK_AFTER + SLACK_BEFORE;
    const missing = output + this.#outputBytes + SLACK_AFTER - this.#memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      } catch (cause) {
        this.#inputBytes = 0;
        this.#outputBytes = 0;
        throw tooLarge(inputBytes + outputBytes, cause);
      }
    }
    return { input, output };
  }

  /** A view of all memory; invalid after the next `place`. */
  get bytes(): Uint8Array {
    // A grown memory detaches its old buffer.
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  /** Copies bytes in. */
  write(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at);
  }

  /** Copies bytes out into a buffer of their own. */
  read(at: number, length: number): Uint8Array {
    return this.bytes.slice(at, at + length);
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function tooLarge(bytes: number, cause?: unknown): ReaderError {
  return new ReaderError(
    "limit-exceeded",
    `decoding needs ${bytes} bytes of kernel memory, more than there is.`,
    {
      hint: "Ask for less at a time, or use data with smaller chunks.",
      cause,
    },
  );
}
