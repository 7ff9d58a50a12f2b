/** Groups of TileDB: what the library lists in one, and what its members hold. */
import { afterAll, describe, expect, it } from "vitest";
import { folderOf } from "../../src/format/tiledb/group.js";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { canonicalOrder, listFixtures, type TileDBGroupAnswers, takeRows } from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const fixture = listFixtures("tiledb").find(({ name }) => name === "group")!;
const answers = fixture.answers as TileDBGroupAnswers;

describe("a group", () => {
  it("has the members that the library lists as sources", async () => {
    const dataset = await open(fixture.path, { pool });
    expect(dataset.formatVersion).toBe(answers.formatVersion);
    expect([...dataset.sources.keys()].sort()).toEqual(Object.keys(answers.sources).sort());
    expect(dataset.attributes).toEqual(answers.metadata);
    for (const [name, source] of dataset.sources) expect(source.info.name).toBe(name);
  });

  it.each(Object.entries(answers.sources))("reads %s", async (name, expected) => {
    const dataset = await open(fixture.path, { pool });
    if (expected.kind === "grid") {
      const { data } = await dataset.grid(name).query();
      expect(fixture.difference(expected.data, data as Int16Array)).toBeUndefined();
      return;
    }
    const table = await dataset.points(name).query();
    const order = canonicalOrder(table.positions as Float64Array, table.dims);
    const positions = takeRows(table.positions as Float64Array, order, table.dims);
    const height = takeRows(table.fields.height as Float32Array, order);
    expect(fixture.difference(expected.positions, positions)).toBeUndefined();
    expect(fixture.difference(expected.height, height)).toBeUndefined();
  });

  it("says of a member beside it that it has to be opened by its own address", async () => {
    const dataset = await open(fixture.path, { pool });
    expect(answers.elsewhere).toEqual(["neighbour"]);
    expect(() => dataset.source("neighbour")).toThrow(/does not lie below the group.*own address/s);
  });

  it("may be empty", async () => {
    const dataset = await open(`${fixture.path}/empty`, { pool });
    expect([...dataset.sources.keys()]).toEqual([]);
    expect(dataset.format).toBe("tiledb");
  });
});

describe("where a member lies", () => {
  const place = (uri: string, isRelative: boolean, url = "s3://bucket/data/group"): string =>
    folderOf({ uri, isRelative }, url);

  it("is told by a relative URI", () => {
    expect(place("points", true)).toBe("/points");
    expect(place("a/b c/", true)).toBe("/a/b c");
  });

  it("is told by an absolute URI below the group, whichever way that was reached", () => {
    expect(place("s3://bucket/data/group/points", false)).toBe("/points");
    expect(place("s3://bucket/data/group/a/b", false, "https://host/bucket/data/group/")).toBe("/a/b");
    expect(place("file:///home/data/group/points", false, "/home/data/group")).toBe("/points");
  });

  it.each([
    ["../points", true],
    ["a/../../b", true],
    ["", true],
    [".", true],
    ["/etc", true],
    ["a\\b", true],
    ["s3://bucket/data/other/points", false],
    ["s3://bucket/data/group", false],
    ["s3://bucket/data/group/../other", false],
    ["s3://other/data/group/points", false],
    ["https://elsewhere/points", false],
  ])("is nowhere else: %j (relative: %s)", (uri, isRelative) => {
    expect(() => place(uri, isRelative)).toThrow(/does not lie below the group/);
  });
});
