/**
 * A worker with the bare kernels, to learn what each way for results to leave can carry. It holds the encoded chunks, as a worker that
 * fetches does.
 *
 * @module
 */
import { createRawKernels, type RawKernels } from "../lib/raw-kernels.js";

export interface WorkerSetup {
  readonly chunks: readonly Uint8Array[];
  readonly chunkBytes: number;
  readonly kernel: string;
}

/** Chunks to decode, and where to: a shared array at these offsets, given buffers, or fresh ones. */
export interface WorkerBatch {
  readonly chunks: readonly number[];
  readonly shared?: { readonly target: Uint8Array; readonly offsets: readonly number[] };
  readonly buffers?: readonly ArrayBuffer[];
}

let setup: WorkerSetup;
let kernels: RawKernels;

function decode(batch: WorkerBatch): ArrayBuffer[] {
  return batch.chunks.flatMap((index, i) => {
    kernels.decode(setup.kernel, setup.chunks[index]!, setup.chunkBytes);
    const result = kernels.bytes.subarray(kernels.output, kernels.output + setup.chunkBytes);
    if (batch.shared !== undefined) {
      batch.shared.target.set(result, batch.shared.offsets[i]!);
      return [];
    }
    if (batch.buffers === undefined) return [result.slice().buffer as ArrayBuffer];
    const buffer = batch.buffers[i]!;
    new Uint8Array(buffer).set(result);
    return [buffer];
  });
}

addEventListener("message", async (event: MessageEvent<WorkerSetup | WorkerBatch>) => {
  if ("kernel" in event.data) {
    setup = event.data;
    kernels = await createRawKernels(2 * setup.chunkBytes, setup.chunkBytes);
    postMessage([]);
    return;
  }
  const buffers = decode(event.data);
  postMessage(buffers, { transfer: buffers });
});
