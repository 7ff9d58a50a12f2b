/**
 * Points as every reader of the contest hands them over, and their checksum.
 *
 * @module
 */
import { rowsChecksum } from "./checksum.js";

/** Positions interleaved, x, y and z of each. */
export interface Points {
  readonly positions: Float64Array;
  readonly intensity: Uint16Array;
  readonly classification: Uint8Array;
}

/** A closed box of the plane. */
export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number];

/** Collects rows one by one, for readers that give candidates. */
export class PointRows {
  #length = 0;
  #positions = new Float64Array(3 * 4096);
  #intensity = new Uint16Array(4096);
  #classification = new Uint8Array(4096);

  add(x: number, y: number, z: number, intensity: number, classification: number): void {
    const row = this.#length++;
    if (row === this.#intensity.length) this.#grow(2 * row);
    this.#positions[3 * row] = x;
    this.#positions[3 * row + 1] = y;
    this.#positions[3 * row + 2] = z;
    this.#intensity[row] = intensity;
    this.#classification[row] = classification;
  }

  points(): Points {
    return {
      positions: this.#positions.subarray(0, 3 * this.#length),
      intensity: this.#intensity.subarray(0, this.#length),
      classification: this.#classification.subarray(0, this.#length),
    };
  }

  #grow(rows: number): void {
    const { positions, intensity, classification } = this.points();
    this.#positions = new Float64Array(3 * rows);
    this.#positions.set(positions);
    this.#intensity = new Uint16Array(rows);
    this.#intensity.set(intensity);
    this.#classification = new Uint8Array(rows);
    this.#classification.set(classification);
  }
}

/** Of rows in any order; `answer` of points.py makes the same of its own. */
export function checksum({ positions, intensity, classification }: Points): string {
  const rows = intensity.length;
  if (positions.length !== 3 * rows || classification.length !== rows) return "columns of different lengths";
  const words = new Uint32Array(positions.buffer, positions.byteOffset, 6 * rows);
  return rowsChecksum(rows, 8, (row, at) =>
    at < 6 ? words[6 * row + at]! : at === 6 ? intensity[row]! : classification[row]!,
  );
}
