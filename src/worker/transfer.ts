/**
 * Transfer lists: only buffers that the sender alone holds (docs/design/architecture.md §6, "who transfers, owns").
 *
 * @module
 */
import { isRaggedValues, type Values } from "../bytes/ragged.js";
import { heldBytes, isRagged } from "../core/dtype.js";
import type { Bytes, HeldBytes } from "../net/lane.js";
import type { ColumnTask, DecodeReply, DecodeResult, DecodeTask, SentTask } from "./protocol.js";

/** The encoded bytes of a task, column by column. */
export function taskBytes<B>(task: DecodeTask<B>): B[] {
  const columns = task.kind === "rows" ? task.columns : [task.column];
  return columns.flatMap((column) => (column.bytes === undefined ? [] : [column.bytes]));
}

/** The task with the bytes of each column in another form. */
export function mapBytes<A, B>(task: DecodeTask<A>, form: (bytes: A) => B): DecodeTask<B> {
  const map = ({ bytes, ...column }: ColumnTask<A>): ColumnTask<B> =>
    bytes === undefined ? column : { ...column, bytes: form(bytes) };
  return task.kind === "rows"
    ? { ...task, columns: task.columns.map(map) }
    : { ...task, column: map(task.column) };
}

/** The task with copies of some held bytes in their place; whoever holds them still does. */
export async function bytesHere(
  task: DecodeTask<Bytes>,
  isWanted: (held: HeldBytes) => boolean,
): Promise<DecodeTask<Bytes>> {
  const brought = new Map<Bytes, Uint8Array>();
  await Promise.all(
    taskBytes(task).map(async (part) => {
      if (!(part instanceof Uint8Array) && isWanted(part)) brought.set(part, await part.lane.take(part));
    }),
  );
  return mapBytes(task, (part) => brought.get(part) ?? part);
}

/** Tells whether bytes fill their buffer, so that transferring it takes nothing else along. */
export function fillsBuffer(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}

/** Copies the bytes of every column that the sender does not own, so that all of them may be transferred. */
export function ownBytes<B>(task: DecodeTask<B | Uint8Array>, owned: boolean): DecodeTask<B | Uint8Array> {
  return mapBytes(task, (bytes) =>
    !(bytes instanceof Uint8Array) || (owned && fillsBuffer(bytes)) ? bytes : bytes.slice(),
  );
}

/** The buffers that go along with tasks, which the sender owns. */
export function sentBuffers(tasks: readonly SentTask[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const task of tasks) {
    for (const part of taskBytes(task))
      if (part instanceof Uint8Array) buffers.add(part.buffer as ArrayBuffer);
    if (task.kind === "block" && task.room !== undefined) buffers.add(task.room);
  }
  return [...buffers];
}

/** The buffers of a reply; decoded arrays are always fresh. */
export function replyBuffers(reply: DecodeReply): ArrayBuffer[] {
  return reply.ok ? resultBuffers(reply.result) : [];
}

/** The buffers that a result lies in. */
export function resultBuffers(result: DecodeResult): ArrayBuffer[] {
  if (result.kind === "placed") return [];
  const arrays =
    result.kind === "block"
      ? viewsOf(result.data)
      : [
          result.positions,
          result.kept,
          ...(result.tables ?? []).flatMap((table) => table && viewsOf(table)),
          ...result.fields.flatMap(({ values, validity }) => [...viewsOf(values), validity]),
        ];
  const buffers = new Set<ArrayBuffer>();
  for (const array of arrays) {
    if (ArrayBuffer.isView(array) && array.buffer instanceof ArrayBuffer) buffers.add(array.buffer);
  }
  return [...buffers];
}

function viewsOf(values: Values): readonly ArrayBufferView[] {
  return isRaggedValues(values) ? [values.offsets, values.bytes] : [values];
}

/** Bytes of a task's block; nothing is known of rows before. */
export function decodedBytes(task: DecodeTask<unknown>): number {
  if (task.kind !== "block" || isRagged(task.column.dtype)) return 0;
  return heldBytes(
    task.column.dtype,
    task.crop.map(({ count }) => count),
  );
}
