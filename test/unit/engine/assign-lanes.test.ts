import { describe, expect, it } from "vitest";
import type { ChunkRead, ReadPart } from "../../../src/core/plan.js";
import { assignLanes, type LaneLoads } from "../../../src/engine/assign-lanes.js";
import type { Lane } from "../../../src/net/lane.js";

const MiB = 1024 * 1024;
const limits = { maxGapBytes: 1000, maxMergedBytes: 8 * MiB };
const lanes = ["first", "second"].map((name) => ({ name, alive: true }) as unknown as Lane);
const [first, second] = lanes;

const read = (key: string, offset?: number, length = MiB): ChunkRead =>
  offset === undefined
    ? { key: `/${key}`, bytesHint: length }
    : { key: `/${key}`, range: { offset, length } };

function part(...reads: ChunkRead[]): ReadPart {
  const columns = reads.map((one) => ({ name: "a", read: one, codecs: [], dtype: "int8" as const }));
  return { kind: "rows", label: "part", columns, conditions: [], positions: [], fields: [] };
}

function assign(
  parts: readonly ReadPart[],
  laneOf?: (key: string) => Lane | undefined,
  loads: LaneLoads = new Map(),
) {
  const store = laneOf === undefined ? {} : { laneOf };
  const assigned = assignLanes(parts, { lanes: () => lanes }, loads, limits, store);
  return (one: ChunkRead): Lane | undefined => assigned.get(one);
}

describe("assignLanes", () => {
  it("deals objects out evenly", () => {
    const reads = Array.from({ length: 10 }, (_, index) => read(`c/${index}`));
    const laneOf = assign(reads.map((one) => part(one)));
    expect(reads.map(laneOf)).toEqual(reads.map((_, index) => lanes[index % 2]));
  });

  it("keeps what becomes one request in one lane, whatever its size", () => {
    const reads = Array.from({ length: 16 }, (_, index) => read("shard", index * MiB));
    const laneOf = assign(reads.map((one) => part(one)));
    expect(reads.map(laneOf)).toEqual(reads.map((_, index) => (index < 8 ? first : second)));
  });

  it("keeps reads together that lie in one object behind the store, and leaves out what is not read at all", () => {
    const reads = Array.from({ length: 16 }, (_, index) => read(`c/${index}`));
    const parts = [...reads, read("inline")].map((one) => part(one));
    const placeOf = (key: string): object => {
      const chunk = Number(key.split("/")[2]);
      return key === "/inline" ? {} : { object: "file", range: { offset: chunk * MiB, length: MiB } };
    };
    const assigned = assignLanes(parts, { lanes: () => lanes }, new Map(), limits, { placeOf });
    expect(reads.map((one) => assigned.get(one))).toEqual(
      reads.map((_, index) => (index < 8 ? first : second)),
    );
    expect(assigned.size).toBe(16);
  });

  it("keeps the columns of a part together", () => {
    const parts = Array.from({ length: 4 }, (_, index) => [read(`x/${index}`), read(`y/${index}`, 0, 100)]);
    const laneOf = assign(parts.map((columns) => part(...columns)));
    for (const [x, y] of parts) expect(laneOf(x!)).toBe(laneOf(y!));
    expect(parts.map(([x]) => laneOf(x!))).toEqual([first, second, first, second]);
  });

  it("deals a group out request by request when it would leave others without work", () => {
    const parts = Array.from({ length: 32 }, (_, index) => [
      read("x", index * MiB),
      read("y", index * 10, 10),
    ]);
    const laneOf = assign(parts.map((columns) => part(...columns)));
    const ofX = parts.map(([x]) => laneOf(x!));
    expect(ofX.filter((lane) => lane === first)).toHaveLength(16);
    // Requests stay whole: eight of one object at a time.
    for (let start = 0; start < 32; start += 8) expect(new Set(ofX.slice(start, start + 8)).size).toBe(1);
  });

  it("asks for the lanes that the whole query is worth, whether it is asked for bit by bit or at once", () => {
    const loads: LaneLoads = new Map();
    const asked: [requests: number, bytes: number][] = [];
    const pool = {
      lanes(requests: number, bytes: number): readonly Lane[] {
        asked.push([requests, bytes]);
        return lanes.slice(0, Math.ceil(requests / 3));
      },
    };
    const reads = Array.from({ length: 6 }, (_, index) => read(`c/${index}`));
    const laneOf = reads.map((one) => assignLanes([part(one)], pool, loads, limits, {}).get(one));
    expect(asked).toEqual(reads.map((_, index) => [index + 1, (index + 1) * MiB]));
    expect(laneOf).toEqual([first, first, first, second, second, second]);
  });

  it("goes on where it left off, and where the bytes are", () => {
    const loads: LaneLoads = new Map();
    const [one, two] = [read("a"), read("b")];
    assign([part(one)], undefined, loads);
    expect(assign([part(two)], undefined, loads)(two)).toBe(second);
    expect(assign([part(two)], () => first, loads)(two)).toBe(first);
  });

  it("assigns nothing where the pool offers no lane", () => {
    expect(assignLanes([part(read("a"))], {}, new Map(), limits, {}).size).toBe(0);
  });
});
