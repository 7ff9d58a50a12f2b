/**
 * The task: decode columns, keep the rows or cells that were asked for, compact them. The same function runs in a
 * worker and inline; it has no state.
 *
 * @module
 */
import { cropBlock, cropValues, wholeCrop } from "../bytes/block.js";
import { isRaggedValues, numbersOf } from "../bytes/ragged.js";
import { unpackValues } from "../bytes/unpack.js";
import { inScope, ownValues, placeChunk } from "../codec/pipeline.js";
import { lanesOf } from "../core/dtype.js";
import { errorToJson, ReaderError } from "../core/error.js";
import { clockNow } from "../core/recorder.js";
import type { Kernels } from "../kernel/kernel.js";
import type { BlockResult, BlockTask, DecodeReply, DecodeTask, PlacedResult } from "./protocol.js";
import type { TaskExtras } from "./task-extras.js";

/** Performs a task. Failures are returned as data, never thrown; `extras` hold what it needs (`loadExtras`). */
export function runTask(task: DecodeTask, kernels: Kernels, extras: TaskExtras = {}): DecodeReply {
  const startedAt = performance.now();
  const times = task.isTimed && { startedAt: clockNow(), endedAt: 0 };
  try {
    const result = inScope(kernels, () =>
      task.kind === "rows"
        ? extras.rows!.runRows(task, kernels, extras, times)
        : runBlock(task, kernels, extras),
    );
    const decodeMs = performance.now() - startedAt;
    if (times === undefined) return { ok: true, result, decodeMs };
    return { ok: true, result, decodeMs, times: { ...times, endedAt: clockNow() } };
  } catch (thrown) {
    return { ok: false, error: errorToJson(thrown, "codec-failed", task.label) };
  }
}

function runBlock(task: BlockTask, kernels: Kernels, extras: TaskExtras): BlockResult | PlacedResult {
  const { column, crop, label, place, room } = task;
  if (column.bytes === undefined || column.shape === undefined) {
    throw new ReaderError("codec-failed", `${label}: a block needs its bytes and its shape.`);
  }
  const { bytes, codecs, dtype, shape } = column;
  const { values, stride } = placeChunk(
    bytes,
    codecs,
    { dtype, shape },
    { kernels, label, registry: extras.registry },
  );
  const counts = crop.map((axis) => axis.count);
  const cells = { values, shape, stride, lanes: lanesOf(dtype) };
  const isPlain = task.unpack === undefined && !isRaggedValues(values);
  if (isPlain && place !== undefined) {
    extras.gridOf?.(place.grid)?.place({ values, shape, stride }, crop, place.offset);
    return { kind: "placed" };
  }
  if (isPlain && room !== undefined) {
    return { kind: "block", data: cropBlock({ ...cells, values }, crop, room), shape: counts };
  }
  const cropped = cropValues(cells, crop);
  const unpacked = task.unpack === undefined ? cropped : unpackValues(numbersOf(cropped), task.unpack);
  if (place !== undefined) {
    const block = { values: numbersOf(unpacked), shape: counts };
    extras.gridOf?.(place.grid)?.place(block, wholeCrop(counts), place.offset);
    return { kind: "placed" };
  }
  return { kind: "block", data: ownValues(unpacked, bytes), shape: counts };
}
