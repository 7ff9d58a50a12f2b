/**
 * Calls between threads: what goes in one message, which answers wait for others, and what becomes of calls that fail.
 *
 * @module
 */
import { transfer } from "comlink";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Port } from "../../../src/worker/bundles.js";
import { answerCalls, Caller } from "../../../src/worker/calls.js";

interface Api {
  add(a: number, b: number): Promise<number>;
  /** Answered when the test says so. */
  later(name: string): Promise<string>;
  echo(value: object): Promise<object>;
  fail(): Promise<void>;
  takes(bytes: Uint8Array): Promise<Uint8Array>;
}

const messages = { out: [] as unknown[][], back: [] as unknown[][] };
const busy: boolean[] = [];
const answers = new Map<string, () => void>();
let ports: MessagePort[] = [];
let isMoreComing = false;
let caller: Caller<Api>;

beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  ports = [port1, port2];
  isMoreComing = false;
  for (const list of [messages.out, messages.back, busy]) list.length = 0;
  answers.clear();
  const api: Api = {
    add: async (a, b) => a + b,
    later: (name) => new Promise((resolve) => answers.set(name, () => resolve(name))),
    echo: async (value) => value,
    fail: () => Promise.reject(new RangeError("no memory")),
    takes: async (bytes) => transfer(bytes, [bytes.buffer as ArrayBuffer]),
  };
  answerCalls(api, portOf(port2, messages.back), () => isMoreComing);
  caller = new Caller(portOf(port1, messages.out), {
    onBusy: (isBusy) => busy.push(isBusy),
    onRefused: (thrown) => caller.end(() => thrown),
  });
});

afterEach(() => {
  vi.useRealTimers();
  for (const port of ports) port.close();
});

function portOf(port: MessagePort, sent: unknown[][]): Port {
  return {
    postMessage(message, buffers) {
      port.postMessage(message, buffers);
      sent.push(message as unknown[]);
    },
    listen(listener) {
      port.onmessage = ({ data }) => listener(data);
    },
  };
}

/** Without a timer, as those are what some of the tests look at. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

it("those of one turn share a message, and so do answers that are ready at once", async () => {
  const sums = [1, 2, 3].map((n) => caller.call("add", [n, n]));
  expect(busy).toEqual([true]);
  expect(await Promise.all(sums)).toEqual([2, 4, 6]);
  expect(busy).toEqual([true, false]);
  expect(messages.out.map((calls) => calls.length)).toEqual([3]);
  expect(messages.back.map((replies) => replies.length)).toEqual([3]);
  await caller.call("add", [4, 4]);
  expect(messages.out).toHaveLength(2);
});

it("an answer that may wait goes along with the next one", async () => {
  isMoreComing = true;
  const order: string[] = [];
  const later = caller.call("later", ["next"]).then((name) => order.push(name));
  const patient = caller.call("add", [1, 1], true).then(() => order.push("patient"));
  await until(() => answers.size === 1);
  answers.get("next")!();
  await Promise.all([later, patient]);
  expect(order).toEqual(["patient", "next"]);
  expect(messages.back.map((replies) => replies.length)).toEqual([2]);
});

it("and by itself where none follows in a few milliseconds, at once where none will", async () => {
  isMoreComing = true;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const patient = caller.call("add", [1, 1], true);
  await until(() => vi.getTimerCount() === 1);
  expect(messages.back).toHaveLength(0);
  vi.advanceTimersByTime(10);
  expect(await patient).toBe(2);
  isMoreComing = false;
  expect(await caller.call("add", [2, 2], true)).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

it("calls that cannot be cloned are told of, and those that were sent with them", async () => {
  const refused = [caller.call("add", [1, 2]), caller.call("echo", [{ f: () => {} }])];
  for (const call of refused) await expect(call).rejects.toMatchObject({ name: "DataCloneError" });
  expect(messages.out).toHaveLength(0);
});

it("what is thrown crosses by its name and message", async () => {
  await expect(caller.call("fail", [])).rejects.toMatchObject({ name: "RangeError", message: "no memory" });
});

it("buffers that are marked move there and back", async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const back = await caller.call("takes", [transfer(bytes, [bytes.buffer])]);
  expect(bytes.byteLength).toBe(0);
  expect([...back]).toEqual([1, 2, 3]);
});

it("an end rejects those without an answer, those not sent yet, and those to come", async () => {
  const waiting = caller.call("later", ["never"]);
  await until(() => answers.size === 1);
  const unsent = caller.call("add", [1, 1]);
  caller.end(() => new Error("ended"));
  for (const call of [waiting, unsent, caller.call("add", [2, 2])])
    await expect(call).rejects.toThrow("ended");
  expect(messages.out).toHaveLength(1);
  answers.get("never")!();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(caller.isBusy).toBe(false);
});
