/**
 * Windows of a sharded raster: ours, zarrita in three configurations, and geotiff.js on the same raster as a COG with equal tiles.
 * Every reader opens anew, so that no cache of its own answers; the workers of ours and of geotiff.js stay, as they would in a page.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool, type DecodePool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";

interface ShardBoxSetup {
  readonly base: string;
  readonly layouts: readonly { readonly shard: number; readonly inner: number }[];
  readonly windows: Readonly<Record<string, readonly { readonly shards: string; readonly window: Window }[]>>;
}

const latencies = [0, 30, 100];

export async function runShardBox(host: Host): Promise<SuiteResult> {
  const { base, layouts, windows } = host.setup as unknown as ShardBoxSetup;
  const { quick, only } = host.options;
  const geotiff = await import("geotiff");
  const tiffPool = new geotiff.Pool();
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
          [ours]: (copy) => readOurs(urlOf(copy), window, pool),
          zarrita: (copy) => readZarrita(new zarrita.FetchStore(urlOf(copy)), window),
          "zarrita, merged": (copy) =>
            readZarrita(zarrita.withRangeCoalescing(new zarrita.FetchStore(urlOf(copy))), window),
          "zarrita, merged, no-store": (copy) =>
            readZarrita(
              zarrita.withRangeCoalescing(new zarrita.FetchStore(urlOf(copy), { fetch: uncached })),
              window,
            ),
          "geotiff.js": async (copy) => {
            const tiff = await geotiff.fromUrl(`${base}/${copy}/${inner}.tif`);
            const image = await tiff.getImage();
            const at: [number, number, number, number] = [window.x[0], window.y[0], window.x[1], window.y[1]];
            const [band] = (await image.readRasters({ window: at, pool: tiffPool })) as Float32Array[];
            return band!;
          },
        };
        rows.push(
          await contest(host, { name, readers, rounds: quick ? 1 : 7, expected: window.sha256, latencyMs }),
        );
      }
    }
  }
  pool.dispose();
  tiffPool.destroy();
  const warnings = crossOriginIsolated ? [] : ["Not isolated: the clock is 100 µs coarse."];
  return { rows, warnings, facts: { "default workers": pool.size } };
}

/** Ranges of one object run one after another unless the browser's cache is left out. */
function uncached(request: Request): Promise<Response> {
  return fetch(request, { cache: "no-store" });
}

async function readOurs(url: string, { y, x }: Window, pool: DecodePool): Promise<ArrayBufferView> {
  const grid = await open(url, { kind: "grid", pool });
  // Closed intervals of indices: these axes have no labels.
  const { data } = await grid.query({ ranges: { y: [y[0], y[1] - 1], x: [x[0], x[1] - 1] } });
  return data as Float32Array;
}

async function readZarrita(store: zarrita.AsyncReadable, { y, x }: Window): Promise<ArrayBufferView> {
  const array = await zarrita.open.v3(store, { kind: "array" });
  const { data } = await zarrita.get(array, [zarrita.slice(...y), zarrita.slice(...x)]);
  return data as Float32Array;
}
