/** Groups of TileDB: what the library lists in one, and what its members hold. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset } from "../../src/core/dataset.js";
import { folderOf } from "../../src/format/tiledb/group.js";
import { open } from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory.js";
import type { StorageOptions } from "../../src/store/storage-options.js";
import { createPool } from "../../src/worker/pool.js";
import {
  canonicalOrder,
  filesOf,
  listFixtures,
  type TileDBGroupAnswers,
  takeRows,
} from "../support/fixtures.js";
import { genericTile, u32, u64 } from "../support/generic-tile.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

/**
 * A group of one member called "m", written here because the library names only places that it can reach. Layout:
 * format_spec/group_details.md.
 */
function groupFile(uri: string, isRelative: boolean): Uint8Array {
  const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
  const member = [u32(2), Buffer.of(2, isRelative ? 1 : 0), text(uri), Buffer.of(1), text("m"), Buffer.of(0)];
  const details = Buffer.concat([u32(2), u64(1), ...member]);
  return genericTile(details);
}

const fixture = listFixtures("tiledb").find(({ name }) => name === "group")!;
const answers = fixture.answers as TileDBGroupAnswers;

describe("a group", () => {
  it("has the members that the library lists as sources", async () => {
    const dataset = await open(fixture.path, { pool });
    expect(dataset.formatVersion).toBe(answers.formatVersion);
    expect([...dataset.sources.keys()].sort()).toEqual(
      [...Object.keys(answers.sources), ...answers.elsewhere].sort(),
    );
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

  it("finds a member beside it", async () => {
    const dataset = await open(fixture.path, { pool });
    expect(answers.elsewhere).toEqual(["neighbour"]);
    const neighbour = await dataset.points("neighbour").query();
    const alone = await open(fixture.path.replace(/group\.tdb$/, "hilbert.tdb"), { pool, kind: "points" });
    expect(neighbour.length).toBe((await alone.query()).length);
    expect(neighbour.length).toBeGreaterThan(0);
  });

  it("says of a member beside it, in a store without an address, that it has to be opened by its own", async () => {
    const dataset = await open(new MemoryStore(filesOf(fixture.path)), { pool, format: "tiledb" });
    expect([...dataset.sources.keys()].sort()).toEqual(Object.keys(answers.sources).sort());
    expect(() => dataset.source("neighbour")).toThrow(/does not lie below the group.*own address/s);
  });

  it("may be empty", async () => {
    const dataset = await open(`${fixture.path}/empty`, { pool });
    expect([...dataset.sources.keys()]).toEqual([]);
    expect(dataset.format).toBe("tiledb");
  });
});

describe("members on servers", () => {
  let home: S3Server;
  let other: S3Server;
  const array = fixture.path.replace(/group\.tdb$/, "hilbert.tdb");
  const options = (server: S3Server): StorageOptions => {
    const { accessKeyId, secretAccessKey } = server.account;
    return { region: "eu-central-1", endpoint: server.url, credentials: { accessKeyId, secretAccessKey } };
  };
  const openGroup = (uri: string, isRelative: boolean, given: StorageOptions = {}): Promise<Dataset> => {
    home.put("home", `data/group/__group/__1_1_${"0".repeat(32)}_2`, groupFile(uri, isRelative));
    return open("s3://home/data/group", { ...options(home), ...given, format: "tiledb", pool });
  };
  const rowsOf = async (dataset: Dataset): Promise<number> =>
    (await dataset.points("m").query({ fields: [] })).length;

  beforeAll(async () => {
    [home, other] = await Promise.all([
      createS3Server({ region: "eu-central-1" }),
      createS3Server({
        region: "eu-central-1",
        accounts: [{ accessKeyId: "OTHER", secretAccessKey: "other" }],
      }),
    ]);
    for (const bucket of ["home", "private"]) home.createBucket(bucket);
    other.createBucket("open", { publicRead: true });
    other.createBucket("closed");
    home.mount("home", "data/array/", array);
    home.mount("private", "array/", array);
    for (const bucket of ["open", "closed"]) other.mount(bucket, "array/", array);
  });
  afterAll(() => Promise.all([home.close(), other.close()]));

  it("of the group's own bucket are read with its keys, beside it or by their full name", async () => {
    expect(await rowsOf(await openGroup("../array", true))).toBe(80);
    expect(await rowsOf(await openGroup("s3://home/data/array", false))).toBe(80);
  });

  it("of another bucket are not, until keys are given for it", async () => {
    const refused = await openGroup("s3://private/array", false);
    expect(() => refused.source("m")).toThrow(/forbidden|denied/i);
    expect(
      await rowsOf(
        await openGroup("s3://private/array", false, { remotes: { "s3://private": options(home) } }),
      ),
    ).toBe(80);
  });

  it("of another server are asked for without keys, until some are given for it", async () => {
    other.reset();
    expect(await rowsOf(await openGroup(`s3+${other.url}/open/array`, false))).toBe(80);
    expect(other.counters).toMatchObject({ signedHeader: 0, signedQuery: 0 });
    const remotes = { [`s3+${other.url}/closed`]: { ...options(other), endpoint: undefined } };
    expect(await rowsOf(await openGroup(`s3+${other.url}/closed/array`, false, { remotes }))).toBe(80);
    expect(other.counters.signedHeader).toBeGreaterThan(0);
  });

  it.each([`file://${array}`, array, "/etc"])(
    "on the machine of the reader are not read: %s",
    async (uri) => {
      const dataset = await openGroup(uri, false);
      expect(() => dataset.source("m")).toThrow(/local file/);
    },
  );

  it("that are the group itself end", async () => {
    const dataset = await openGroup("../group", true);
    expect([...dataset.sources.keys()]).toEqual([]);
  });
});

describe("where a member lies", () => {
  const place = (uri: string, isRelative: boolean, url = "s3://bucket/data/group"): string | undefined =>
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
    expect(place(uri, isRelative)).toBeUndefined();
  });
});
