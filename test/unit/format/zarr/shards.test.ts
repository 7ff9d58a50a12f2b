import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../src/core/dataset.js";
import type { BlockPart } from "../../../../src/core/plan.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { SharedReads } from "../../../../src/format/zarr/shared-reads.js";
import { arrayV3, bytesOf, TestStore, testEngine, thrownBy } from "./support.js";

const missing = 2n ** 64n - 1n;
const open = (store: TestStore): Promise<Dataset> =>
  openZarr({ engine: testEngine(store), url: "https://host/shards" });

/** CRC-32C bit by bit, by its definition (RFC 3720 appendix B.4). */
function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A shard of chunks of two int16; `entries` replaces the index that belongs to them. */
function shard(
  chunks: readonly (readonly [number, number] | undefined)[],
  options: { start?: boolean; checksum?: boolean; entries?: BigUint64Array } = {},
): Uint8Array {
  const { start = false, checksum = true } = options;
  const indexBytes = chunks.length * 16 + (checksum ? 4 : 0);
  const entries: bigint[] = [];
  const payload: Uint8Array[] = [];
  let at = start ? indexBytes : 0;
  for (const chunk of chunks) {
    entries.push(...(chunk === undefined ? [missing, missing] : [BigInt(at), 4n]));
    if (chunk === undefined) continue;
    payload.push(bytesOf(Int16Array.from(chunk)));
    at += 4;
  }
  const table = bytesOf(options.entries ?? BigUint64Array.from(entries));
  const index = checksum ? join(table, bytesOf(Uint32Array.of(crc32c(table)))) : table;
  return start ? join(index, ...payload) : join(...payload, index);
}

/** A 1-D array of 16 int16 in shards of 8 in chunks of 2. */
function shardedStore(options: { start?: boolean; checksum?: boolean } = {}): TestStore {
  const { start = false, checksum = true } = options;
  const codec = {
    name: "sharding_indexed",
    configuration: {
      chunk_shape: [2],
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      index_codecs: [
        { name: "bytes", configuration: { endian: "little" } },
        ...(checksum ? [{ name: "crc32c" }] : []),
      ],
      index_location: start ? "start" : "end",
    },
  };
  return new TestStore().put("/zarr.json", arrayV3([16], [8], { codecs: [codec], fill_value: -7 }));
}

const some = [[0, 1], undefined, [4, 5], [6, 7]] as const;

describe("shards", () => {
  test.each([
    ["at its end", {}],
    ["at its start", { start: true }],
    ["without checksum", { checksum: false }],
  ])("an index %s is read once; inner chunks by range; what is not stored is fill", async (_, options) => {
    const store = shardedStore(options).put("/c/0", shard(some, options));
    const source = (await open(store)).grid();
    expect(source.info.chunkShape).toEqual([2]);
    const table = await source.query();
    expect([...table.data]).toEqual([0, 1, -7, -7, 4, 5, 6, 7, -7, -7, -7, -7, -7, -7, -7, -7]);
    const indexBytes = 64 + ((options as { checksum?: boolean }).checksum === false ? 0 : 4);
    const indexAt = "start" in options ? 0 : 12;
    const index = `/c/0 ${indexAt}+${indexBytes}`;
    expect(store.asked.filter((key) => key === index)).toHaveLength(1);
    store.asked.length = 0;
    await source.query({ ranges: { dim_0: [5, 6] } });
    const payloadAt = "start" in options ? indexBytes : 0;
    expect(store.asked).toEqual([`/c/0 ${payloadAt + 4}+4`, `/c/0 ${payloadAt + 8}+4`]);
  });

  test("parts tell exact ranges of one key, and which chunks are not there", async () => {
    const source = (await open(shardedStore().put("/c/0", shard(some)))).grid();
    const parts: BlockPart[] = [];
    for await (const part of await source.plan({ ranges: { dim_0: [1, 9] } })) parts.push(part as BlockPart);
    expect(parts.map((part) => part.column.read)).toEqual([
      { key: "/c/0", range: { offset: 0, length: 4 }, bytesHint: 4 },
      undefined,
      { key: "/c/0", range: { offset: 4, length: 4 }, bytesHint: 4 },
      { key: "/c/0", range: { offset: 8, length: 4 }, bytesHint: 4 },
      undefined,
    ]);
    expect(parts[0]!.label).toBe("/c/0 inner chunk 0");
  });

  test.each([
    [
      "beyond the end",
      BigUint64Array.of(0n, 4n, 4n, 400n, 8n, 4n, missing, missing),
      /inner chunk 1 at 4 with 400/,
    ],
    ["beyond 2^53", BigUint64Array.of(0n, 4n, 2n ** 60n, 4n, 8n, 4n, 0n, 4n), /inner chunk 1/],
    ["of no length", BigUint64Array.of(0n, 4n, 4n, 0n, 8n, 4n, 0n, 4n), /inner chunk 1/],
    ["half missing", BigUint64Array.of(0n, 4n, missing, 4n, 8n, 4n, 0n, 4n), /inner chunk 1/],
  ])("an index that points %s is corrupt", async (_, entries, message) => {
    const store = shardedStore().put(
      "/c/0",
      shard(
        [
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
        ],
        { entries },
      ),
    );
    const source = (await open(store)).grid();
    expect([...(await source.read([0])).data]).toEqual([0]);
    const error = await thrownBy(() => source.query());
    expect(error.code).toBe("corrupt");
    expect(error.message).toMatch(message);
    expect(error.message).toContain("/c/0");
  });

  test("a flipped bit in the index, a wrong length, and a short shard are refused", async () => {
    const flipped = shard(some);
    flipped[20]! ^= 1;
    const bad = await thrownBy(async () => (await open(shardedStore().put("/c/0", flipped))).grid().query());
    expect(bad.code).toBe("corrupt");
    expect(bad.message).toContain("crc32c");

    const short = shard(some).subarray(0, 40);
    const truncated = await thrownBy(async () =>
      (await open(shardedStore().put("/c/0", short))).grid().query(),
    );
    expect(truncated.code).toBe("corrupt");
    expect(truncated.message).toMatch(/40 bytes long.*68/);

    const entries = BigUint64Array.of(0n, 3n, missing, missing, missing, missing, missing, missing);
    const wrong = shard([[0, 1], undefined, undefined, undefined], { entries });
    const error = await thrownBy(async () => (await open(shardedStore().put("/c/0", wrong))).grid().query());
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("/c/0 inner chunk 0");

    const cut = shard(some, { start: true }).subarray(0, 74);
    const source = (await open(shardedStore({ start: true }).put("/c/0", cut))).grid();
    expect((await thrownBy(() => source.query())).code).toMatch(/corrupt|short-body/);
  });

  test("indexes of many shards are asked for ahead of their turn", async () => {
    const store = shardedStore({ start: true });
    for (const at of [0, 1]) store.put(`/c/${at}`, shard(some, { start: true }));
    const source = (await open(store)).grid();
    const plan = await source.plan();
    store.asked.length = 0;
    const iterator = plan[Symbol.asyncIterator]();
    await iterator.next();
    expect(store.asked).toEqual(["/c/0 0+68", "/c/1 0+68"]);
    await iterator.return?.();
  });
});

describe("shared reads", () => {
  test("the least recently used goes first, and is read again", async () => {
    const reads = new SharedReads<string>(20);
    const done: string[] = [];
    const get = (key: string): Promise<string> =>
      reads.get(key, 10, async () => {
        done.push(key);
        return key;
      });
    for (const key of ["a", "b", "a", "c", "a", "b"]) expect(await get(key)).toBe(key);
    expect(done).toEqual(["a", "b", "c", "b"]);
  });

  test("a read is aborted when its last waiter leaves, and begins anew for the next", async () => {
    const reads = new SharedReads<number>(100);
    const signals: AbortSignal[] = [];
    const read = (signal: AbortSignal): Promise<number> =>
      new Promise((resolve, reject) => {
        signals.push(signal);
        signal.addEventListener("abort", () => reject(signal.reason));
        if (signals.length === 2) resolve(7);
      });
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [reads.get("k", 1, read, one.signal), reads.get("k", 1, read, two.signal)];
    const outcomes = Promise.allSettled(waiting);
    one.abort();
    await Promise.resolve();
    expect(signals[0]!.aborted).toBe(false);
    two.abort();
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
    expect(signals[0]!.aborted).toBe(true);
    expect(await reads.get("k", 1, read)).toBe(7);
    expect(signals).toHaveLength(2);
  });
});
