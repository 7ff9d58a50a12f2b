/**
 * Prices where no server counts: files that were picked, local files, stores of the user's own. A request is one call there.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { type AnySource, type OpenLocation, open } from "../../src/index.js";
import { filesOf } from "../support/fixtures.js";
import { fixturesRoot, queriesOf } from "../support/price-trials.js";

/** A store of the user's, as zarrita has them, and what it was asked for. */
function countedStore(folder: string) {
  const files = filesOf(folder);
  const spent = { requests: 0, bytes: 0 };
  const give = (bytes: Uint8Array | undefined): Uint8Array | undefined => {
    spent.requests++;
    spent.bytes += bytes?.length ?? 0;
    return bytes;
  };
  return {
    spent,
    get: async (key: string) => give(files.get(key as `/${string}`)),
    getRange: async (key: string, range: { offset: number; length: number } | { suffixLength: number }) => {
      const file = files.get(key as `/${string}`);
      const [from, to] =
        "offset" in range ? [range.offset, range.offset + range.length] : [-range.suffixLength, undefined];
      return give(file?.slice(from, to));
    },
  };
}

function pickedFile(path: string): File {
  return new File([readFileSync(path)], basename(path));
}

async function expectTold(
  location: OpenLocation,
  spent?: { requests: number; bytes: number },
): Promise<void> {
  const names = [...(await open(location, { pool: 0 })).sources.keys()];
  for (const name of names.slice(0, 3)) {
    const sourceOf = async (): Promise<AnySource> => (await open(location, { pool: 0 })).source(name);
    for (const [asked, query] of Object.entries(await queriesOf(await sourceOf()))) {
      if (asked === "objects") continue;
      const where = `${name}, ${asked}`;
      const source = await sourceOf();
      const { requests, bytes, accuracy } = await source.explain(query as never);
      const before = { ...spent };
      let told = { requests: 0, bytes: 0 };
      await source.query(query as never, {
        onProgress: (progress) => {
          told = { requests: progress.requests, bytes: progress.bytes };
        },
      });
      if (spent !== undefined) {
        const here = {
          requests: spent.requests - before.requests!,
          bytes: spent.bytes - before.bytes!,
        };
        expect(told, where).toEqual(here);
      }
      if (accuracy === "exact") expect({ requests, bytes }, where).toEqual(told);
      // Where no store tells sizes, metadata do: chunks are compressed, holes cost a call.
      else expect(requests, where).toBeGreaterThanOrEqual(told.requests);
    }
  }
}

describe("files that were picked", () => {
  it.each(["stores/stored-v3.zip", "stores/deflated-v3.zip", "atlas/atlas172-zstd.atlas/data.atlas"])(
    "%s",
    async (path) => {
      await expectTold(pickedFile(`${fixturesRoot}${path}`));
    },
  );
});

const folders = [
  "zarr/topobathy-v3-sharded.zarr",
  "zarr/topobathy-v2.zarr",
  "zarr-vectors/airports-west-sharded-zstd.zarrvectors",
  "zarr-vectors-shapes/streamlines.zarrvectors",
  "tiledb/als-raw.tdb",
  "atlas/atlas14-zstd-msgpack.atlas",
];

describe("local folders", () => {
  it.each(folders)("%s", async (path) => {
    await expectTold(`${fixturesRoot}${path}`);
  });
});

describe("stores of the user's", () => {
  // Others are found by their listings.
  it.each([
    "zarr/topobathy-v3-sharded.zarr",
    "zarr/topobathy-v2-consolidated-blosc.zarr",
    "zarr-vectors/airports-west-sharded-zstd.zarrvectors",
    "zarr-vectors-shapes/streamlines.zarrvectors",
  ])("%s", async (path) => {
    const store = countedStore(`${fixturesRoot}${path}`);
    await expectTold(store as never, store.spent);
  });
});
