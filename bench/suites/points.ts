/**
 * Boxes of airborne-laser points: x, y, z, intensity and classification of every point inside, exactly, as typed arrays. Every reader opens
 * anew; our workers and the decoder of copc.js stay, as they would in a page.
 *
 * @module
 */
import { createPool } from "../../src/worker/pool.js";
import { summed } from "../lib/checksum.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { loadLazPerf, readCopc, readParquet, readTileDB, readZarrVectors } from "../lib/point-readers.js";
import { type Box, checksum, type Points } from "../lib/points.js";

interface PointsSetup {
  readonly base: string;
  readonly endpoint: string;
  readonly clouds: readonly {
    readonly count: number;
    readonly boxes: readonly { readonly share: number; readonly bbox: Box; readonly checksum: string }[];
  }[];
}

const latencies = [0, 30];
const timed = (read: (copy: string) => Promise<Points>): Reader => summed(read, checksum);

export async function runPoints(host: Host): Promise<SuiteResult> {
  const { base, endpoint, clouds } = host.setup as unknown as PointsSetup;
  const { quick, only } = host.options;
  const pool = createPool();
  const lazPerf = await loadLazPerf();
  const rows: Row[] = [];
  for (const latencyMs of quick ? [30] : latencies) {
    for (const { count, boxes } of clouds) {
      for (const { share, bbox, checksum: expected } of boxes) {
        const name = `${count / 1e6} M points, ${share * 100} %, ${latencyMs} ms`;
        if (only !== undefined && !name.includes(only)) continue;
        const urlOf = (copy: string, file: string): string => `${base}/${copy}/${count}/${file}`;
        const readers: Record<string, Reader> = {
          [ours]: timed((copy) => readZarrVectors(urlOf(copy, "points.zarrvectors"), bbox, pool)),
          "cloudcrop, shards": timed((copy) =>
            readZarrVectors(urlOf(copy, "points-shards.zarrvectors"), bbox, pool),
          ),
          "cloudcrop, TileDB": timed((copy) => {
            const url = `s3://bench/${copy}/${count}/points.tdb`;
            return readTileDB({ url, endpoint }, bbox, pool);
          }),
          "copc.js": timed((copy) => readCopc(urlOf(copy, "points.copc.laz"), bbox, lazPerf)),
          hyparquet: timed((copy) => readParquet(urlOf(copy, "points.parquet"), bbox)),
        };
        rows.push(await contest(host, { name, readers, rounds: quick ? 1 : 5, expected, latencyMs }));
      }
    }
  }
  pool.dispose();
  const warnings = crossOriginIsolated ? [] : ["Not isolated: the clock is 100 µs coarse."];
  return { rows, warnings, facts: { "default workers": pool.size } };
}
