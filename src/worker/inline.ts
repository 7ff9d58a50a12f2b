/**
 * Runs tasks on the thread that asks; loaded only where that happens, so that a page with workers never pays for it.
 *
 * @module
 */
import { loadKernels } from "../kernel/kernel.js";
import type { DecodeReply, DecodeTask } from "./protocol.js";
import { runTask } from "./run-task.js";
import { loadExtras } from "./task-extras.js";

/** Instantiates the kernels on this thread and returns what runs a task with them. */
export async function createInlineRunner(): Promise<(task: DecodeTask) => Promise<DecodeReply>> {
  const kernels = await loadKernels();
  return async (task) => runTask(task, kernels, await loadExtras([task]));
}
