/**
 * Transfer lists: only buffers that the sender alone holds (docs/design/architecture.md §6, "who transfers, owns").
 *
 * @module
 */
import type { DecodeReply, DecodeTask } from "./protocol.js";

/** The encoded bytes of a task, each backed by a buffer of its own. */
export function taskBytes(task: DecodeTask): Uint8Array[] {
  const columns = task.kind === "rows" ? task.columns : [task.column];
  return columns.flatMap((column) => (column.bytes === undefined ? [] : [column.bytes]));
}

/** Tells whether bytes fill their buffer, so that transferring it takes nothing else along. */
export function fillsBuffer(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}

/** Copies the bytes of every column that the sender does not own, so that all of them may be transferred. */
export function ownBytes(task: DecodeTask, owned: boolean): DecodeTask {
  const own = <C extends { readonly bytes?: Uint8Array }>(column: C): C => {
    if (column.bytes === undefined || (owned && fillsBuffer(column.bytes))) return column;
    return { ...column, bytes: column.bytes.slice() };
  };
  return task.kind === "rows"
    ? { ...task, columns: task.columns.map(own) }
    : { ...task, column: own(task.column) };
}

/** The buffers of a reply; decoded arrays are always fresh. */
export function replyBuffers(reply: DecodeReply): ArrayBuffer[] {
  if (!reply.ok) return [];
  const { result } = reply;
  const arrays =
    result.kind === "block"
      ? [result.data]
      : [result.positions, ...result.fields.flatMap((field) => [field.values, field.validity ?? []].flat())];
  const buffers = new Set<ArrayBuffer>();
  for (const array of arrays) {
    if (ArrayBuffer.isView(array) && array.buffer instanceof ArrayBuffer) buffers.add(array.buffer);
  }
  return [...buffers];
}
