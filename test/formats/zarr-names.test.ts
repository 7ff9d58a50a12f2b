/**
 * Arrays whose names addresses have to escape, from every kind of place, consolidated and listed: each under its own name, with the values
 * that zarr-python wrote under it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AbsolutePath } from "../../src/core/plan.js";
import { type OpenOptions, open } from "../../src/open.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";
import { openZip } from "../support/unzip.js";

type Arrays = Readonly<Record<string, readonly number[]>>;
type Objects = ReadonlyMap<string, Uint8Array>;

const folder = new URL("../fixtures/zarr-names/", import.meta.url);
const local = mkdtempSync(join(tmpdir(), "cloudcrop-names-"));

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("private");
  server.createBucket("public", { publicRead: true });
});
afterAll(async () => {
  await server.close();
  rmSync(local, { recursive: true });
});

/** The same hierarchy without consolidated metadata, to be listed. */
function unconsolidated(objects: Objects): Objects {
  const bare = new Map(objects);
  bare.delete(".zmetadata");
  const root = bare.get("zarr.json");
  if (root === undefined) return bare;
  const { consolidated_metadata: _, ...rest } = JSON.parse(new TextDecoder().decode(root));
  return bare.set("zarr.json", new TextEncoder().encode(JSON.stringify(rest)));
}

interface Place {
  readonly location: unknown;
  readonly options?: OpenOptions;
}

const putAll = (bucket: string, prefix: string, objects: Objects): void => {
  for (const [key, bytes] of objects) server.put(bucket, `${prefix}/${key}`, bytes);
};

const places: Readonly<Record<string, (objects: Objects, prefix: string) => Place>> = {
  memory: (objects) => ({
    location: new MemoryStore(
      new Map([...objects].map(([key, bytes]) => [`/${key}` as AbsolutePath, bytes])),
    ),
  }),
  "a bucket, signed": (objects, prefix) => {
    putAll("private", prefix, objects);
    const { accessKeyId, secretAccessKey } = server.account;
    const credentials = { accessKeyId, secretAccessKey };
    return {
      location: `s3://private/${prefix}`,
      options: { endpoint: server.url, region: "eu-central-1", credentials },
    };
  },
  "a web server with a list of keys": (objects, prefix) => {
    putAll("public", prefix, objects);
    return {
      location: `${server.url}/public/${encodeURIComponent(prefix)}/`,
      options: { listing: [...objects.keys()] },
    };
  },
  "a folder": (objects, prefix) => {
    for (const [key, bytes] of objects) {
      const file = join(local, prefix, key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    return { location: join(local, prefix) };
  },
};

async function check({ location, options }: Place, arrays: Arrays): Promise<void> {
  const data = await open(location as string, { ...options, pool: 0 });
  expect([...data.sources.keys()].sort()).toEqual(Object.keys(arrays).sort());
  const read = await Promise.all(
    Object.keys(arrays).map(async (name) => [name, [...(await data.grid(name).read()).data]] as const),
  );
  expect(Object.fromEntries(read)).toEqual(arrays);
  data.close();
}

describe.each(["names-v2", "names-v3"])("%s", (name) => {
  const archive = readFileSync(new URL(`${name}.zip`, folder));
  const { arrays } = JSON.parse(readFileSync(new URL(`${name}.expected.json`, folder), "utf8")) as {
    arrays: Arrays;
  };
  const objects = openZip(archive);

  it.each(Object.keys(places))(
    "consolidated, in %s",
    async (place) => {
      await check(places[place]!(objects, `${name} whole`), arrays);
    },
    60_000,
  );

  it.each(Object.keys(places))(
    "listed, in %s",
    async (place) => {
      await check(places[place]!(unconsolidated(objects), `${name} bare`), arrays);
    },
    60_000,
  );

  it("in a zip archive", async () => {
    await check({ location: new File([archive], `${name}.zip`) }, arrays);
  }, 60_000);

  it("one array by its own address", async () => {
    putAll("public", `${name} each`, objects);
    for (const [path, values] of Object.entries(arrays)) {
      const key = path.split("/").map(encodeURIComponent).join("/");
      const data = await open(`${server.url}/public/${encodeURIComponent(`${name} each`)}/${key}`, {
        pool: 0,
      });
      expect([...(await data.grid().read()).data], path).toEqual(values);
      data.close();
    }
  }, 60_000);
});
