/**
 * Tasks that go along with the requests for their objects.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { open } from "../../../src/index.js";
import { HeldBody, HeldBytes } from "../../../src/net/lane.js";
import type { PerformOptions } from "../../../src/net/perform.js";
import type { RemoteRead } from "../../../src/net/remote-read.js";
import { Company } from "../../../src/worker/company.js";
import type { WorkerLane } from "../../../src/worker/lane.js";
import type { DecodeReply, SentTask } from "../../../src/worker/protocol.js";
import { Ride } from "../../../src/worker/ride.js";
import { type SentCall, type StartedPool, startedPool } from "../../support/loopback-worker.js";
import { putNumberedChunks } from "../../support/numbered-chunks.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

/** Code that a worker may have to do without. */
const codecs = vi.hoisted(() => ({ areGone: false }));
vi.mock("../../../src/codec/on-demand.js", async (load) => {
  const real = await load<typeof import("../../../src/codec/on-demand.js")>();
  const loadCodecs: typeof real.loadCodecs = async (chains) => {
    if (codecs.areGone) throw new Error("The code is not to be had.");
    return real.loadCodecs(chains);
  };
  return { ...real, loadCodecs };
});

const side = 1024;
const edge = 256;
const chunks = (side / edge) ** 2;

let server: S3Server;
let started: StartedPool;
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
});
beforeEach(async () => {
  putNumberedChunks(server, side, edge);
  started = await startedPool({ workers: 2 });
});
afterEach(() => {
  server.clearFaults();
  server.latencyMs = 0;
  started.pool.dispose();
});
afterAll(() => server.close());

const calls = (name: string): SentCall[] =>
  started.workers.flatMap(({ sent }) => sent.filter((call) => call.name === name));

async function readAll(): Promise<Uint8Array> {
  const options = { endpoint: server.url, credentials: "anonymous", cache: 0 } as const;
  const grid = await open("s3://open/a", { ...options, pool: started.pool, kind: "grid" });
  return (await grid.query()).data as Uint8Array;
}

function expectRight(data: Uint8Array): void {
  const wrong = Array.from({ length: chunks }, (_, chunk) => chunk).filter((chunk) => {
    const [row, column] = [(chunk >> 2) * edge, (chunk & 3) * edge];
    return ![0, edge - 1].every((at) => data[(row + at) * side + column + at] === chunk + 1);
  });
  expect(wrong).toEqual([]);
}

describe("objects that are chunks", () => {
  it("are asked for with their tasks, and no task is sent by itself", async () => {
    expectRight(await readAll());
    expect(calls("run")).toEqual([]);
    const tasks = calls("perform").map(({ args }) => args[4]);
    expect(tasks.filter((task) => task !== undefined).length).toBe(chunks);
  });

  it("are asked for again with their tasks where the server had too much to do", async () => {
    server.addFault({ fault: { kind: "status", status: 503 }, path: /a\/c\/1\/2/, count: 1 });
    expectRight(await readAll());
    expect(calls("run")).toEqual([]);
  });

  it("are right where a body breaks off, and the rest of it is asked for", async () => {
    server.addFault({ fault: { kind: "cut", afterBytes: 50_000 }, path: /a\/c\/[13]\/./, count: 6 });
    expectRight(await readAll());
  });

  it("that do not hold what they should end in an error by name", async () => {
    server.put("open", "a/c/2/1", new Uint8Array(100));
    await expect(readAll()).rejects.toThrow(/2.{1,2}1/);
  });
});

describe("what a task leaves behind", () => {
  it("that could not be run is no body", async () => {
    codecs.areGone = true;
    await expect(readAll()).rejects.toThrow("not to be had");
    codecs.areGone = false;
    await expect.poll(() => started.workers.map(({ held }) => held.size)).toEqual([0, 0]);
    expectRight(await readAll());
  });

  it("that was given up with memory of the user's is nothing, whoever else waits for its object", async () => {
    server.latencyMs = 4000;
    const options = { endpoint: server.url, credentials: "anonymous" } as const;
    const grid = await open("s3://open/a", { ...options, pool: started.pool, kind: "grid" });
    const settled: string[] = [];
    const into = new Uint8Array(new SharedArrayBuffer(side * side));
    const controller = new AbortController();
    const given = grid
      .query({}, { into, signal: controller.signal })
      .catch((thrown: unknown) => settled.push(String(thrown)));
    await expect.poll(() => calls("perform").length).toBeGreaterThan(2);
    const other = grid.query();
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort("enough");
    // Long before the first answer.
    await Promise.race([given, new Promise((resolve) => setTimeout(resolve, 2000))]);
    expect(settled).toEqual(["enough"]);
    into.fill(0);
    server.latencyMs = 0;
    expectRight((await other).data as Uint8Array);
    expect(into.every((value) => value === 0)).toBe(true);
  });
});

describe("a ride", () => {
  const read = { method: "GET", key: "/a" } as RemoteRead;
  const options = {} as PerformOptions;
  const reply: DecodeReply = { ok: true, result: { kind: "placed" }, decodeMs: 1 };
  const perform = vi.fn();
  const lane = { perform, alive: true } as unknown as WorkerLane;
  const body = (): HeldBytes => new HeldBytes(new HeldBody(lane, 1, 10, () => {}));
  const makeRide = (): Ride => new Ride(lane, () => ({}) as SentTask, {});
  const hasTask = (): boolean => perform.mock.lastCall?.[2] !== undefined;

  it("leaves a part of an object alone, and runs once", () => {
    const ride = makeRide();
    void ride.perform({ ...read, range: { offset: 5, length: 5 } }, options);
    expect(hasTask()).toBe(false);
    void ride.perform(read, options);
    expect(hasTask()).toBe(true);
    ride.arrived(body().body, reply);
    void ride.perform(read, options);
    expect(hasTask()).toBe(false);
  });

  it("has a result for the very bytes it ran on", () => {
    const ride = makeRide();
    const bytes = body();
    expect(ride.resultFor(bytes)).toBeUndefined();
    ride.arrived(bytes.body, reply);
    expect(ride.resultFor(bytes)).toEqual({ kind: "placed" });
    expect(ride.resultFor(bytes.cut(0, 5))).toBeUndefined();
    expect(ride.resultFor(body())).toBeUndefined();
    expect(ride.resultFor(new Uint8Array(10))).toBeUndefined();
  });

  it("does not leave a body in the grid that is not there any more", () => {
    const ride = makeRide();
    expect(ride.resultFor(undefined)).toBeUndefined();
    ride.arrived(body().body, reply);
    expect(() => ride.resultFor(undefined)).toThrow(expect.objectContaining({ code: "changed" }));
  });
});

describe("answers", () => {
  it("leave three at a time, at once where few are to come, and never wait for long", async () => {
    const company = new Company();
    const left: string[] = [];
    const wait = (name: string, coming: number): Promise<unknown> =>
      company.wait(coming).then(() => left.push(name));
    void wait("a", 5);
    void wait("b", 5);
    await Promise.resolve();
    expect(left).toEqual([]);
    await wait("c", 5);
    expect(left).toEqual(["a", "b", "c"]);
    await wait("d", 2);
    expect(left.at(-1)).toBe("d");
    await wait("e", 5);
    expect(left.at(-1)).toBe("e");
  });
});
