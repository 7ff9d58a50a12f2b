/**
 * What no published package writes: containers of versions 6 and 7, the shorter form of index version 6, attributes of every kind. The
 * samples are those of the format's description, made with the serializer of the packages (`test/fixtures/README.md`).
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import {
  AttributeDictionary,
  readAttributes,
  readAttributeValue,
} from "../../src/format/atlas/attribute-values.js";
import { attributeBytes, Footer } from "../../src/format/atlas/footer.js";
import { StatisticsFile } from "../../src/format/atlas/statistics.js";
import { readSegmentStatistics } from "../../src/format/atlas/statistics-file.js";
import { open } from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createPool } from "../../src/worker/pool.js";
import { putTogether, takeApart } from "../support/atlas-container.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function sample(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/atlas-vectors/${name}`, import.meta.url)));
}

/** The index of a file without data: all but its trailer. */
function indexOf(name: string): Uint8Array {
  return sample(name).subarray(0, -12);
}

const [mixed, ints, uints] = [
  [0.5, 1.5],
  [-1, 1],
  [1, 2],
];

/** All kinds of attributes, in the order of their tags; text and lists of text as given. */
function everyKind(texts: readonly string[], textLists: readonly (readonly string[])[]): unknown[] {
  return [
    ...[true, -8, -16, -32, -64, 8, 16, 32, 64, 1.5, 2.5, ...texts],
    ...[
      Uint8Array.of(1, 2, 3),
      [true, false],
      ints,
      ints,
      ints,
      ints,
      uints,
      uints,
      uints,
      uints,
      mixed,
      mixed,
    ],
    ...[...textLists, [Uint8Array.of(0), Uint8Array.of(1, 2)]],
  ];
}

describe("indexes", () => {
  it("version 5: every type, fill value, width of attributes", () => {
    const footer = new Footer(indexOf("footer-5.af"), "footer-5.af");
    expect(footer.layer).toBe(2);
    expect([0, 1, 2].map((number) => footer.block(number))).toEqual([
      { offset: 0, storedBytes: 100, decodedBytes: 200, codec: "zstd" },
      { offset: 100, storedBytes: 2 ** 33, decodedBytes: 2 ** 34, codec: "lz4" },
      { offset: 2 ** 34, storedBytes: 5, decodedBytes: 5 },
    ]);
    const dictionary = new AttributeDictionary(footer);
    expect(dictionary.names).toEqual(["units", "long_name_key"]);
    const kinds = [...Array(26).keys()].flatMap((kind) =>
      dictionary.valuesOf(Array(dictionary.size).keys(), kind <= 12 ? kind : undefined),
    );
    const texts = ["short", "a string longer than eight"];
    const expected = everyKind(texts, [["a", "longer than eight"]]);
    for (const value of expected.slice(0, 14)) expect(kinds).toContainEqual(value);
    expect(dictionary.valuesOf(Array(dictionary.size).keys(), undefined)).toEqual(expected.slice(14));
  });

  it.each(["footer-6a.af", "footer-6b.af"])("%s: attributes, statistics, chunks", (name) => {
    const footer = new Footer(indexOf(name), name);
    const entry = footer.entry("grid")!;
    expect(entry).toMatchObject({ shape: [4, 6], chunkShape: [2, 3], type: 9, isDeleted: false });
    expect([...entry.chunks]).toEqual([
      ["0,0", { block: 0, offset: 0, length: 24 }],
      ["0,1", { block: 0, offset: 24, length: 24 }],
      ["1,0", { block: 0, offset: 48, length: 24 }],
      ["1,1", { block: 0, offset: 72, length: 24 }],
    ]);
    expect(readAttributes(footer, entry)).toEqual(new Map([["units", "celsius"]]));
    const statistics = { rows: 24n, nulls: 0n, min: -3.5, max: 41 };
    expect(readSegmentStatistics(footer).get("grid")).toEqual(statistics);
  });

  it("version 6: attributes of every kind", () => {
    const footer = new Footer(indexOf("footer-6b-attributes.af"), "footer");
    const entry = footer.entry("jan_2024")!;
    // All of them have one name, so the last one is left.
    expect([...readAttributes(footer, entry).keys()]).toEqual(["units"]);
    const values = [...Array(26).keys()].map((index) => readValue(footer, index));
    expect(values).toEqual(everyKind(["celsius"], [["units", "celsius"]]));
  });

  it("statistics of every kind", () => {
    const file = new StatisticsFile(indexOf("statistics-1.stats"), "data.stats");
    const text = (word: string): Uint8Array => new TextEncoder().encode(word);
    expect(file.get("jan_2024")).toEqual({ rows: 6n, nulls: 0n, min: 20, max: 25 });
    expect(file.get("a_name_longer_than_8")).toEqual({ rows: 4n, nulls: 4n });
    const words = { min: text("alpha"), max: text("gamma-long-value") };
    expect(file.get("s")).toEqual({ rows: 3n, nulls: 1n, ...words });
    expect(file.get("t")).toEqual({ rows: 3n, nulls: 1n, min: -5n, max: 10n });
    expect(file.get("u")).toEqual({ rows: 3n, nulls: 1n, min: 1n, max: -1n });
  });
});

function readValue({ archive, attributeKeys, attributeValues }: Footer, index: number): unknown {
  return readAttributeValue(archive, attributeValues.at + attributeBytes * index, (place) =>
    archive.text(attributeKeys.at + 16 * place),
  );
}

describe.each([1, 6, 7, 8])("a container of version %i", (version) => {
  const openContainer = async () => {
    let bytes: Uint8Array;
    if (version === 7) {
      const { segments, footer } = await takeApart(sample("container-8.atlas"), pool);
      expect([...footer.subarray(0, 2)]).toEqual([0x98, 8]);
      // One field more: the version of the segments.
      const other = Uint8Array.of(0x99, 7, 6, ...footer.subarray(2));
      bytes = putTogether({ segments, footer: other }, 7);
    } else bytes = sample(`container-${version}.atlas`);
    const mask = Uint8Array.of(0x41, 0x54, 0x4c, 0x4d, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    return open(
      new MemoryStore(
        new Map([
          ["/data.atlas", bytes],
          ["/deleted.mask", mask],
        ]),
      ),
      { pool },
    );
  };

  it("gives every array, attribute and statistic of its content", async () => {
    const dataset = await openContainer();
    expect(dataset.formatVersion).toBe(`container ${version}`);
    const members = dataset.members!;
    expect(members.names).toEqual(["jan_2024", "mar_2024"]);
    const read = async (name: string): Promise<unknown[]> => [...(await dataset.grid(name).query()).data];
    expect(await read("jan_2024/temperature")).toEqual([0, 1, 20, 3, 4, 50]);
    expect(await read("mar_2024/temperature")).toEqual([7, Number.NaN, Number.NaN, 8, 7.5, Number.NaN]);
    expect(await read("jan_2024/station")).toEqual(["alpha", "", "gamma é"]);
    expect(await read("jan_2024/time")).toEqual([0n, 1_700_000_000_000_000_000n]);
    const { values, unresolved } = await members.attributes("jan_2024");
    expect(unresolved).toEqual([]);
    expect(Object.fromEntries(values)).toMatchObject({
      month: 1,
      title: "January, gridded",
      tags: ["a", "b"],
      ...(version < 7 && { created: "2023-11-14T22:13:20Z" }),
    });
    expect((await members.attributes("jan_2024", "temperature")).values).toEqual(
      new Map([["units", "degC"]]),
    );
    expect(await members.statistics("jan_2024", "temperature")).toEqual({
      rows: 6n,
      nulls: 0n,
      min: 0,
      max: 50,
    });
    expect(await members.statistics("mar_2024", "temperature")).toEqual({
      rows: 6n,
      nulls: 3n,
      min: 7,
      max: 8,
    });
  });
});
