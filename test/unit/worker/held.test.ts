import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { RemoteRead } from "../../../src/net/remote-read.js";
import { defaultTimeouts } from "../../../src/net/timer.js";
import { HeldBodies } from "../../../src/worker/held.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const BYTES = 100_000;

let server: S3Server;
let held: HeldBodies;
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  for (const value of [1, 2, 3]) server.put("open", `of-${value}`, new Uint8Array(BYTES).fill(value));
});
beforeEach(() => {
  held = new HeldBodies();
});
afterAll(() => server.close());

/** Reads bytes of the object that is full of this number, as the body of that name. */
async function read(value: number, length = BYTES): Promise<Uint8Array> {
  await performed(value, length);
  return held.find({ id: value, offset: 0, length });
}

function performed(value: number, length: number): Promise<unknown> {
  const remote: RemoteRead = {
    method: "GET",
    url: `${server.url}/open/of-${value}`,
    headers: {},
    ...(length === BYTES ? {} : { range: { offset: 7, length } }),
    cache: "no-store",
    redirect: "refuse",
    key: `/of-${value}`,
    root: `${server.url}/open`,
    signed: false,
  };
  return held.perform(remote, value, { timeouts: defaultTimeouts });
}

describe("a worker without a part of its code", () => {
  it("performs nothing, and holds nothing", async () => {
    const part = "../../../src/net/read-error.js";
    vi.resetModules();
    vi.doMock(part, () => {
      throw new TypeError("Failed to fetch dynamically imported module");
    });
    held = new (await import("../../../src/worker/held.js")).HeldBodies();
    expect(await performed(404, BYTES)).toBeUndefined();
    expect(held.size).toBe(0);
    vi.doUnmock(part);
    vi.resetModules();
  });
});

describe("bodies held by a worker", () => {
  it("are written where others were that nobody needs", async () => {
    const first = await read(1);
    held.drop([1]);
    const second = await read(2, 90_000);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toEqual(new Uint8Array(90_000).fill(2));
  });

  it("are never written where others are held", async () => {
    const first = await read(1);
    const second = await read(2);
    expect(second.buffer).not.toBe(first.buffer);
    expect(first).toEqual(new Uint8Array(BYTES).fill(1));
  });

  it("stay as they are while a run may read them, dropped or not", async () => {
    const first = await read(1);
    const giveBack = held.borrow();
    held.drop([1]);
    expect((await read(2)).buffer).not.toBe(first.buffer);
    expect(first).toEqual(new Uint8Array(BYTES).fill(1));
    giveBack();
    expect((await read(3)).buffer).toBe(first.buffer);
  });

  it("leave their memory alone when they are dropped on their way", async () => {
    server.addFault({ path: /of-1/, fault: { kind: "stall", afterBytes: 50_000 } });
    const reading = performed(1, 90_000);
    await held.arrived(1, 1);
    const early = held.find({ id: 1, offset: 0, length: 1 });
    held.drop([1]);
    await reading;
    expect((await read(2, 80_000)).buffer).not.toBe(early.buffer);
  });
});
