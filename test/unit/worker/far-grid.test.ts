/**
 * Blocks that go from the worker that decodes them to the one that has the grid, without the page's thread.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { wholeCrop } from "../../../src/bytes/block.js";
import { isReaderError } from "../../../src/core/error.js";
import { type GridSource, open } from "../../../src/index.js";
import { admitBlocks, FarGrid } from "../../../src/worker/far-grid.js";
import { GridData } from "../../../src/worker/grid-data.js";
import { Spares } from "../../../src/worker/spares.js";
import { type LoopbackWorker, type StartedPool, startedPool } from "../../support/loopback-worker.js";
import { putNumberedChunks } from "../../support/numbered-chunks.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe("blocks for a grid in another worker", () => {
  const spec = { dtype: "int16", shape: [600, 1024] } as const;
  const channels: MessageChannel[] = [];
  afterEach(() => {
    for (const { port1 } of channels.splice(0)) port1.close();
  });

  function connect(grid: GridData | undefined): { far: FarGrid; spares: Spares; messages: () => number } {
    const channel = new MessageChannel();
    channels.push(channel);
    const spares = new Spares(2 ** 24);
    let messages = 0;
    admitBlocks(channel.port2, () => {
      messages++;
      return grid;
    });
    return { far: new FarGrid(spec, channel.port1, spares), spares, messages: () => messages };
  }

  const place = (far: FarGrid, shape: readonly number[], value: number, offset: readonly number[]): void => {
    const values = new Int16Array(shape.reduce((a, b) => a * b)).fill(value);
    far.place({ values, shape }, wholeCrop(shape), offset);
  };

  it("share a message while they are small, are in the grid when they have arrived, and their trays serve again", async () => {
    const grid = new GridData(spec);
    const { far, spares, messages } = connect(grid);
    for (let row = 0; row < 600; row++) place(far, [1, 1000], row + 1, [row, 24]);
    await far.arrive();
    const wrong = Array.from(grid.values as Int16Array).findIndex(
      (value, at) => value !== (at % 1024 < 24 ? 0 : Math.floor(at / 1024) + 1),
    );
    expect(wrong).toBe(-1);
    // 1.2 MB in trays of 256 KiB.
    expect(messages()).toBe(5);
    expect(spares.take(256 * 1024)?.byteLength).toBe(256 * 1024);
  });

  it("have a tray of their own when they are large, of the parts that are wanted", async () => {
    const grid = new GridData(spec);
    const { far, messages } = connect(grid);
    const values = Int16Array.from({ length: 600 * 600 }, (_, at) => at % 600);
    const crop = [
      { start: 0, count: 300, step: 2 },
      { start: 100, count: 500, step: 1 },
    ];
    far.place({ values, shape: [600, 600] }, crop, [300, 0]);
    await far.arrive();
    expect(messages()).toBe(1);
    expect([grid.values[299 * 1024], grid.values[300 * 1024], grid.values[599 * 1024 + 499]]).toEqual([
      0, 100, 599,
    ]);
  });

  it("are full from some 2 MiB on, until they have arrived", async () => {
    const { far } = connect(new GridData(spec));
    for (let turn = 0; turn < 3; turn++) {
      place(far, [600, 1024], turn, [0, 0]);
      void far.arrive();
    }
    expect(far.isFull).toBe(true);
    await far.arrive();
    expect(far.isFull).toBe(false);
  });

  it("of another type are refused", () => {
    const { far } = connect(new GridData(spec));
    const block = { values: new Float32Array(4), shape: [2, 2] };
    expect(() => far.place(block, wholeCrop(block.shape), [0, 0])).toThrow(
      expect.objectContaining({ code: "corrupt" }),
    );
  });

  it("are nobody's loss once the grid or the way is gone", async () => {
    const { far } = connect(undefined);
    place(far, [600, 1024], 1, [0, 0]);
    await far.arrive();
    const { port1 } = new MessageChannel();
    const nowhere = new FarGrid(spec, port1, new Spares(0));
    place(nowhere, [600, 1024], 1, [0, 0]);
    const arriving = nowhere.arrive();
    nowhere.close();
    await arriving;
    expect(nowhere.isFull).toBe(false);
  });
});

const side = 2048;
const edge = 256;
const perRow = side / edge;

describe("a grid of 4 MiB in one of two workers", () => {
  let server: S3Server;
  let started: StartedPool;
  beforeAll(async () => {
    server = await createS3Server();
    server.createBucket("open", { publicRead: true });
    putNumberedChunks(server, side, edge);
  });
  beforeEach(async () => {
    started = await startedPool({ workers: 2, memory: "transferable" });
  });
  afterEach(() => {
    started.pool.dispose();
    server.clearFaults();
    server.latencyMs = 0;
  });
  afterAll(() => server.close());

  const openGrid = (): Promise<GridSource> =>
    open("s3://open/a", {
      endpoint: server.url,
      credentials: "anonymous",
      cache: 0,
      pool: started.pool,
      kind: "grid",
    });

  function firstWrong(data: Uint8Array): string | undefined {
    if (data.length !== side * side) return `${data.length} numbers`;
    for (let at = 0; at < data.length; at++) {
      const [row, column] = [Math.floor(at / side), at % side];
      const wanted = Math.floor(row / edge) * perRow + Math.floor(column / edge) + 1;
      if (data[at] !== wanted) return `${data[at]} at ${row}, ${column}`;
    }
    return undefined;
  }

  const read = async (grid: GridSource, options = {}): Promise<Uint8Array> =>
    (await grid.query({}, options)).data as Uint8Array;

  /** The worker with the grid, and the one that sends blocks to it. */
  const roles = (): { owner: LoopbackWorker; other: LoopbackWorker } => {
    const find = (name: string): LoopbackWorker => started.workers.find(({ paths }) => paths.includes(name))!;
    return { owner: find("openGrid"), other: find("openFarGrid") };
  };
  const isLinked = (): boolean => started.workers.some(({ paths }) => paths.includes("openFarGrid"));

  /** What a worker was told to let go of. */
  const dropped = ({ sent }: LoopbackWorker): unknown[] =>
    sent.flatMap(({ name, args }) => (args[{ drop: 0, run: 1, perform: 3 }[name] ?? -1] as unknown[]) ?? []);

  it("is the same as elsewhere, time and again, and no block comes to the page", async () => {
    const grid = await openGrid();
    for (let turn = 0; turn < 3; turn++) expect(firstWrong(await read(grid))).toBeUndefined();
    expect(started.workers.flatMap(({ paths }) => paths)).not.toContain("place");
    expect(started.workers.map(({ paths }) => paths.filter((path) => path === "perform").length > 3)).toEqual(
      [true, true],
    );
  });

  it("lets go of the way to it with it", async () => {
    const grid = await openGrid();
    await read(grid);
    const { other } = roles();
    const opened = other.sent.find(({ name }) => name === "openFarGrid")!.args[1];
    await until(() => dropped(other).includes(opened));
  });

  it("given up leaves nothing behind, and the next is right", async () => {
    server.latencyMs = 20;
    const grid = await openGrid();
    const controller = new AbortController();
    const reading = read(grid, { signal: controller.signal }).catch((thrown: unknown) => thrown);
    await until(isLinked);
    await new Promise((resolve) => setTimeout(resolve, 40));
    controller.abort("enough");
    expect(await reading).toBe("enough");
    const { owner, other } = roles();
    await until(() => dropped(owner).includes(owner.sent.find(({ name }) => name === "openGrid")!.args[1]));
    await until(() =>
      dropped(other).includes(other.sent.find(({ name }) => name === "openFarGrid")!.args[1]),
    );
    await until(() => started.workers.every(({ held }) => held.size === 0));
    expect(firstWrong(await read(grid))).toBeUndefined();
  });

  it("ends with a typed error when its worker does, and the other goes on", async () => {
    server.latencyMs = 20;
    const grid = await openGrid();
    const reading = read(grid).catch((thrown: unknown) => thrown);
    await until(isLinked);
    await new Promise((resolve) => setTimeout(resolve, 40));
    roles().owner.crash();
    expect(isReaderError(await reading, "codec-failed")).toBe(true);
    expect(firstWrong(await read(grid))).toBeUndefined();
  });

  it("outlives a worker that sends blocks to it: what that had not placed is read again", async () => {
    server.latencyMs = 20;
    const grid = await openGrid();
    const reading = read(grid);
    await until(isLinked);
    await new Promise((resolve) => setTimeout(resolve, 40));
    roles().other.crash();
    expect(firstWrong(await reading)).toBeUndefined();
  });

  it("is closed with the dataset", async () => {
    server.latencyMs = 20;
    const grid = await openGrid();
    const reading = read(grid).catch((thrown: unknown) => thrown);
    await until(isLinked);
    started.pool.dispose();
    expect(isReaderError(await reading, "config")).toBe(true);
  });
});
