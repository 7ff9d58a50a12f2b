/**
 * The store contract over every store and wrapper of the package, and over a zarrita store.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { zipSync } from "fflate";
import * as zarrita from "zarrita";
import { AwsSdkStore } from "../../src/store/aws-sdk.js";
import { BlobStore } from "../../src/store/blob.js";
import { type FileTree, FolderStore } from "../../src/store/folder.js";
import { HttpStore } from "../../src/store/http.js";
import { MemoryStore } from "../../src/store/memory.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.js";
import type { StorageOptions } from "../../src/store/storage-options.js";
import type { ReadableStore } from "../../src/store/types.js";
import { adoptStore, createStore } from "../../src/store/url.js";
import { ZipStore } from "../../src/store/zip.js";
import { CONFORMANCE_KEYS } from "../support/s3-server/conformance-keys.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";
import { fetchUnderName } from "../support/under-name.js";
import { type StoreUnderTest, storeContract } from "./store.contract.js";

type Objects = ReadonlyMap<string, Uint8Array>;

const rooted = (objects: Objects): Map<`/${string}`, Uint8Array> =>
  new Map([...objects].map(([key, bytes]) => [`/${key}`, bytes]));

/** A store over the embedded server; a private bucket, when it is to be signed for. */
async function onServer(
  objects: Objects,
  isPublic: boolean,
  make: (server: S3Server) => Promise<ReadableStore> | ReadableStore,
): Promise<StoreUnderTest> {
  const server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("bucket", isPublic ? { publicRead: true, publicList: true } : {});
  for (const [key, bytes] of objects) server.put("bucket", `pre fix/${key}`, bytes);
  return { store: await make(server), close: () => server.close() };
}

const s3 = (mode: "query" | "header" | "anonymous") => (objects: Objects) =>
  onServer(
    objects,
    mode === "anonymous",
    (server) => new S3Store("s3://bucket/pre fix", s3Options(server, mode)),
  );

function ownerOf(server: S3Server): string {
  return server.account.user ?? server.account.accessKeyId;
}

function s3Options(server: S3Server, mode: "query" | "header" | "anonymous"): S3StoreOptions {
  const { accessKeyId, secretAccessKey } = server.account;
  return mode === "anonymous"
    ? { endpoint: server.url }
    : {
        endpoint: server.url,
        region: "eu-central-1",
        credentials: { accessKeyId, secretAccessKey },
        auth: { mode },
      };
}

storeContract("memory", async (objects) => ({ store: new MemoryStore(rooted(objects)) }));

storeContract("blob", async (objects) => ({
  store: new BlobStore(
    new Map([...rooted(objects)].map(([key, bytes]) => [key, new Blob([bytes as BlobPart])])),
  ),
}));

storeContract(
  "node folder",
  async (objects) => {
    const folder = await mkdtemp(join(tmpdir(), "cloudcrop-"));
    for (const [key, bytes] of objects) {
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), bytes);
    }
    return { store: new NodeFsStore(folder), close: () => rm(folder, { recursive: true }) };
  },
  { without: ["trail/", "dbl//slash"] },
);

/** A zip archive with no folders of its own, which a trailing slash would make of a key. */
const zipped = (objects: Objects, level: 0 | 9): Uint8Array =>
  zipSync(Object.fromEntries(objects), { level, mtime: "2026-01-01" });

for (const level of [0, 9] as const) {
  storeContract(
    `zip, level ${level}`,
    async (objects) => ({
      store: new ZipStore(new MemoryStore(new Map([["/a.zip", zipped(objects, level)]])), "/a.zip"),
    }),
    { without: ["trail/"] },
  );
}

storeContract(
  "zip on a server",
  async (objects) => {
    const archive = new Map([["a.zip", zipped(objects, 0)]]);
    return onServer(archive, true, async (server) => {
      return (await createStore(`${server.url}/bucket/pre%20fix/a.zip`)).store;
    });
  },
  { without: ["trail/"] },
);

storeContract("kerchunk references", async (objects) => {
  // Every object lies in one file, some bytes in.
  const offsets = new Map<string, number>();
  let at = 5;
  for (const [key, bytes] of objects) {
    offsets.set(key, at);
    at += bytes.length;
  }
  const file = new Uint8Array(at);
  for (const [key, bytes] of objects) file.set(bytes, offsets.get(key)!);
  const refs = Object.fromEntries(
    [...objects].map(([key, bytes]) => [key, ["data.bin", offsets.get(key)!, bytes.length]]),
  );
  const document = new TextEncoder().encode(JSON.stringify({ version: 1, refs }));
  const files = new Map([
    ["data.bin", file],
    ["refs.json", document],
  ]);
  return onServer(files, true, async (server) => {
    return (await createStore(`${server.url}/bucket/pre%20fix/refs.json`)).store;
  });
});

storeContract("folder of the page", async (objects) => ({ store: new FolderStore(treeOf(objects)) }), {
  without: ["trail/", "dbl//slash"],
});

/** What a browser tells of a folder, in the words of its interface. */
function treeOf(objects: Objects): FileTree {
  const absent = (): DOMException => new DOMException("not there", "NotFoundError");
  return {
    async file(names) {
      const bytes = objects.get(names.join("/"));
      if (bytes === undefined) throw absent();
      return new File([bytes as BlobPart], names.at(-1)!);
    },
    async *entries(names) {
      const prefix = names.map((name) => `${name}/`).join("");
      const below = [...objects.keys()].filter((key) => key.startsWith(prefix));
      if (below.length === 0) throw absent();
      const firsts = new Map(
        below.map((key) => key.slice(prefix.length).split("/")).map((rest) => [rest[0]!, rest.length > 1]),
      );
      for (const [name, isFolder] of firsts) yield { name, isFolder };
    },
  };
}

storeContract(
  "http",
  (objects) => onServer(objects, true, (server) => new HttpStore(`${server.url}/bucket/pre%20fix/`)),
  { listsNothing: true },
);

storeContract("s3 anonymous", s3("anonymous"));
storeContract("s3 signed in the query", s3("query"));
storeContract("s3 signed in headers", s3("header"));

storeContract("a client of the AWS SDK", (objects) =>
  onServer(objects, false, (server) => {
    const { accessKeyId, secretAccessKey } = server.account;
    const client = new S3Client({
      endpoint: server.url,
      region: "eu-central-1",
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    return new AwsSdkStore(client, { bucket: "bucket", prefix: "pre fix" });
  }),
);

storeContract("s3 with the bucket in the host", (objects) =>
  onServer(objects, false, (server) => {
    const named = { endpoint: "http://s3.localhost", addressing: "virtual" } as const;
    const options = { ...s3Options(server, "query"), ...named, fetch: fetchUnderName(server) };
    return new S3Store("s3://bucket/pre fix", options);
  }),
);

storeContract("s3 with a session token", async (objects) => {
  const keys = { accessKeyId: "ASIATEMPORARY", secretAccessKey: "temporary", sessionToken: "to+ken/=&x" };
  const options = { region: "eu-central-1", credentials: keys, auth: { mode: "query" } } as const;
  return onServer(objects, false, (server) => {
    server.addAccount({ ...keys, user: ownerOf(server) });
    return new S3Store("s3://bucket/pre fix", { endpoint: server.url, ...options });
  });
});

const stacked = (location: string, options: (server: S3Server) => StorageOptions) => (objects: Objects) =>
  onServer(objects, false, async (server) => (await createStore(location, options(server))).store);

storeContract(
  "stack of createStore",
  stacked("s3://bucket/pre fix/", (server) => s3Options(server, "query")),
);
storeContract(
  "stack without a cache",
  stacked("s3://bucket/pre fix/", (server) => ({ ...s3Options(server, "header"), cache: 0 })),
);
storeContract("stack around a store without getRange", async (objects) => {
  const memory = new MemoryStore(rooted(objects));
  return { store: adoptStore({ get: (key, options) => memory.get(key, options) }) };
});

/** zarrita's own stores take keys as URLs do, so only plain keys serve. */
const plainOnly = { without: CONFORMANCE_KEYS };

storeContract(
  "zarrita FetchStore, adopted",
  (objects) =>
    onServer(objects, true, (server) =>
      adoptStore(new zarrita.FetchStore(`${server.url}/bucket/pre%20fix/`)),
    ),
  plainOnly,
);

storeContract("zarrita Map store", async (objects) => ({ store: adoptStore(rooted(objects)) }));
