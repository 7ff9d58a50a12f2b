/**
 * The store contract over RadosGW, an object store that is not ours, and what it says about wrong keys.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpStore } from "../../src/store/http.js";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.js";
import { createStore } from "../../src/store/url.js";
import { failure } from "../support/faulty-bucket.js";
import { notInstalled } from "../support/not-installed.js";
import { hasRadosGw, type RadosGw, startRadosGw } from "../support/radosgw.js";
import { sampleObjects, storeContract } from "./store.contract.js";

const startsIn = 120_000;

if (hasRadosGw) {
  runContract();
  runSessions();
} else {
  notInstalled("RadosGW", "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd");
}

/** One gateway for a group of suites, with the same objects in a public and in a private bucket. */
function useGateway(sessions: boolean): { readonly gateway: RadosGw } {
  let gateway: RadosGw;
  beforeAll(async () => {
    gateway = await startRadosGw({ sessions });
    for (const bucket of ["public", "private"]) {
      await gateway.createBucket(bucket, bucket === "public");
      for (const [key, bytes] of sampleObjects()) await gateway.put(bucket, `pre fix/${key}`, bytes);
    }
  }, startsIn);
  afterAll(() => gateway?.close());
  return {
    get gateway() {
      return gateway;
    },
  };
}

function runContract(): void {
  describe("RadosGW", () => {
    const use = useGateway(false);
    const options = (more: S3StoreOptions = {}): S3StoreOptions => {
      const { endpoint, keys, region } = use.gateway;
      return { endpoint, region, credentials: keys, ...more };
    };
    const store = (more?: S3StoreOptions): S3Store => new S3Store("s3://private/pre fix", options(more));

    storeContract("anonymous, in RadosGW", async () => ({
      store: new S3Store("s3://public/pre fix", { endpoint: use.gateway.endpoint }),
    }));
    for (const mode of ["query", "header"] as const) {
      storeContract(`signed in the ${mode}, in RadosGW`, async () => ({ store: store({ auth: { mode } }) }));
    }
    storeContract("everything that createStore adds, over RadosGW", async () => {
      const { store } = await createStore("s3://private/pre fix", { ...options(), auth: { mode: "query" } });
      return { store };
    });
    storeContract("as a web server, RadosGW", async () => {
      const web = new HttpStore(`${use.gateway.endpoint}/public/pre%20fix/`);
      // Without a listing: it shows no index pages.
      return {
        store: {
          get: (key, more) => web.get(key, more),
          getRange: (key, range, more) => web.getRange(key, range, more),
          size: (key, more) => web.size(key, more),
        },
      };
    });

    it.each([
      ["a wrong secret", { secretAccessKey: "wrong" }, /another signature/],
      ["an unknown key", { accessKeyId: "AKNOBODY" }, /unknown/],
    ])("%s is forbidden, at once", async (_name, wrong, words) => {
      for (const mode of ["query", "header"] as const) {
        const credentials = { ...use.gateway.keys, ...wrong };
        const error = await failure(store({ credentials, auth: { mode } }).get("/data/one"));
        expect([error.code, error.detail.attempts]).toEqual(["forbidden", 1]);
        expect(error.message).toMatch(words);
      }
    });

    it("a bucket that is not there is not-found, and private data is forbidden to strangers", async () => {
      expect((await failure(new S3Store("s3://nothing", options()).get("/data"))).code).toBe("not-found");
      const stranger = new S3Store("s3://private/pre fix", { endpoint: use.gateway.endpoint });
      expect((await failure(stranger.get("/data/one"))).code).toBe("forbidden");
    });

    it("an object that is replaced is seen to have changed", async () => {
      const { gateway } = use;
      await gateway.put("private", "pre fix/moving", new Uint8Array(1000).fill(1));
      const open = store();
      await open.getRange("/moving", { offset: 0, length: 10 });
      await gateway.put("private", "pre fix/moving", new Uint8Array(1000).fill(2));
      const error = await failure(open.getRange("/moving", { offset: 10, length: 10 }));
      expect(error.code).toBe("changed");
    });

    it("a body above 8 MiB is read, whole and in part", async () => {
      const bytes = Uint8Array.from({ length: 9_000_000 }, (_, index) => (index * 7) & 255);
      await use.gateway.put("private", "pre fix/large", bytes);
      const { store: stack } = await createStore("s3://private/pre fix", { ...options(), cache: 0 });
      expect(Buffer.compare((await stack.get("/large"))!, bytes)).toBe(0);
      const range = { offset: 100, length: 8_900_000 };
      expect(Buffer.compare((await stack.getRange!("/large", range))!, bytes.slice(100, 8_900_100))).toBe(0);
    });
  });
}

function runSessions(): void {
  describe("RadosGW that gives out sessions", () => {
    const use = useGateway(true);
    for (const mode of ["query", "header"] as const) {
      storeContract(`a session token, signed in the ${mode}, in RadosGW`, async () => {
        const { endpoint, region } = use.gateway;
        const credentials = await use.gateway.assumeRole();
        const store = new S3Store("s3://private/pre fix", { endpoint, region, credentials, auth: { mode } });
        return { store };
      });
    }
  });
}
