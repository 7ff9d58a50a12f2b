/**
 * What reading costs in requests: through the public door, from a server that counts them.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { open } from "../../../../src/index.js";
import { createS3Server, type S3Server } from "../../../support/s3-server/server.js";
import { arrayV3, bytesOf, groupV3 } from "./support.js";

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
});
afterAll(() => server.close());

it("a group of 300 consolidated arrays opens with one request", async () => {
  const arrays = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`a${index}`, arrayV3([4], [4])]),
  );
  server.put("open", "many/zarr.json", JSON.stringify(groupV3(arrays)));
  let requests = 0;
  const counted: typeof fetch = (...parameters) => {
    requests++;
    return fetch(...parameters);
  };
  const dataset = await open(`${server.url}/open/many`, { format: "zarr", pool: 0, fetch: counted });
  expect(dataset.sources.size).toBe(300);
  expect(requests).toBe(1);
  dataset.close();
});

it("a box over 81 inner chunks of one shard costs at most 4 requests", async () => {
  // 20 × 20 inner chunks of 8 × 8 cells, in C order, index at the end.
  const [side, inner] = [20, 8];
  const values = Int16Array.from({ length: (side * inner) ** 2 }, (_, index) => index % 30_000);
  const chunks: Uint8Array[] = [];
  const entries: bigint[] = [];
  for (let chunk = 0, at = 0; chunk < side * side; chunk++) {
    const [y, x] = [Math.floor(chunk / side) * inner, (chunk % side) * inner];
    const cells = Int16Array.from({ length: inner * inner }, (_, cell) => {
      return values[(y + Math.floor(cell / inner)) * side * inner + x + (cell % inner)]!;
    });
    chunks.push(bytesOf(cells));
    entries.push(BigInt(at), BigInt(cells.byteLength));
    at += cells.byteLength;
  }
  const little = { name: "bytes", configuration: { endian: "little" } };
  const shape = [side * inner, side * inner];
  const configuration = { chunk_shape: [inner, inner], codecs: [little], index_codecs: [little] };
  const metadata = arrayV3(shape, shape, { codecs: [{ name: "sharding_indexed", configuration }] });
  server.put("open", "shard/zarr.json", JSON.stringify(metadata));
  server.put("open", "shard/c/0/0", Buffer.concat([...chunks, bytesOf(BigUint64Array.from(entries))]));
  let requests = 0;
  const counted: typeof fetch = (...parameters) => {
    requests++;
    return fetch(...parameters);
  };
  const dataset = await open(`${server.url}/open/shard`, { format: "zarr", pool: 0, fetch: counted });
  requests = 0;
  const [from, to] = [5 * inner + 3, 13 * inner + 3];
  const table = await dataset.grid().query({ ranges: { dim_0: [from, to], dim_1: [from, to] } });
  expect(requests).toBeLessThanOrEqual(4);
  expect(table.shape).toEqual([65, 65]);
  const expected = Array.from({ length: 65 * 65 }, (_, cell) => {
    return values[(from + Math.floor(cell / 65)) * side * inner + from + (cell % 65)]!;
  });
  expect(Array.from(table.data as Int16Array)).toEqual(expected);
  dataset.close();
});
