/**
 * One box of streamlines by each reader, opened anew: every line with a vertex inside, whole. flatgeobuf gives candidates, by their boxes in
 * the plane, which are filtered here.
 *
 * @module
 */
import { deserialize, type Feature, type Rect } from "flatgeobuf/lib/mjs/generic.js";
import { HttpReader } from "flatgeobuf/lib/mjs/http-reader.js";
import { open } from "../../src/index.js";
import type { DecodePool } from "../../src/worker/pool.js";
import { checksumText } from "./checksum.js";

/** Positions interleaved, x, y and z of each vertex; line `i` begins at vertex `startIndices[i]`. */
export interface Lines {
  readonly positions: Float32Array;
  readonly startIndices: Uint32Array;
}

/** A closed box of space. */
export type Box = readonly [number, number, number, number, number, number];

export async function readZarrVectors(url: string, bbox: Box, pool: DecodePool): Promise<Lines> {
  const source = await open(url, { kind: "polylines", format: "zarr-vectors", pool });
  const { positions, startIndices } = await source.query({ bbox, lines: "whole", fields: [] });
  return { positions: positions as Float32Array, startIndices };
}

/** As its documentation has it. */
export async function readFlatGeobuf(url: string, bbox: Box): Promise<Lines> {
  const rows = new LineRows(bbox);
  const fromFeature = (_: number, feature: Feature): void => rows.add(feature);
  for await (const _ of deserialize(url, { rect: rectOf(bbox), fromFeature }));
  return rows.lines();
}

/** With a client that leaves out the browser's cache, where ranges of one file run one after another. */
export async function readFlatGeobufUncached(url: string, bbox: Box): Promise<Lines> {
  const rows = new LineRows(bbox);
  const reader = await HttpReader.openSource({
    async getRange(begin, length) {
      const headers = { Range: `bytes=${begin}-${begin + length - 1}` };
      return (await fetch(url, { cache: "no-store", headers })).arrayBuffer();
    },
  });
  for await (const { feature } of reader.selectBbox(rectOf(bbox))) rows.add(feature);
  return rows.lines();
}

function rectOf([minX, minY, , maxX, maxY]: Box): Rect {
  return { minX, minY, maxX, maxY };
}

/** Keeps the lines that have a vertex inside. */
class LineRows {
  readonly #box: Box;
  readonly #found: { readonly xy: Float64Array; readonly z: Float64Array }[] = [];

  constructor(box: Box) {
    this.#box = box;
  }

  add(feature: Feature): void {
    const geometry = feature.geometry();
    const [xy, z] = [geometry?.xyArray(), geometry?.zArray()];
    if (!xy || !z) throw new Error("A feature is no line in space.");
    const [minX, minY, minZ, maxX, maxY, maxZ] = this.#box;
    for (let i = 0; i < z.length; i++) {
      const [x, y, height] = [xy[2 * i]!, xy[2 * i + 1]!, z[i]!];
      if (x < minX || x > maxX || y < minY || y > maxY || height < minZ || height > maxZ) continue;
      this.#found.push({ xy, z });
      return;
    }
  }

  lines(): Lines {
    const startIndices = new Uint32Array(this.#found.length + 1);
    this.#found.forEach(({ z }, line) => {
      startIndices[line + 1] = startIndices[line]! + z.length;
    });
    const positions = new Float32Array(3 * startIndices.at(-1)!);
    let at = 0;
    for (const { xy, z } of this.#found) {
      for (let i = 0; i < z.length; i++) {
        positions[at++] = xy[2 * i]!;
        positions[at++] = xy[2 * i + 1]!;
        positions[at++] = z[i]!;
      }
    }
    return { positions, startIndices };
  }
}

/** How many lines, and a sum and an exclusive or of a hash of each, whatever their order; `answer` of lines.py makes the same of its lines. */
export function checksum({ positions, startIndices }: Lines): string {
  const words = new Uint32Array(positions.buffer, positions.byteOffset, positions.length);
  const count = startIndices.length - 1;
  let [total, mixed] = [0, 0];
  for (let line = 0; line < count; line++) {
    const from = 3 * startIndices[line]!;
    const to = 3 * startIndices[line + 1]!;
    let hash = 0;
    for (let at = from; at < to; at++) {
      const product = Math.imul(words[at]! ^ Math.imul(at - from + 1, 0x9e3779b1), 0x85ebca6b);
      hash = (hash + (product ^ (product >>> 15))) | 0;
    }
    total = (total + hash) | 0;
    mixed ^= hash;
  }
  return checksumText(`${count} lines`, total, mixed);
}
