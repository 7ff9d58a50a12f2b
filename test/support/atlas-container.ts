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

/**
 * A container of version 6 whose segments are these array files, each with all datasets; the zstd frame of its footer is not
 * compressed.
 */
export function writeContainer(
  datasets: readonly string[],
  arrays: Readonly<Record<string, Uint8Array>>,
  codec = "Uncompressed",
): Uint8Array {
  const names = Object.keys(arrays);
  const schema = [names.map((_, index) => [index, 0]), [], []];
  let end = 8;
  const variables = Object.values(arrays).map((file, index) => {
    const offset = end;
    end += file.length;
    return [index, offset, file.length, 0, 0];
  });
  const listed = datasets.map((name) => [name, 0]);
  const footer = packList([6, 5, codec, 0, names, ["float32"], [schema], variables, listed]);
  const segments = Buffer.concat([Buffer.from("ATLS\0\0\0\0"), ...Object.values(arrays)]);
  return putTogether({ segments: new Uint8Array(segments), footer: Uint8Array.from(footer) }, 6);
}

type Packed = number | string | readonly Packed[];

/** As MessagePack, every number and length in 32 bits. */
function pack(value: Packed): number[] {
  if (typeof value === "number") return [0xce, ...bigEndian(value)];
  if (typeof value !== "string") return packList(value);
  const bytes = new TextEncoder().encode(value);
  return [0xdb, ...bigEndian(bytes.length), ...bytes];
}

function packList(items: readonly Packed[]): number[] {
  return [0xdd, ...bigEndian(items.length), ...items.flatMap(pack)];
}

function bigEndian(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
