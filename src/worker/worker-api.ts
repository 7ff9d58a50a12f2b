/**
 * What a worker does when it is told to: reads and holds, finds, decodes.
 *
 * @module
 */
import { transfer } from "comlink";
import { errorToJson } from "../core/error.js";
import { type Kernels, loadKernels } from "../kernel/kernel.js";
import { Grids } from "./grids.js";
import type { HeldBodies } from "./held.js";
import type { WorkerApi } from "./protocol.js";
import { loadExtras, runTask } from "./run-task.js";
import { replyBuffers, resultBuffers } from "./transfer.js";

/** The functions of one worker over the bodies it holds. */
export function createWorkerApi(held: HeldBodies): WorkerApi {
  let kernels: Kernels | undefined;
  const grids = new Grids();
  return {
    async warm(module) {
      kernels = await loadKernels(module);
    },
    async run(sent) {
      // Found at once: the page may drop the bodies as soon as this message is on its way.
      const tasks = sent.map((task) => held.resolve(task));
      kernels ??= await loadKernels();
      const extras = await loadExtras(tasks);
      const replies = [];
      for (const task of tasks) replies.push(runTask(task, kernels, extras));
      return transfer(replies, replies.flatMap(replyBuffers));
    },
    perform: (read, id, options) => held.perform(read, id, options),
    async drop(ids) {
      held.drop(ids);
      grids.drop(ids);
    },
    async take(ref) {
      const bytes = held.find(ref).slice();
      return transfer(bytes, [bytes.buffer as ArrayBuffer]);
    },
    async join(parts, id) {
      held.join(parts, id);
    },
    async openGrid(spec, id) {
      grids.open(spec, id);
    },
    async place(block, offset, id) {
      grids.place(block, offset, id);
    },
    async takeGrid(id) {
      const data = grids.take(id);
      return transfer(data, [data.buffer as ArrayBuffer]);
    },
    async joinRows(spec, parts) {
      // Loaded by the first large table: most pages read grids, or points that are few.
      const { joinRows } = await import("./join-rows.js");
      try {
        const result = joinRows(spec, parts);
        return transfer({ ok: true, result }, resultBuffers(result));
      } catch (thrown) {
        return { ok: false, error: errorToJson(thrown, "codec-failed", "joining rows") };
      }
    },
    async ping() {},
  };
}
