/**
 * What the built package exports, name by name: a name that comes or goes is a decision, not an accident.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { listExports } from "../../scripts/lib/exports.mjs";
import { run } from "../../scripts/lib/run.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

beforeAll(async () => {
  if (existsSync(`${root}dist/index.js`)) return;
  await run(process.execPath, ["scripts/build.mjs", "--library"], { cwd: root });
}, 120_000);

it("exports these names and no others", async () => {
  const surface: Record<string, string[]> = {};
  for (const { name, built } of listExports(root)) {
    // The worker's entry exports nothing, and speaks to whoever started it.
    if (name !== "./worker") surface[name] = Object.keys(await import(pathToFileURL(built).href)).sort();
  }
  expect(surface).toMatchInlineSnapshot(`
    {
      ".": [
        "diagnose",
        "isReaderError",
        "open",
        "slice",
      ],
      "./arrow": [
        "toArrow",
      ],
      "./atlas": [
        "openAtlas",
      ],
      "./codec": [
        "builtInCodecs",
        "compileKernels",
        "createCodecRegistry",
        "decodeChunk",
        "loadCodecs",
        "loadKernels",
      ],
      "./engine": [
        "createPool",
        "execute",
      ],
      "./numcodecs": [
        "Adler32",
        "Blosc",
        "Crc32",
        "Crc32c",
        "GZip",
        "LZ4",
        "Shuffle",
        "Zlib",
        "Zstd",
        "codecs",
      ],
      "./store": [
        "BlobStore",
        "ByteCache",
        "HttpStore",
        "MemoryStore",
        "ZipStore",
        "adoptStore",
        "createPickedStore",
        "createStore",
        "redactUrl",
        "withByteCache",
        "withCoalescing",
        "withStats",
      ],
      "./store/aws-sdk": [
        "AwsSdkStore",
      ],
      "./store/node-fs": [
        "NodeFsStore",
      ],
      "./store/s3": [
        "S3Store",
      ],
      "./tiledb": [
        "openTileDB",
      ],
      "./timeline": [
        "timelineToTrace",
      ],
      "./zarr": [
        "axisDates",
        "openZarr",
      ],
      "./zarr-vectors": [
        "openZarrVectors",
      ],
      "./zarrita": [
        "workerChunks",
      ],
    }
  `);
}, 60_000);
