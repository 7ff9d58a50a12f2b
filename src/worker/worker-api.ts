/**
 * What a worker does when it is told to: reads and holds, finds, decodes.
 *
 * @module
 */
import { transfer } from "comlink";
import { wholeCrop } from "../bytes/block.js";
import { numbersOf } from "../bytes/ragged.js";
import { errorToJson } from "../core/error.js";
import { type Kernels, loadKernels } from "../kernel/kernel.js";
import { Company } from "./company.js";
import { Grids } from "./grids.js";
import type { HeldBodies } from "./held.js";
import type { DecodeReply, DecodeTask, Reply, WorkerApi } from "./protocol.js";
import { runTask } from "./run-task.js";
import { loadExtras } from "./task-extras.js";
import { replyBuffers, resultBuffers } from "./transfer.js";

/** The functions of one worker over the bodies it holds. */
export function createWorkerApi(held: HeldBodies): WorkerApi {
  let kernels: Kernels | undefined;
  const grids = new Grids();
  const company = new Company();
  const drop = (ids: readonly number[]): void => {
    held.drop(ids);
    grids.drop(ids);
  };
  /** Bodies that the tasks read stay as they are meanwhile. A block counts as placed when it is in its grid, wherever that lies. */
  const run = async (tasks: readonly DecodeTask[]): Promise<DecodeReply[]> => {
    const replies: DecodeReply[] = [];
    const giveBack = held.borrow();
    try {
      kernels ??= await loadKernels();
      const extras = { ...(await loadExtras(tasks)), gridOf: (id: number) => grids.targetOf(id) };
      for (const task of tasks) {
        while (grids.farOf(task)?.isFull) await grids.farOf(task)?.arrive();
        replies.push(runTask(task, kernels, extras));
      }
    } finally {
      giveBack();
    }
    await Promise.all([...new Set(tasks.map((task) => grids.farOf(task)))].map((grid) => grid?.arrive()));
    return replies;
  };
  return {
    async warm(module) {
      kernels = await loadKernels(module);
    },
    async run(sent, dropped) {
      drop(dropped);
      // Found at once: the page may drop the bodies as soon as this message is on its way.
      const replies = await run(sent.map((task) => held.resolve(task)));
      return transfer(replies, replies.flatMap(replyBuffers));
    },
    async perform(read, id, options, dropped, task) {
      drop(dropped);
      const answer = await held.perform(read, id, options);
      if (task === undefined || answer?.kind !== "bytes" || !held.has(id)) return answer;
      const [reply] = await run([held.resolve(task, { id, offset: 0, length: answer.bytes.length })]);
      if (options.mayWait && isPlaced(reply!)) await company.wait(held.reading);
      return transfer({ ...answer, reply: reply! }, replyBuffers(reply!));
    },
    async drop(ids) {
      drop(ids);
    },
    arrived: (id, length) => held.arrived(id, length),
    async stop(id) {
      held.stop(id);
    },
    async take(refs) {
      const copies = held.copy(refs);
      return transfer(copies, copies.length === 0 ? [] : [copies[0]!.buffer]);
    },
    async join(parts, id) {
      held.join(parts, id);
    },
    openGrid: (spec, id, memory) => replyTo("opening a grid", () => void grids.open(spec, id, memory)),
    async openFarGrid(spec, id, port) {
      grids.openFar(spec, id, port);
    },
    admitBlocks: (id, port) => grids.admit(id, port),
    async place({ data, shape }, offset, id) {
      const values = numbersOf(data);
      grids.find(id)?.place({ values, shape }, wholeCrop(shape), offset);
      const buffer = values.buffer as ArrayBuffer;
      return transfer(buffer, [buffer]);
    },
    async fillGrid(fill, id) {
      grids.find(id)?.fill(fill);
    },
    async takeGrid(id) {
      const { values } = grids.find(id)!;
      grids.drop([id]);
      return transfer(values, [values.buffer as ArrayBuffer]);
    },
    async joinRows(spec, parts, rooms) {
      // Loaded by the first large table: most pages read grids, or points that are few.
      const { joinRows } = await import("./join-rows.js");
      const { settling } = spec;
      const reply = await replyTo("joining rows", async () => {
        if (settling === undefined) return joinRows(spec, parts, rooms);
        const { settleRows } = await import("./settle-rows.js");
        return settleRows(spec, settling, parts);
      });
      return transfer(reply, reply.ok ? resultBuffers(reply.result) : []);
    },
    async ping() {},
  };
}

function isPlaced(reply: DecodeReply): boolean {
  return reply.ok && reply.result.kind === "placed";
}

async function replyTo<T>(label: string, work: () => T | Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, result: await work() };
  } catch (thrown) {
    return { ok: false, error: errorToJson(thrown, "codec-failed", label) };
  }
}
