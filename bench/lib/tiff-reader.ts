/**
 * geotiff.js at windows of one band, as fast as it can be told to be.
 *
 * @module
 */
import type { Pool } from "geotiff";
import type { Window } from "./rasters.js";

/** Reads windows of one image. */
export type ReadTiff = (window: Pick<Window, "y" | "x">, signal?: AbortSignal) => Promise<ArrayBufferView>;

/** Tiles are asked for in blocks, neighbours together, and blocks are kept: as it comes, each tile is a request. */
const MERGING = { blockSize: 65_536, cacheSize: 1000 };

export async function openTiff(url: string, pool: Pool): Promise<ReadTiff> {
  const { fromUrl } = await import("geotiff");
  const image = await (await fromUrl(url, MERGING)).getImage();
  return async ({ y, x }, signal) => {
    const [band] = await image.readRasters({
      window: [x[0], y[0], x[1], y[1]],
      pool,
      ...(signal && { signal }),
    });
    return band!;
  };
}
