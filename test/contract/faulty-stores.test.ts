/**
 * The store contract over a server that misbehaves: each fault that retries or other ways can make good, on every request or
 * on one of five. What cannot be made good is an error by name: `ranges.test.ts`, `retries.test.ts`, `timeouts.test.ts`.
 *
 * @module
 */
import { createStore } from "../../src/store/url.js";
import { createS3Server, type Fault } from "../support/s3-server/server.js";
import { storeContract } from "./store.contract.js";

const faults: readonly (readonly [name: string, fault: Fault, chance: number])[] = [
  ["every answer is late", { kind: "delay", ms: 4 }, 1],
  ["every body drips", { kind: "drip", bytes: 8000, everyMs: 1 }, 1],
  ["ranges are ignored", { kind: "ignore-range" }, 1],
  ["Content-Range is not told", { kind: "wrong-content-range", value: "" }, 1],
  ["503", { kind: "status", status: 503, code: "SlowDown" }, 0.2],
  ["500", { kind: "status", status: 500 }, 0.2],
  ["resets before the headers", { kind: "reset" }, 0.2],
  ["cut bodies", { kind: "cut", afterBytes: 7 }, 0.2],
  ["bodies that are reset", { kind: "cut", afterBytes: 7, how: "rst" }, 0.2],
  ["cut bodies without a length", { kind: "cut", afterBytes: 7, chunked: true }, 0.2],
  ["silence before the headers", { kind: "stall" }, 0.1],
  ["silence in the body", { kind: "stall", afterBytes: 7 }, 0.1],
];

for (const [name, fault, chance] of faults) {
  storeContract(`over a server with faults: ${name}`, async (objects) => {
    const server = await createS3Server();
    server.createBucket("bucket", { publicRead: true, publicList: true });
    for (const [key, bytes] of objects) server.put("bucket", key, bytes);
    // One request may pass: a host that never answered is asked twice only.
    server.addFault({ fault, chance, skip: 1, path: /^\/bucket\/./ });
    const { store } = await createStore("s3://bucket", {
      endpoint: server.url,
      cache: 0,
      retries: { attempts: 12, baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5 },
      timeouts: { firstByteMs: 250, stallMs: 100 },
    });
    return { store, close: () => server.close() };
  });
}
