/**
 * Attributes and statistics of every ATLAS fixture against what the package that wrote it answered.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { AttributeValue, StatisticValue } from "../../src/index.js";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { type AtlasAnswers, type Fixture, listFixtures } from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const fixtures = listFixtures("atlas");

/** As the answers spell it. */
function spell(value: StatisticValue | AttributeValue | undefined): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (typeof value === "bigint") return Math.abs(Number(value)) > 2 ** 53 ? String(value) : Number(value);
  return Number.isNaN(value) ? "NaN" : value;
}

/** 0.10 and 0.12 list the bytes of text as numbers. */
function respell(value: unknown): unknown {
  return Array.isArray(value) ? spell(Uint8Array.from(value as number[])) : value;
}

/**
 * What attributes hold cannot always be told where they were flushed several times, nor once such a store was compacted
 * (docs/formats/atlas.md, "Faults").
 */
function isMixedUp({ name }: Fixture): boolean {
  return /1[234]-(compacted|attributes)$/.test(name);
}

describe.each(fixtures)("atlas/$name", (fixture) => {
  const { datasets, listed } = fixture.answers as AtlasAnswers;

  it.each(listed)("statistics of %s", async (name) => {
    const { members } = await open(fixture.path, { pool });
    for (const [array, { stats }] of Object.entries(datasets[name]!.arrays)) {
      if (stats === undefined) continue;
      const found = await members!.statistics(name, array);
      const { rows, nulls, min, max } = found ?? {};
      const spelled =
        found === undefined
          ? {}
          : { row_count: spell(rows), null_count: spell(nulls), min: spell(min), max: spell(max) };
      const expected = Object.entries(stats).map(([key, value]) => [key, respell(value) ?? undefined]);
      expect(spelled).toEqual(Object.fromEntries(expected));
    }
  });

  it.each(listed)("attributes of %s", async (name) => {
    const { members } = await open(fixture.path, { pool });
    expect(members!.names).toEqual(listed);
    const { attributes = {}, arrays } = datasets[name]!;
    const expected = { ...attributes };
    for (const [array, { attributes: own = {} }] of Object.entries(arrays)) {
      for (const [key, value] of Object.entries(own)) expected[`${array}.${key}`] = value;
    }
    const seen: Record<string, unknown> = {};
    for (const array of [undefined, ...Object.keys(arrays)]) {
      const { values, unresolved } = await members!.attributes(name, array);
      const prefix = array === undefined ? "" : `${array}.`;
      for (const key of unresolved) seen[`${prefix}${key}`] = "unresolved";
      for (const [key, value] of values) seen[`${prefix}${key}`] = spell(value);
    }
    if (isMixedUp(fixture)) {
      expect(Object.keys(seen)).toEqual(Object.keys(expected));
      for (const [key, value] of Object.entries(seen)) expect(["unresolved", expected[key]]).toContain(value);
    } else expect(seen).toEqual(expected);
  });
});

describe.each(fixtures.filter(({ name }) => name.endsWith("-attributes")))("$name", ({ path, answers }) => {
  const { told, datasets } = answers as AtlasAnswers;

  it("is answered wrong by the package, and here right but for what cannot be told", async () => {
    expect(told!.a!.attributes).not.toEqual(datasets.a!.attributes);
    const { members } = await open(path, { pool });
    const right: string[] = [];
    const untold: string[] = [];
    for (const [name, { attributes, arrays }] of Object.entries(datasets)) {
      for (const [array, set] of [
        [undefined, attributes!],
        ["v", arrays.v!.attributes!],
      ] as const) {
        const { values, unresolved } = await members!.attributes(name, array);
        const place = array === undefined ? name : `${name}.${array}`;
        expect([...values.keys(), ...unresolved].sort()).toEqual(Object.keys(set).sort());
        for (const [key, value] of values) expect(value, `${place}.${key}`).toEqual(set[key]);
        right.push(...[...values.keys()].map((key) => `${place}.${key}`));
        untold.push(...unresolved.map((key) => `${place}.${key}`));
      }
    }
    // One was set again to a value that lies where the old one did; one copied beneath a dictionary that has its places. Which of
    // them it comes to depends on the order in which the package wrote, which is one of chance.
    for (const name of untold) expect(["a.v.units", "b.month"]).toContain(name);
    expect(right.length).toBeGreaterThanOrEqual(10);
  });
});

describe("what is not there", () => {
  it("is refused by name", async () => {
    const { members } = await open(fixtures[0]!.path, { pool });
    await expect(members!.attributes("nobody")).rejects.toThrow('"nobody"');
    await expect(members!.statistics(members!.names[0]!, "nothing")).rejects.toThrow('"nothing"');
  });
});
