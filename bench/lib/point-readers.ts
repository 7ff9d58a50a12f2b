/**
 * One box of points by each reader, opened anew. copc.js and hyparquet give candidates, which are filtered here.
 *
 * @module
 */
import { Bounds, Copc, Key } from "copc";
import { asyncBufferFromUrl, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { createLazPerf } from "laz-perf/lib/web";
import lazPerfUrl from "laz-perf/lib/web/laz-perf.wasm?url";
import { open } from "../../src/index.js";
import type { DecodePool } from "../../src/worker/pool.js";
import { type Box, PointRows, type Points } from "./points.js";

/** Ranges of one file run one after another unless the browser's cache is left out. */
const uncached = { cache: "no-store" } as const;

export async function readZarrVectors(url: string, bbox: Box, pool: DecodePool): Promise<Points> {
  const source = await open(url, { kind: "points", format: "zarr-vectors", pool });
  const { positions, fields } = await source.query({ bbox, fields: ["intensity", "classification"] });
  return {
    positions: positions as Float64Array,
    intensity: fields.intensity as Uint16Array,
    classification: fields.classification as Uint8Array,
  };
}

/** The bucket is named, since an array's files have to be listed. */
export async function readTileDB(
  location: { readonly url: string; readonly endpoint: string },
  bbox: Box,
  pool: DecodePool,
): Promise<Points> {
  const { url, endpoint } = location;
  const source = await open(url, { kind: "points", format: "tiledb", pool, endpoint, region: "us-east-1" });
  const query = { bbox, positions: ["X", "Y", "Z"], fields: ["Intensity", "Classification"] };
  const { positions, fields } = await source.query(query);
  return {
    positions: positions as Float64Array,
    intensity: fields.Intensity as Uint16Array,
    classification: fields.Classification as Uint8Array,
  };
}

/** What copc.js needs once in a page. */
export function loadLazPerf(): Promise<unknown> {
  return createLazPerf({ locateFile: () => lazPerfUrl });
}

/** All nodes that the box meets at once, of every level: each point is in one of them. */
export async function readCopc(url: string, bbox: Box, lazPerf: unknown): Promise<Points> {
  const get = async (begin: number, end: number): Promise<Uint8Array> => {
    const response = await fetch(url, { ...uncached, headers: { Range: `bytes=${begin}-${end - 1}` } });
    return new Uint8Array(await response.arrayBuffer());
  };
  const file = await Copc.create(get);
  const { nodes, pages } = await Copc.loadHierarchyPage(get, file.info.rootHierarchyPage);
  if (Object.keys(pages).length > 0) throw new Error("The hierarchy has more than one page.");
  const rows = new PointRows();
  const include = ["X", "Y", "Z", "Intensity", "Classification"];
  await Promise.all(
    Object.entries(nodes).map(async ([name, node]) => {
      const [minX, minY, , maxX, maxY] = Bounds.stepTo(file.info.cube, Key.parse(name));
      if (node === undefined || minX > bbox[2] || maxX < bbox[0] || minY > bbox[3] || maxY < bbox[1]) return;
      const view = await Copc.loadPointDataView(get, file, node, { lazPerf, include });
      const [x, y, z, intensity, classification] = include.map((dimension) => view.getter(dimension));
      for (let i = 0; i < view.pointCount; i++) {
        const [east, north] = [x!(i), y!(i)];
        if (east < bbox[0] || east > bbox[2] || north < bbox[1] || north > bbox[3]) continue;
        rows.add(east, north, z!(i), intensity!(i), classification!(i));
      }
    }),
  );
  return rows.points();
}

const columns = ["geometry.x", "geometry.y", "geometry.z", "intensity", "classification"] as const;

/** Row groups by their statistics, pages as columns: hyparquet's fastest way, without an object for each row. */
export async function readParquet(url: string, bbox: Box): Promise<Points> {
  const file = await asyncBufferFromUrl({ url, requestInit: uncached });
  const rows = new PointRows();
  // Pages of all columns begin at the same rows, as pyarrow writes them.
  const waiting = new Map<number, Map<string, ArrayLike<number>>>();
  await parquetRead({
    file,
    compressors,
    columns: ["geometry", "intensity", "classification"],
    filter: {
      "geometry.x": { $gte: bbox[0], $lte: bbox[2] },
      "geometry.y": { $gte: bbox[1], $lte: bbox[3] },
    },
    rowFormat: "object",
    onPage({ pathInSchema, columnData, rowStart }) {
      const page = waiting.get(rowStart) ?? new Map<string, ArrayLike<number>>();
      waiting.set(rowStart, page.set(pathInSchema.join("."), columnData));
      if (page.size < columns.length) return;
      waiting.delete(rowStart);
      addInside(
        rows,
        columns.map((name) => page.get(name)!),
        bbox,
      );
    },
  });
  if (waiting.size > 0) throw new Error("Pages of the columns begin at different rows.");
  return rows.points();
}

function addInside(rows: PointRows, page: readonly ArrayLike<number>[], bbox: Box): void {
  const [xs, ys, zs, intensities, classes] = page as [
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  if (page.some(({ length }) => length !== xs.length)) throw new Error("Pages of different lengths.");
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i]!, ys[i]!];
    if (x < bbox[0] || x > bbox[2] || y < bbox[1] || y > bbox[3]) continue;
    rows.add(x, y, zs[i]!, intensities[i]!, classes[i]!);
  }
}
