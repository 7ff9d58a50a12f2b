/**
 * @module Containers taken apart and put together again, for versions and damage that no package writes.
 */
import { createEngine } from "../../src/engine/engine.js";
import { MemoryStore } from "../../src/store/memory.js";
import type { DecodePool } from "../../src/worker/pool.js";
import { frameRaw } from "./zstd-frame.js";

export interface ContainerParts {
  /** With the head in front of them. */
  readonly segments: Uint8Array;
  /** MessagePack. */
  readonly footer: Uint8Array;
}

const trailerBytes = 16;

/** The parts of a container; its footer decoded. */
export async function takeApart(container: Uint8Array, pool: DecodePool): Promise<ContainerParts> {
  const view = new DataView(container.buffer, container.byteOffset, container.byteLength);
  const length = Number(view.getBigUint64(container.length - trailerBytes, true));
  const start = container.length - trailerBytes - length;
  const engine = createEngine({ store: new MemoryStore(new Map()), pool });
  const { data } = await engine.decodeBlock({
    name: "footer",
    bytes: container.slice(start, start + length),
    codecs: [{ name: "bytes" }, { name: "zstd" }],
    dtype: "uint8",
  });
  return { segments: container.slice(0, start), footer: data as Uint8Array };
}

/** A container of these parts, of another version if one likes. */
export function putTogether({ segments, footer }: ContainerParts, version: number): Uint8Array {
  const frame = frameRaw(footer);
  const trailer = new DataView(new ArrayBuffer(trailerBytes));
  trailer.setBigUint64(0, BigInt(frame.length), true);
  trailer.setUint32(8, version, true);
  const head = segments.slice();
  head[4] = version;
  const end = new Uint8Array(trailer.buffer);
  end.set(new TextEncoder().encode("ATLS"), 12);
  return new Uint8Array(Buffer.concat([head, frame, end]));
}
