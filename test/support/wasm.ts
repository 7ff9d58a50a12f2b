/**
 * @module Runs kernels of the freshly built module (`wasm/build/kernels.wasm`, else the committed one)
 * without the host of `src/kernel`, with guard bytes around what a kernel may touch.
 */
import { readFile } from "node:fs/promises";

/** How much a kernel may read before a region, and read or write after it (docs/design/wasm.md §2). */
const SLACK_BEFORE = 8;
const SLACK_AFTER = 64;
const GUARD_BYTES = 4096;
const GUARD = 0xa7;
const PAGE = 65536;

export interface RawRun {
  /** What the kernel returned: the length it wrote, or a negative error. */
  readonly code: number;
  /** A copy of the first `code` bytes of the output; empty after an error. */
  readonly output: Uint8Array;
}

export interface RawModule {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
  /** First free byte, 64-aligned. */
  readonly base: number;
  /** Calls `name(in_ptr, in_len, out_ptr, out_cap, ...extra)`; throws when a byte outside the output and its slack changed. */
  run(name: string, input: Uint8Array, capacity: number, ...extra: (number | bigint)[]): RawRun;
  /** Makes memory reach `bytes` and returns a fresh view of all of it. */
  reserve(bytes: number): Uint8Array;
}

/** Instantiates the module anew, so that no state is shared between tests. */
export async function loadRaw(): Promise<RawModule> {
  const { instance } = await WebAssembly.instantiate(await readModule());
  const exports = instance.exports;
  const memory = exports.memory as WebAssembly.Memory;
  const base = align((exports.heap_base as () => number)());

  function reserve(bytes: number): Uint8Array {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return new Uint8Array(memory.buffer);
  }

  function run(name: string, input: Uint8Array, capacity: number, ...extra: (number | bigint)[]): RawRun {
    const kernel = exports[name] as ((...parameters: (number | bigint)[]) => number) | undefined;
    if (typeof kernel !== "function") throw new Error(`the module has no kernel named ${name}`);
    // [guard][input][guard][output][guard]
    const inputAt = align(base + GUARD_BYTES);
    const outputAt = align(inputAt + input.length + GUARD_BYTES);
    const end = align(outputAt + capacity + GUARD_BYTES);
    const bytes = reserve(end);
    bytes.fill(GUARD, base, end);
    bytes.set(input, inputAt);
    const code = kernel(inputAt, input.length, outputAt, capacity, ...extra);
    const after = new Uint8Array(memory.buffer);
    expectGuard(after, base, inputAt, name);
    for (let i = 0; i < input.length; i++) {
      if (after[inputAt + i] !== input[i]) throw new Error(`${name} changed its input at ${i}`);
    }
    expectGuard(after, inputAt + input.length, outputAt, name);
    expectGuard(after, outputAt + capacity + SLACK_AFTER, end, name);
    if (code > capacity) throw new Error(`${name} returned ${code} for a capacity of ${capacity}`);
    return { code, output: after.slice(outputAt, outputAt + Math.max(0, code)) };
  }

  return { exports, memory, base, run, reserve };
}

function expectGuard(bytes: Uint8Array, from: number, to: number, name: string): void {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== GUARD)
      throw new Error(`${name} wrote outside its output, ${i - from} bytes into a guard`);
  }
}

async function readModule(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return Uint8Array.from(await readFile(new URL("../../wasm/build/kernels.wasm", import.meta.url)));
  } catch {
    const { kernelsBase64 } = await import("../../src/kernel/generated/kernels.js");
    return Uint8Array.from(Buffer.from(kernelsBase64, "base64"));
  }
}

function align(pointer: number): number {
  return (pointer + SLACK_BEFORE + 63) & ~63;
}
