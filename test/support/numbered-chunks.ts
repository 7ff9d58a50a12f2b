/**
 * A square grid of bytes whose chunks are objects of their own, each full of its number from 1 on.
 *
 * @module
 */
import type { S3Server } from "./s3-server/server.js";

/** Puts it into the bucket `open` as `a`. @param edge of a chunk */
export function putNumberedChunks(server: S3Server, side: number, edge: number): void {
  const array = {
    zarr_format: 3,
    node_type: "array",
    shape: [side, side],
    data_type: "uint8",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [edge, edge] } },
    chunk_key_encoding: { name: "default" },
    fill_value: 0,
    codecs: [{ name: "bytes" }],
  };
  server.put("open", "a/zarr.json", JSON.stringify(array));
  const perRow = side / edge;
  for (let chunk = 0; chunk < perRow ** 2; chunk++) {
    const body = new Uint8Array(edge * edge).fill(chunk + 1);
    server.put("open", `a/c/${Math.floor(chunk / perRow)}/${chunk % perRow}`, body);
  }
}
