/**
 * What runs in a worker: the task behind comlink, in a browser's worker or a Node worker thread.
 *
 * @module
 */
import { expose, transfer } from "comlink";
import { type Kernels, loadKernels } from "../kernel/kernel.js";
import { nodeEndpoint, nodeThreads } from "./node.js";
import type { WorkerApi } from "./protocol.js";
import { runTask } from "./run-task.js";
import { replyBuffers } from "./transfer.js";

let kernels: Kernels | undefined;

const api: WorkerApi = {
  async warm(module) {
    kernels = await loadKernels(module);
  },
  async run(task) {
    kernels ??= await loadKernels();
    const reply = runTask(task, kernels);
    return transfer(reply, replyBuffers(reply));
  },
};

/** In Node the parent speaks through `worker_threads`; in a browser comlink finds the worker's own scope. */
const parentPort = nodeThreads()?.parentPort;

expose(api, parentPort ? nodeEndpoint(parentPort) : undefined);
