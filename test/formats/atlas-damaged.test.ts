/** ATLAS stores and containers with one file damaged: `npm run fuzz -- --store atlas` opens as many as one likes. */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { parseContainerFooter } from "../../src/format/atlas/container-footer.js";
import { parseMsgpack } from "../../src/format/atlas/msgpack.js";
import { TreeReader } from "../../src/format/atlas/tree.js";
import { isReaderError, open } from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createPool } from "../../src/worker/pool.js";
import { fuzzFixtures } from "../fuzz/fixture-stores.js";
import { mutate, randomFor } from "../fuzz/mutate.js";
import { putTogether, takeApart } from "../support/atlas-container.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function container(version: number): Uint8Array {
  const url = new URL(`../fixtures/atlas-vectors/container-${version}.atlas`, import.meta.url);
  return new Uint8Array(readFileSync(url));
}

it("answers or refuses damaged stores by name, soon", async () => {
  const report = await fuzzFixtures({ family: "atlas", seed: 7, count: 120 });
  expect(report.failures).toEqual([]);
  expect(Object.keys(report.outcomes)).toContain("corrupt");
}, 180_000);

describe.each([1, 6, 8])("a container of version %i", (version) => {
  it("refuses a footer whose fields are damaged", async () => {
    const { footer } = await takeApart(container(version), pool);
    const outcomes = new Set<string>();
    for (let index = 0; index < 3000; index++) {
      const damaged = mutate(footer, footer, randomFor(version, index));
      try {
        const parsed = parseContainerFooter(
          new TreeReader(parseMsgpack(damaged, "data.atlas"), "data.atlas"),
          version,
        );
        for (const [, { attributes, arrayAttributes }] of parsed.datasets) void [attributes, arrayAttributes];
        parsed.statistics?.("temperature");
        outcomes.add("read");
      } catch (thrown) {
        if (!isReaderError(thrown)) throw thrown;
        outcomes.add(thrown.code);
      }
    }
    expect([...outcomes].sort()).toEqual(["corrupt", "invalid-metadata", "read"]);
  });

  it("refuses one that is cut short, wherever, from either end", async () => {
    const whole = container(version);
    for (let size = 0; size < whole.length; size += 97) {
      const bytes = whole.subarray(0, size);
      const failure = await open(new MemoryStore(new Map([["/data.atlas", bytes]])), {
        pool,
        format: "atlas",
      }).catch((thrown: unknown) => thrown);
      expect(isReaderError(failure, "corrupt"), `${size} bytes`).toBe(true);
    }
  });
});

it.each([
  [
    "a version that is not known",
    (bytes: Uint8Array) => bytes.fill(3, bytes.length - 8, bytes.length - 7),
    "unsupported",
  ],
  [
    "a footer longer than any",
    (bytes: Uint8Array) => bytes.fill(0x7f, bytes.length - 12, bytes.length - 10),
    "limit-exceeded",
  ],
  [
    "a footer longer than the file",
    (bytes: Uint8Array) => bytes.fill(0x7f, bytes.length - 15, bytes.length - 14),
    "corrupt",
  ],
])("refuses %s", async (_, damage, code) => {
  const bytes = damage(container(8));
  const opening = open(new MemoryStore(new Map([["/data.atlas", bytes]])), { pool, format: "atlas" });
  await expect(opening).rejects.toMatchObject({ code });
});

it("refuses a mask that is none, and takes the whole entries of one that is cut short", async () => {
  const openWith = (mask: Uint8Array) =>
    open(
      new MemoryStore(
        new Map([
          ["/data.atlas", container(8)],
          ["/deleted.mask", mask],
        ]),
      ),
      { pool, format: "atlas" },
    );
  await expect(openWith(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: "corrupt" });
  const head = [0x41, 0x54, 0x4c, 0x4d, 1, 0, 0, 0, 3, 0, 0, 0];
  const cut = await openWith(Uint8Array.of(...head, 1, 0, 0, 0, 2, 0));
  expect(cut.members!.names).toEqual(["jan_2024", "mar_2024"]);
  // Beyond the datasets there are.
  const wide = await openWith(Uint8Array.of(...head, 99, 0, 0, 0));
  expect(wide.members!.names).toHaveLength(3);
});

it("refuses segments that lie outside of the container", async () => {
  const { segments, footer } = await takeApart(container(8), pool);
  const shorter = putTogether({ segments: segments.subarray(0, 600), footer }, 8);
  const dataset = await open(new MemoryStore(new Map([["/data.atlas", shorter]])), { pool });
  await expect(dataset.grid("jan_2024/temperature").query()).rejects.toMatchObject({ code: "corrupt" });
});
