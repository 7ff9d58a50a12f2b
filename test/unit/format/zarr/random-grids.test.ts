import { expect, test } from "vitest";
import { countItems } from "../../../../src/core/dtype.js";
import type { GridSelection } from "../../../../src/core/source.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { arrayV3, bytesOf, groupV3, TestStore, testEngine } from "./support.js";

/** A small generator (mulberry32), so that a failure can be repeated. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const unravel = (flat: number, shape: readonly number[]): number[] => {
  const at: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return at;
};
const ravel = (at: readonly number[], shape: readonly number[]): number =>
  at.reduce((flat, index, axis) => flat * shape[axis]! + index, 0);

/** The value of a cell, or the fill value -1 in chunks that are left out. */
type Cells = (at: readonly number[]) => number;

/** Cuts `shape` into blocks and gives each its bytes, in C order of the blocks and of the cells within. */
function blocksOf(origin: readonly number[], shape: readonly number[], block: readonly number[]): number[][] {
  const grid = shape.map((size, axis) => Math.ceil(size / block[axis]!));
  return Array.from({ length: countItems(grid) }, (_, flat) =>
    unravel(flat, grid).map((index, axis) => origin[axis]! + index * block[axis]!),
  );
}

function chunkBytes(origin: readonly number[], chunk: readonly number[], cells: Cells): Uint8Array {
  const values = Int16Array.from({ length: countItems(chunk) }, (_, flat) =>
    cells(unravel(flat, chunk).map((index, axis) => origin[axis]! + index)),
  );
  return bytesOf(values);
}

function shardBytes(
  origin: readonly number[],
  shard: readonly number[],
  chunk: readonly number[],
  cells: Cells,
  isStored: (origin: readonly number[]) => boolean,
): Uint8Array {
  const entries: bigint[] = [];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const inner of blocksOf(origin, shard, chunk)) {
    if (!isStored(inner)) {
      entries.push(2n ** 64n - 1n, 2n ** 64n - 1n);
      continue;
    }
    const bytes = chunkBytes(inner, chunk, cells);
    entries.push(BigInt(at), BigInt(bytes.length));
    parts.push(bytes);
    at += bytes.length;
  }
  parts.push(bytesOf(BigUint64Array.from(entries)));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test.each(Array.from({ length: 60 }, (_, seed) => [seed]))(
  "random grid %i: queries and reads equal the plain filter",
  async (seed) => {
    const next = random(seed);
    const rank = 1 + next(3);
    const shape = Array.from({ length: rank }, () => 1 + next(9));
    const chunk = shape.map(() => 1 + next(4));
    const isSharded = next(2) === 1;
    const object = isSharded ? chunk.map((size) => size * (1 + next(3))) : chunk;
    const names = shape.map((_, axis) => `d${axis}`);
    const labels = shape.map((length) => Float64Array.from({ length }, () => next(12)));

    const isStored = (origin: readonly number[]): boolean =>
      (ravel(
        origin,
        shape.map((size) => size + 40),
      ) +
        seed) %
        4 !==
      0;
    const cells: Cells = (at) => {
      const origin = at.map((index, axis) => Math.floor(index / chunk[axis]!) * chunk[axis]!);
      return isStored(origin) && at.every((index, axis) => index < shape[axis]!) ? ravel(at, shape) : -1;
    };
    const little = { name: "bytes", configuration: { endian: "little" } };
    const sharding = {
      name: "sharding_indexed",
      configuration: { chunk_shape: chunk, codecs: [little], index_codecs: [little] },
    };
    const store = new TestStore();
    const nodes: Record<string, object> = {
      air: arrayV3(shape, object, { dimension_names: names, codecs: [isSharded ? sharding : little] }),
    };
    names.forEach((name, axis) => {
      nodes[name] = arrayV3([shape[axis]!], [shape[axis]!], {
        data_type: "float64",
        fill_value: 0,
        dimension_names: [name],
      });
      store.put(`/${name}/c/0`, bytesOf(labels[axis]!));
    });
    store.put("/zarr.json", groupV3(nodes));
    for (const origin of blocksOf(
      shape.map(() => 0),
      shape,
      object,
    )) {
      const key = `/air/c/${origin.map((start, axis) => start / object[axis]!).join("/")}`;
      if (isSharded) store.put(key, shardBytes(origin, object, chunk, cells, isStored));
      else if (isStored(origin)) store.put(key, chunkBytes(origin, object, cells));
    }
    const source = (await openZarr({ engine: testEngine(store), url: "x" })).grid("air");

    const compare = (
      table: { data: ArrayLike<unknown>; shape: readonly number[] },
      indices: number[][],
      kept: number[],
    ): void => {
      const counts = indices.map((list) => list.length);
      expect(table.shape).toEqual(kept.map((axis) => counts[axis]!));
      const expected = Array.from({ length: countItems(counts) }, (_, flat) =>
        cells(unravel(flat, counts).map((at, axis) => indices[axis]![at]!)),
      );
      expect(Array.from(table.data, Number)).toEqual(expected);
    };
    const all = names.map((_, axis) => axis);

    for (let round = 0; round < 4; round++) {
      const ranges: Record<string, [number, number]> = {};
      const indices = names.map((name, axis) => {
        const every = Array.from({ length: shape[axis]! }, (_, index) => index);
        if (next(4) === 0) return every;
        const [a, b] = [next(12), next(12)].sort((one, two) => one - two) as [number, number];
        ranges[name] = [a, b];
        return every.filter((index) => labels[axis]![index]! >= a && labels[axis]![index]! <= b);
      });
      const table = await source.query({ ranges });
      compare(table, indices, all);
      for (const axis of all) {
        expect([...table.axes[axis]!.values]).toEqual(indices[axis]!.map((index) => labels[axis]![index]!));
      }

      const kept: number[] = [];
      const picked: number[][] = [];
      const selection = shape.map((length, axis) => {
        const every = Array.from({ length }, (_, index) => index);
        if (next(3) === 0) {
          const index = next(length);
          picked.push([index]);
          return next(2) === 0 ? index : index - length;
        }
        kept.push(axis);
        const step = 1 + next(4);
        const backwards = next(2) === 1;
        picked.push((backwards ? every.reverse() : every).filter((_, at) => at % step === 0));
        return { start: undefined, stop: undefined, step: backwards ? -step : step };
      });
      compare(await source.read(selection as GridSelection), picked, kept);
    }
  },
);
