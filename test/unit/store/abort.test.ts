/**
 * An abort settles every wait at once, with the caller's reason, and leaves no socket busy
 * (docs/design/object-storage.md §7, acceptance check 5).
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { S3Store, type S3StoreOptions } from "../../../src/store/s3.js";
import { createStore } from "../../../src/store/url.js";
import { createS3Server, type Fault, type S3Server } from "../../support/s3-server/server.js";

let server: S3Server;
const faults: { remove(): void }[] = [];

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  server.put("open", "slow", new Uint8Array(200_000));
});
afterEach(() => {
  for (const fault of faults.splice(0)) fault.remove();
  server.reset();
});
afterAll(() => server.close());

const store = (more: S3StoreOptions = {}): S3Store =>
  new S3Store("s3://open", { endpoint: server.url, ...more });
const slow = (fault: Fault): void => {
  faults.push(server.addFault({ fault, path: /slow$/ }));
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Aborts after a while; the read must reject with exactly that reason within one macrotask. */
async function abortAfter(ms: number, read: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const reason = { why: `left after ${ms} ms` };
  let settled = false;
  const reading = read(controller.signal).finally(() => {
    settled = true;
  });
  reading.catch(() => {});
  await pause(ms);
  expect(settled).toBe(false);
  controller.abort(reason);
  await pause(0);
  expect(settled).toBe(true);
  await expect(reading).rejects.toBe(reason);
}

async function allSocketsFree(): Promise<void> {
  for (let waited = 0; waited < 50 && server.counters.concurrent > 0; waited++) await pause(10);
  expect(server.counters.concurrent).toBe(0);
}

it("before the headers", async () => {
  slow({ kind: "stall" });
  await abortAfter(30, (signal) => store().get("/slow", { signal }));
  await allSocketsFree();
});

it("in the body", async () => {
  slow({ kind: "stall", afterBytes: 10 });
  await abortAfter(30, (signal) => store().getRange("/slow", { offset: 0, length: 1000 }, { signal }));
  await allSocketsFree();
});

it("in the queue, without a request", async () => {
  slow({ kind: "delay", ms: 200 });
  const narrow = store({ maxRequestsPerOrigin: 1 });
  const first = narrow.get("/slow");
  await abortAfter(30, (signal) => narrow.get("/slow", { signal }));
  await first;
  expect(server.counters.GET).toBe(1);
});

it("while waiting to try again", async () => {
  slow({ kind: "status", status: 503, retryAfter: 20 });
  await abortAfter(80, (signal) => store().get("/slow", { signal }));
  await pause(30);
  expect(server.counters.GET).toBe(1);
});

it("while waiting for keys", async () => {
  const waiting = store({ credentials: () => new Promise(() => {}), region: "us-east-1" });
  await abortAfter(20, (signal) => waiting.get("/slow", { signal }));
});

it("through the whole stack, where one of two readers stays", async () => {
  slow({ kind: "delay", ms: 120 });
  const { store: stack } = await createStore("s3://open", { endpoint: server.url });
  const range = { offset: 10, length: 20 };
  const stays = stack.getRange!("/slow", range);
  await abortAfter(30, (signal) => stack.getRange!("/slow", range, { signal }));
  expect(await stays).toHaveLength(20);
  expect(server.counters.GET).toBe(1);
});

it("through the whole stack, where the last reader leaves", async () => {
  slow({ kind: "stall" });
  const { store: stack } = await createStore("s3://open", { endpoint: server.url });
  const merged = [0, 100, 200].map((offset) =>
    abortAfter(40, (signal) => stack.getRange!("/slow", { offset, length: 50 }, { signal })),
  );
  await Promise.all(merged);
  await allSocketsFree();
  for (const fault of faults.splice(0)) fault.remove();
  expect(await stack.getRange!("/slow", { offset: 0, length: 50 })).toHaveLength(50);
});
