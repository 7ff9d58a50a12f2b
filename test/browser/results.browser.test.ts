/**
 * What large grids lie in, in a page that is cross-origin isolated and in one that is not: the same numbers either way.
 */
import { afterEach, describe, expect, inject, it } from "vitest";
import { type GridSource, open } from "../../src/index.js";
import { createPool, type DecodePool, type PoolOptions } from "../../src/worker/pool.js";

const side = 1100;
const chunk = 300;
const missing = 6;
const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

/** An array of 4.8 MB with a hole, of numbers that tell where they belong. */
async function makeStore(): Promise<Map<string, Uint8Array>> {
  const codecs = [
    { name: "bytes", configuration: { endian: "little" } },
    { name: "gzip", configuration: { level: 1 } },
  ];
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [side, side],
    data_type: "float32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [chunk, chunk] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: -1,
    codecs,
    attributes: {},
  };
  const objects = new Map<string, Uint8Array>([
    ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
  ]);
  for (let index = 0; index < 16; index++) {
    if (index === missing) continue;
    const [row, column] = [(index >> 2) * chunk, (index & 3) * chunk];
    const values = Float32Array.from(
      { length: chunk * chunk },
      (_, cell) => (row + Math.floor(cell / chunk)) * side + column + (cell % chunk),
    );
    const packed = new Blob([values]).stream().pipeThrough(new CompressionStream("gzip"));
    objects.set(`/c/${index >> 2}/${index & 3}`, new Uint8Array(await new Response(packed).arrayBuffer()));
  }
  return objects;
}

async function openGrid(options: PoolOptions = {}): Promise<GridSource> {
  const objects = await makeStore();
  const pool = createPool({ workers: 2, inlineBytes: 0, ...options });
  pools.push(pool);
  return open({ get: async (key: string) => objects.get(key)?.slice() }, { pool, kind: "grid" });
}

function expectRight(data: Float32Array): void {
  expect(data.length).toBe(side * side);
  let wrong = 0;
  for (let at = 0; at < data.length; at++) {
    const [row, column] = [Math.floor(at / side), at % side];
    const isHole = Math.floor(row / chunk) * 4 + Math.floor(column / chunk) === missing;
    if (data[at] !== (isHole ? -1 : at)) wrong++;
  }
  expect(wrong).toBe(0);
}

const read = async (grid: GridSource, into?: ArrayBufferLike): Promise<Float32Array> =>
  (await grid.query({}, into === undefined ? {} : { into })).data as Float32Array;

it("runs where its project says", () => {
  expect(crossOriginIsolated).toBe(inject("isolated"));
});

describe("a large grid", () => {
  it("lies in shared memory in an isolated page, and in plain memory elsewhere", async () => {
    const data = await read(await openGrid());
    expectRight(data);
    expect(data.buffer instanceof ArrayBuffer).toBe(!crossOriginIsolated);
  });

  it("can be transferred and uploaded where that is asked for", async () => {
    const data = await read(await openGrid({ memory: "transferable" }));
    expectRight(data);
    const gl = document.createElement("canvas").getContext("webgl2");
    gl?.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl?.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    expect(gl?.getError() ?? 0).toBe(0);
    const { buffer } = structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
    expect([buffer.byteLength, data.length]).toEqual([4 * side * side, 0]);
  });

  it("lies in memory that was released, or that was given", async () => {
    const grid = await openGrid();
    const first = await grid.query();
    const { buffer } = first.data as Float32Array;
    (first.data as Float32Array).fill(9);
    grid.release(first);
    const again = await read(grid);
    expectRight(again);
    expect(crossOriginIsolated ? again.buffer === buffer : buffer.byteLength === 0).toBe(true);
    expectRight(await read(grid, new ArrayBuffer(4 * side * side + 100)));
  });
});
