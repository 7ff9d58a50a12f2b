/**
 * What is said of memory of the user's that no result can be put into; loaded with the first of it.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

const reasons = {
  gone: [
    "The memory given as into is gone: its buffer was transferred.",
    "Give the data of the newest result, to one query at a time.",
  ],
  released: [
    "The memory given as into was given back by release().",
    "Give memory that was not released, or none: results lie in released memory by themselves.",
  ],
  busy: [
    "Another query is writing to the memory given as into.",
    "Give it again once that one has settled, be it aborted or not.",
  ],
  fixed: [
    "The memory given as into cannot be transferred to a worker.",
    "Give an ArrayBuffer of its own, not that of a WebAssembly.Memory or a part of Node's pool.",
  ],
} as const;

/** Why memory is refused. */
export type MemoryFault = keyof typeof reasons;

export function memoryError(fault: MemoryFault, cause?: unknown): ReaderError {
  const [message, hint] = reasons[fault];
  return new ReaderError("invalid-query", message, { hint, cause });
}
