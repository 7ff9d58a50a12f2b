/** Arrays of alsdb over S3, in the four states they go through, opened with alsdb's own options. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PolygonRings } from "../../src/core/plan.js";
import { open, type PointSource } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { expectRows } from "../support/expect-tiledb.js";
import { loadFixture, type TileDBPointAnswers } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const states = ["als-raw", "als-commits", "als-fragments", "als-vacuumed"] as const;
const pool = createPool({ workers: 0 });
let server: S3Server;

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("forest");
  for (const state of states) server.mount("forest", `${state}/`, loadFixture("tiledb", state).path);
});
afterAll(async () => {
  pool.dispose();
  await server.close();
});

/** As `ALSProvider` takes them. */
function openPoints(state: string): Promise<PointSource> {
  const { accessKeyId, secretAccessKey } = server.account;
  return open(`s3://forest/${state}`, {
    ...{ storage_type: "s3", url: server.url, region: "eu-central-1" },
    ...{ "vfs.s3.aws_access_key_id": accessKeyId, "vfs.s3.aws_secret_access_key": secretAccessKey },
    ...{ "vfs.s3.use_virtual_addressing": "false", "vfs.s3.scheme": "http" },
    ...{ format: "tiledb", kind: "points", pool },
  });
}

describe.each(states)("%s", (state) => {
  const fixture = loadFixture("tiledb", state);
  const answers = fixture.answers as TileDBPointAnswers;

  it("answers every box, year and field as the library does", async () => {
    const points = await openPoints(state);
    for (const expected of answers.queries) {
      expectRows(fixture, expected, answers.sortedBy, await points.query(expected.query));
    }
  });

  it("tells its reference system, surveys and years when it is opened, in at most eight requests", async () => {
    server.reset();
    const { info } = await openPoints(state);
    expect(server.log.length).toBeLessThanOrEqual(8);
    expect(info.crs).toBe("EPSG:25830");
    expect(new Set(info.coverage?.flatMap(({ ranges }) => ranges.Year))).toEqual(new Set([2019, 2021]));
    expect(server.log.filter(({ path }) => /\/[ad]\d+\.tdb$/.test(path))).toEqual([]);
  });

  it("answers polygons, holes too", async () => {
    const points = await openPoints(state);
    const rings: PolygonRings = [
      [
        [308_100, 4_688_050],
        [308_900, 4_688_300],
        [308_400, 4_688_900],
        [308_100, 4_688_050],
      ],
      [
        [308_350, 4_688_300],
        [308_500, 4_688_350],
        [308_420, 4_688_500],
        [308_350, 4_688_300],
      ],
    ];
    const all = await points.query({ fields: ["Z"] });
    const inside = await points.query({ polygon: rings, fields: ["Z"] });
    const isWithin = (x: number, y: number): boolean =>
      rings.every((ring, hole) => windsAround(ring, x, y) === (hole === 0));
    let expected = 0;
    for (let row = 0; row < all.length; row++) {
      if (isWithin(Number(all.positions[2 * row]), Number(all.positions[2 * row + 1]))) expected++;
    }
    expect(expected).toBeGreaterThan(20);
    expect(inside.length).toBe(expected);
  });
});

/** Whether a ring crosses the ray from a point to the east an odd number of times. */
function windsAround(ring: PolygonRings[number], x: number, y: number): boolean {
  let isInside = false;
  for (let at = 1; at < ring.length; at++) {
    const [[ax, ay], [bx, by]] = [ring[at - 1]!, ring[at]!] as [[number, number], [number, number]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
  }
  return isInside;
}
