/**
 * Tasks that wait for the worker which holds their bytes, while another has nothing to do.
 */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type HeldBytes, isHeld, releaseBytes } from "../../../src/net/lane.js";
import { createStore } from "../../../src/store/url.js";
import type { DecodePool } from "../../../src/worker/pool.js";
import type { BlockResult } from "../../../src/worker/protocol.js";
import { callsOf, type LoopbackWorker, startedPool } from "../../support/loopback-worker.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const chunkBytes = 40_000;
const chunks = 64;
const bytes = Uint8Array.from({ length: chunkBytes * chunks }, (_, index) => (index * 31) % 251);

let server: S3Server;
let pool: DecodePool;
let workers: readonly LoopbackWorker[];
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  server.put("open", "body", bytes);
});
afterEach(() => {
  pool.dispose();
  server.latencyMs = 0;
});
afterAll(() => server.close());

/** A body that the first of two workers holds. */
async function holdBody(): Promise<HeldBytes> {
  ({ pool, workers } = await startedPool({ workers: 2 }));
  const { store } = await createStore("s3://open", {
    endpoint: server.url,
    credentials: "anonymous",
    cache: 0,
  });
  const [lane] = pool.lanes!(100, 1e9);
  const body = await store.hold!("/body", undefined, lane!);
  if (!isHeld(body)) throw new Error("nothing is held");
  return body;
}

/** Decodes chunks of it. */
function decode(body: HeldBytes, count: number, signal?: AbortSignal): Promise<BlockResult>[] {
  return Array.from({ length: count }, (_, chunk) =>
    decodePart(body.cut(chunk * chunkBytes, chunkBytes), `chunk ${chunk}`, signal),
  );
}

function decodePart(part: HeldBytes, label: string, signal?: AbortSignal): Promise<BlockResult> {
  const { length } = part;
  const column = {
    name: "a",
    bytes: part,
    codecs: [{ name: "bytes" }],
    dtype: "uint8" as const,
    shape: [length],
  };
  const crop = [{ start: 0, count: length, step: 1 }];
  return pool.run({ kind: "block", label, column, crop }, signal && { signal }) as Promise<BlockResult>;
}

function expectRight(results: readonly BlockResult[]): void {
  const wrong = results.flatMap(({ data }, chunk) => {
    const wanted = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
    return Buffer.compare(data as Uint8Array, wanted) === 0 ? [] : [chunk];
  });
  expect(wrong).toEqual([]);
}

const countOf = (worker: LoopbackWorker | undefined, path: string): number =>
  worker?.paths.filter((one) => one === path).length ?? 0;

/** Tasks that each worker was given. */
const tasksGiven = (): number[] =>
  workers.map(({ sent }) =>
    sent
      .filter(({ name }) => name === "run")
      .reduce((sum, { args: [tasks] }) => sum + (tasks as unknown[]).length, 0),
  );

/** Notes what each message to a worker asks for. */
function listenTo(worker: LoopbackWorker): string[] {
  const messages: string[] = [];
  const send = worker.postMessage.bind(worker);
  worker.postMessage = (message, transfer) => {
    messages.push([...new Set(callsOf(message).map(({ name }) => name))].join(" "));
    send(message, transfer);
  };
  return messages;
}

it("half of them are carried over before any is sent, with one message for their bytes", async () => {
  const body = await holdBody();
  const messages = listenTo(workers[0]!);
  expectRight(await Promise.all(decode(body, chunks)));
  expect(messages.slice(0, 2)).toEqual(["take", "run"]);
  expect(tasksGiven()).toEqual([chunks / 2, chunks / 2]);
  expect(countOf(workers[0], "take")).toBe(1);
  releaseBytes(body);
});

it("while the other reads, it is given what is left when it has nothing else", async () => {
  const body = await holdBody();
  const { store } = await createStore("s3://open", {
    endpoint: server.url,
    credentials: "anonymous",
    cache: 0,
  });
  const messages = listenTo(workers[0]!);
  server.latencyMs = 20;
  const reading = store.hold!("/body", undefined, pool.lanes!(100, 1e9)[1]!);
  await expect.poll(() => countOf(workers[1], "perform"), { interval: 1 }).toBe(1);
  expectRight(await Promise.all(decode(body, chunks)));
  expect(messages[0]).toBe("run");
  const [first, second] = tasksGiven();
  expect(first! + second!).toBe(chunks);
  expect(second).toBeLessThan(first!);
  releaseBytes(await reading);
  releaseBytes(body);
});

it("one that is most of it stays, and those before it", async () => {
  const body = await holdBody();
  const results = [
    decodePart(body.cut(0, chunkBytes), "small"),
    decodePart(body.cut(0, bytes.length), "large"),
  ];
  const [small, large] = await Promise.all(results);
  expect(small!.data).toEqual(bytes.subarray(0, chunkBytes));
  expect(Buffer.compare(large!.data as Uint8Array, bytes)).toBe(0);
  expect(tasksGiven()).toEqual([2, 0]);
  releaseBytes(body);
});

it("few stay where they are", async () => {
  const body = await holdBody();
  expectRight(await Promise.all(decode(body, 4)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(countOf(workers[0], "take")).toBe(0);
  expect(countOf(workers[1], "run")).toBe(0);
  releaseBytes(body);
});

it("a worker that ends with what it was given leaves it to the one that holds it", async () => {
  const body = await holdBody();
  const other = workers[1]!;
  const send = other.postMessage.bind(other);
  let isDead = false;
  other.postMessage = (message, transfer) => {
    if (!callsOf(message).some(({ name }) => name === "run")) return send(message, transfer);
    isDead = true;
    other.crash();
  };
  expectRight(await Promise.all(decode(body, chunks)));
  expect(isDead).toBe(true);
  releaseBytes(body);
});

it("what is given up meanwhile is not decoded, and takes nothing else along", async () => {
  const body = await holdBody();
  const giveUp = new AbortController();
  const wanted = decode(body, 40);
  const unwanted = decode(body, chunks, giveUp.signal).map((one) => one.catch((thrown: unknown) => thrown));
  setTimeout(() => giveUp.abort("enough"), 1);
  expectRight(await Promise.all(wanted));
  await Promise.all(unwanted);
  releaseBytes(body);
});
