/**
 * Windows of a sharded raster: ours, zarrita in three configurations, and geotiff.js on the same raster as a COG with equal tiles.
 * Every reader opens anew, so that no cache of its own answers; the workers of ours and of geotiff.js stay, as they would in a page.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { createPool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";
import { openTiff } from "../lib/tiff-reader.js";
import { mergingStore, readOurs, readZarrita } from "../lib/zarr-readers.js";

interface ShardBoxSetup {
  readonly base: string;
  readonly layouts: readonly { readonly shard: number; readonly inner: number }[];
  readonly windows: Readonly<Record<string, readonly { readonly shards: string; readonly window: Window }[]>>;
}

const latencies = [0, 30, 100];

export async function runShardBox(host: Host): Promise<SuiteResult> {
  const { base, layouts, windows } = host.setup as unknown as ShardBoxSetup;
  const { quick, only } = host.options;
  const tiffPool = new (await import("geotiff")).Pool();
  const pool = createPool();
  const rows: Row[] = [];
  for (const latencyMs of quick ? [30] : latencies) {
    for (const { shard, inner } of layouts) {
      for (const { shards, window } of windows[`${inner}in${shard}`]!) {
        const edge = window.y[1] - window.y[0];
        const name = `${inner}² in ${shard}², ${edge}², ${shards}, ${latencyMs} ms`;
        if (only !== undefined && !name.includes(only)) continue;
        const urlOf = (copy: string): string => `${base}/${copy}/${inner}in${shard}`;
        const readers: Record<string, Reader> = {
          [ours]: (copy) => readOurs(urlOf(copy), { pool }, window),
          zarrita: (copy) => readZarrita(new zarrita.FetchStore(urlOf(copy)), window),
          "zarrita, merged": (copy) =>
            readZarrita(zarrita.withRangeCoalescing(new zarrita.FetchStore(urlOf(copy))), window),
          "zarrita, merged, no-store": (copy) => readZarrita(mergingStore(urlOf(copy)), window),
          "geotiff.js": async (copy) => (await openTiff(`${base}/${copy}/${inner}.tif`, tiffPool))(window),
        };
        rows.push(
          await contest(host, { name, readers, rounds: quick ? 1 : 5, expected: window.sha256, latencyMs }),
        );
      }
    }
  }
  pool.dispose();
  tiffPool.destroy();
  const warnings = crossOriginIsolated ? [] : ["Not isolated: the clock is 100 µs coarse."];
  return { rows, warnings, facts: { "default workers": pool.size } };
}
