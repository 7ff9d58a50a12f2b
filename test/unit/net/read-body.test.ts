/**
 * Bodies read into memory that is used again: a tray for their pieces, a room for the whole.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { type BodyMemory, readBody } from "../../../src/net/read-body.js";
import { intoTrays } from "../../../src/net/trays.js";

const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => (at * 31) % 251);

/** `toEqual` would take seconds for arrays of this size. */
function expectBytes(found: Uint8Array, length: number): void {
  expect(found.length).toBe(length);
  expect(Buffer.compare(found, bytes.subarray(0, length))).toBe(0);
}

function memoryOf(trays?: ArrayBuffer[]): BodyMemory {
  return { makeRoom: (length) => new Uint8Array(length), ...(trays && { open: intoTrays(trays) }) };
}

/** A body in pieces, of a stream that cannot be read into memory that is given. */
function inPieces(length: number, end: (controller: ReadableStreamDefaultController) => void): Response {
  let sent = 0;
  return new Response(
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= length) return end(controller);
        controller.enqueue(bytes.slice(sent, sent + 100_000));
        sent += 100_000;
      },
    }),
  );
}

describe("a body read through a tray", () => {
  it("is whole, and leaves the tray for the next", async () => {
    const trays: ArrayBuffer[] = [];
    const memory = memoryOf(trays);
    const limits = { exactBytes: bytes.length, maxBytes: bytes.length, memory };
    for (let round = 0; round < 3; round++) {
      const body = await readBody(new Response(bytes), limits, () => {});
      expectBytes(body.bytes, bytes.length);
      expect(body.overflow).toBe(false);
      expect(trays).toHaveLength(1);
    }
  });

  it("tells of each piece once it is in the room", async () => {
    const told: number[] = [];
    let counted = 0;
    const onFilled = (room: Uint8Array, filled: number): void => {
      told.push(filled);
      expectBytes(room.subarray(0, filled), filled);
    };
    await readBody(
      new Response(bytes),
      { exactBytes: bytes.length, memory: memoryOf([]), onFilled },
      (more) => {
        counted += more;
      },
    );
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)).toBe(bytes.length);
    expect(counted).toBe(bytes.length);
  });

  it("is cut where it is longer than allowed", async () => {
    const { bytes: got, overflow } = await readBody(
      new Response(bytes),
      { maxBytes: 300_000, memory: memoryOf([]) },
      () => {},
    );
    expect(overflow).toBe(true);
    expectBytes(got, 300_000);
  });

  it("may be empty, or absent", async () => {
    for (const response of [new Response(new Uint8Array(0)), new Response()])
      expect((await readBody(response, { memory: memoryOf([]) }, () => {})).bytes).toHaveLength(0);
  });

  it("comes in pieces of its own where the stream makes them", async () => {
    const trays: ArrayBuffer[] = [];
    const response = inPieces(bytes.length, (controller) => controller.close());
    const body = await readBody(response, { memory: memoryOf(trays) }, () => {});
    expectBytes(body.bytes, bytes.length);
    expect(trays).toEqual([]);
  });

  it("keeps what came before it broke off", async () => {
    for (const memory of [memoryOf(), memoryOf([])]) {
      const response = inPieces(300_000, (controller) => controller.error(new Error("cut")));
      const body = await readBody(response, { memory }, () => {});
      expectBytes(body.bytes, 300_000);
      expect(body.broken?.reason).toEqual(new Error("cut"));
    }
  });
});
