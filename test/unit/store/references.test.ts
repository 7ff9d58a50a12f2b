/**
 * Kerchunk references: what documents mean, where they lead, and what goes there.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ErrorCode, isReaderError } from "../../../src/core/error.js";
import { type JsonObject, JsonReader, parseJsonObject } from "../../../src/core/json.js";
import type { Lane } from "../../../src/net/lane.js";
import { open } from "../../../src/open.js";
import { copyRange } from "../../../src/store/read-range.js";
import { ReferenceStore } from "../../../src/store/reference-store.js";
import { locateTarget, optionsFor } from "../../../src/store/reference-targets.js";
import { makeTemplate, renderTemplate } from "../../../src/store/reference-template.js";
import { References } from "../../../src/store/references.js";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import type { HoldingStore } from "../../../src/store/types.js";
import { createStore } from "../../../src/store/url.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const fixtures = new URL("../../fixtures/stores/", import.meta.url);
const references = (document: JsonObject): References =>
  new References(new JsonReader(document, "refs.json"));

function expectError(work: () => unknown, code: ErrorCode, mentions = ""): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  if (!isReaderError(thrown, code)) throw thrown ?? new Error(`nothing was thrown; expected ${code}`);
  expect(thrown.message).toContain(mentions);
}

describe("documents", () => {
  it("generate what fsspec generates", () => {
    const load = (name: string): JsonObject => JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));
    const found = references(load("references-generated.json"));
    for (const [key, wanted] of Object.entries(load("references-generated.resolved.json"))) {
      const [url, offset, length] = wanted as unknown as [string, number?, number?];
      expect(found.get(key), key).toEqual({
        kind: "target",
        url,
        ...(offset === undefined ? {} : { offset, length }),
      });
    }
  });

  it("hold text, base64, JSON, whole files and ranges", () => {
    const found = references({
      ".zgroup": { zarr_format: 2 },
      text: "ü",
      bytes: "base64:AAEC",
      whole: ["s3://b/k"],
      part: ["s3://b/k", 5, 6],
    });
    expect(found.get(".zgroup")).toEqual({
      kind: "inline",
      bytes: new TextEncoder().encode('{"zarr_format":2}'),
    });
    expect(found.get("text")).toEqual({ kind: "inline", bytes: new TextEncoder().encode("ü") });
    expect(found.get("bytes")).toEqual({ kind: "inline", bytes: Uint8Array.of(0, 1, 2) });
    expect(found.get("whole")).toEqual({ kind: "target", url: "s3://b/k" });
    expect(found.get("part")).toEqual({ kind: "target", url: "s3://b/k", offset: 5, length: 6 });
    expect(found.get("constructor")).toBeUndefined();
  });

  it.each([
    [{ k: ["u", 1] }, "two entries"],
    [{ k: ["u", -1, 5] }, "a negative offset"],
    [{ k: ["u", 0, 2 ** 60] }, "a length beyond the safe integers"],
    [{ k: [null, 0, 5] }, "no address"],
    [{ k: "base64:***" }, "no base64"],
  ] as [JsonObject, string][])("refuse %j: %s", (refs) => {
    const found = references({ version: 1, refs });
    expectError(() => found.get("k"), "invalid-metadata", "k");
  });

  it("refuse other versions, other documents, and generating too much", () => {
    expectError(() => references({ version: 2, refs: {} }), "unsupported", "version 2");
    expectError(() => references({ zarr_format: 3, node_type: "group" }), "unknown-format");
    const dimensions = { i: { stop: 100_000 }, j: { stop: 100_000 } };
    const gen = [{ key: "{{i}}.{{j}}", url: "u", dimensions }];
    expectError(() => references({ version: 1, gen }), "limit-exceeded", "10000000000");
    expectError(
      () => references({ version: 1, gen: [{ ...gen[0]!, dimensions: { i: { stop: 1e12 } } }] }),
      "invalid-metadata",
    );
  });
});

describe("a store of references", () => {
  const file = Uint8Array.from({ length: 100 }, (_, index) => index);
  const lane = {} as Lane;
  const held: unknown[] = [];
  const target: HoldingStore = {
    get: async () => file,
    getRange: async (_key, range) => copyRange(file, range),
    hold: async (_key, range) => {
      held.push(range);
      return range === undefined ? file : copyRange(file, range);
    },
  };
  const document = {
    inline: "text",
    part: ["u", 10, 20],
    whole: ["u"],
    long: ["u", 90, 20],
    ".zgroup": "{}",
  };
  const store = new ReferenceStore(references(document), async () => ({ store: target, key: "/u" }));

  it("leaves what it can in the lane that asked", async () => {
    expect(await store.hold("/part", undefined, lane)).toEqual(file.slice(10, 30));
    expect(await store.hold("/part", { offset: 5, length: 5 }, lane)).toEqual(file.slice(15, 20));
    expect(await store.hold("/part", { suffixLength: 3 }, lane)).toEqual(file.slice(27, 30));
    expect(await store.hold("/whole", { suffixLength: 3 }, lane)).toEqual(file.slice(97));
    expect(held).toEqual([
      { offset: 10, length: 20 },
      { offset: 15, length: 5 },
      { offset: 27, length: 3 },
      { suffixLength: 3 },
    ]);
    expect(await store.hold("/inline", { offset: 1, length: 2 }, lane)).toEqual(
      new TextEncoder().encode("ex"),
    );
    expect(await store.hold("/nothing", undefined, lane)).toBeUndefined();
    await expect(store.hold("/long", undefined, lane)).rejects.toMatchObject({ code: "corrupt" });
    expect(held.length).toBe(5);
  });

  it("damaged documents are refused by name, or mean something else, but never break", () => {
    const text = readFileSync(new URL("references-generated.json", fixtures));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 })), {
          minLength: 1,
          maxLength: 6,
        }),
        (changes) => {
          const bytes = new Uint8Array(text);
          for (const [at, byte] of changes) bytes[at] = byte;
          try {
            const found = references(parseJsonObject(bytes, "refs.json"));
            for (const key of found.keys()) found.get(key);
          } catch (thrown) {
            if (!isReaderError(thrown)) throw thrown;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("templates", () => {
  const scope = new Map([
    ["i", 7],
    ["u", "s3://b"],
    ["f", makeTemplate("{{c}}.nc")],
  ] as const);

  it.each([
    ["{{u}}/k", "s3://b/k"],
    ["{{ i }}{{i+1}}", "78"],
    ["{{ (i + 1) * 1000 - 2 ** 3 }}", "7992"],
    ["{{ -i // 2 }},{{ -i % 4 }},{{ i // 2 }}", "-4,1,3"],
    ["{{ 2 * -3 }} {{ 2 ** 3 ** 2 }}", "-6 512"],
    ["{{ '%03d' % i }}.nc", "007.nc"],
    ["{{ 'a' ~ i }}{{ 'b' + \"c\" }}", "a7bc"],
    ["{{ f(c='x') }} {{f(c=i)}}", "x.nc 7.nc"],
    ["no holes { } }}", "no holes { } }}"],
  ])("%s is %s", (text, wanted) => {
    expect(renderTemplate(text, scope)).toBe(wanted);
  });

  it.each([
    ["{{ i / 2 }}", "unsupported"],
    ["{{ i | abs }}", "unsupported"],
    ["{% for x in y %}", "unsupported"],
    ["{{ i.__class__ }}", "unsupported"],
    ["{{ u + i }}", "unsupported"],
    ["{{ i // 0 }}", "unsupported"],
    ["{{ 10 ** 99 }}", "unsupported"],
    ["{{ (i }}", "unsupported"],
    ["{{ nothing }}", "invalid-metadata"],
    ["{{ f() }}", "invalid-metadata"],
  ] as [string, ErrorCode][])("%s is refused", (text, code) => {
    expectError(() => renderTemplate(text, scope), code);
  });
});

describe("targets", () => {
  it.each([
    ["https://h/a%20b/c.nc?sig=x", "s3://b/refs.json", "https://h?sig=x", "/a b/c.nc"],
    ["s3://b/a b/c%20.nc", "https://h/r.json", "s3://b", "/a b/c%20.nc"],
    ["gcs://b/k", "https://h/r.json", "gs://b", "/k"],
    ["az://account/container/k/l", "https://h/r.json", "az://account/container", "/k/l"],
    ["s3+https://h:9000/b/k%20l", "https://h/r.json", "s3+https://h:9000/b", "/k l"],
    ["wind.h5", "https://h/d/refs.json?token=t", "https://h", "/d/wind.h5"],
    ["../wind.h5", "s3://b/d/refs.json", "s3://b", "/wind.h5"],
    ["sub/wind.h5", "/data/refs.json", "/data/sub/", "/wind.h5"],
    ["/other/wind.h5", "/data/refs.json", "/other/", "/wind.h5"],
    ["file:///other/wind.h5", "/data/refs.json", "file:///other/", "/wind.h5"],
  ])("%s named by %s", (url, home, root, key) => {
    expect(locateTarget(url, home)).toEqual({ root, key });
  });

  it.each([
    ["file:///etc/passwd", "https://h/r.json", "forbidden"],
    ["/etc/passwd", "s3://b/r.json", "forbidden"],
    ["ftp://h/k", "https://h/r.json", "unsupported"],
    ["memory://k", "/data/r.json", "unsupported"],
    ["https://user:pw@h/k", "https://h/r.json", "unsupported"],
    ["https://h/a%2Fb", "https://h/r.json", "unsupported"],
    ["s3://bucket", "https://h/r.json", "unsupported"],
  ] as [string, string, ErrorCode][])("%s named by %s is refused", (url, home, code) => {
    expectError(() => locateTarget(url, home), code);
  });

  const secret: StorageOptions = {
    region: "r",
    endpoint: "https://e",
    credentials: { accessKeyId: "AK", secretAccessKey: "SECRET" },
    sessionToken: "TOKEN",
    headers: { Authorization: "Bearer B" },
    requesterPays: true,
    fetch: globalThis.fetch,
    remotes: { "https://given.example": { headers: { "X-Own": "own" } }, "s3://given": { region: "own" } },
  };

  it.each([
    ["s3://other", "s3://home/refs.json"],
    ["s3://homestead", "s3://home/refs.json"],
    ["https://elsewhere.example", "https://home.example/refs.json"],
    ["https://home.example:444", "https://home.example/refs.json"],
    ["http://home.example", "https://home.example/refs.json"],
    ["https://given.example.evil", "https://home.example/refs.json"],
    ["https://given.example:8080", "https://home.example/refs.json"],
    ["s3://given-not", "https://home.example/refs.json"],
  ])("%s gets nothing secret of %s", (root, home) => {
    const told: string[] = [];
    const { onDiagnostic: _, ...options } = optionsFor(root, home, {
      ...secret,
      onDiagnostic: ({ code }) => told.push(code),
    });
    expect(options).toEqual({ region: "r", endpoint: "https://e" });
    expect(told).toEqual(["references-anonymous"]);
  });

  it("the place of the document gets what was given for it, others what was given for them", () => {
    expect(optionsFor("s3://home", "s3://home/d/refs.json", secret)).toMatchObject({ sessionToken: "TOKEN" });
    expect(optionsFor("https://home.example?x=y", "https://home.example/r.json", secret)).toMatchObject({
      headers: { Authorization: "Bearer B" },
    });
    expect(optionsFor("https://given.example?a=b", "s3://home/refs.json", secret)).toEqual({
      region: "r",
      endpoint: "https://e",
      headers: { "X-Own": "own" },
    });
    expect(optionsFor("s3://given", "s3://home/refs.json", secret)).toEqual({
      region: "own",
      endpoint: "https://e",
    });
  });
});

describe("on servers", () => {
  let home: S3Server;
  let other: S3Server;
  const text = readFileSync(new URL("references-v1.json", fixtures), "utf8");
  const options = (server: S3Server): StorageOptions => {
    const { accessKeyId, secretAccessKey } = server.account;
    return { region: "eu-central-1", endpoint: server.url, credentials: { accessKeyId, secretAccessKey } };
  };
  const refs = (url: string): void => {
    home.put("home", "refs.json", new TextEncoder().encode(text.replaceAll("wind.h5", url)));
  };

  beforeEach(async (): Promise<void> => {
    [home, other] = await Promise.all([
      createS3Server({ region: "eu-central-1" }),
      createS3Server({
        region: "eu-central-1",
        accounts: [{ accessKeyId: "OTHER", secretAccessKey: "other" }],
      }),
    ]);
    home.createBucket("home");
    home.createBucket("private");
    other.createBucket("open", { publicRead: true });
    other.createBucket("closed");
    const file = readFileSync(new URL("wind.h5", fixtures));
    for (const bucket of ["home", "private"]) home.put(bucket, "wind.h5", file);
    for (const bucket of ["open", "closed"]) other.put(bucket, "wind.h5", file);
  });
  afterEach(() => Promise.all([home.close(), other.close()]));

  const sum = async (given: StorageOptions): Promise<number> => {
    const data = await open("s3://home/refs.json", { ...given, pool: 0 });
    const { data: values } = await data.grid("count").read();
    data.close();
    return (values as Int16Array).reduce((total, value) => total + value, 0);
  };

  it("the bucket of the document is read with its keys, beside it or by its full name", async () => {
    refs("wind.h5");
    const total = await sum(options(home));
    expect(total).toBeGreaterThan(100);
    refs("s3://home/wind.h5");
    expect(await sum(options(home))).toBe(total);
  });

  it("another bucket is not, until keys are given for it", async () => {
    refs("s3://private/wind.h5");
    const refused = await sum(options(home)).catch((thrown: unknown) => thrown);
    expect(isReaderError(refused, "forbidden")).toBe(true);
    expect(await sum({ ...options(home), remotes: { "s3://private": options(home) } })).toBeGreaterThan(100);
  });

  it("another server is asked without keys, until some are given for it", async () => {
    for (const url of [`${other.url}/open/wind.h5`, `s3+${other.url}/open/wind.h5`]) {
      refs(url);
      other.reset();
      expect(await sum(options(home))).toBeGreaterThan(100);
      expect(other.counters).toMatchObject({ signedHeader: 0, signedQuery: 0 });
      expect(other.counters.GET).toBeGreaterThan(0);
    }
    refs(`s3+${other.url}/closed/wind.h5`);
    const { credentials } = options(other);
    const remotes = { [`s3+${other.url}/closed`]: { region: "eu-central-1", credentials } };
    expect(await sum({ ...options(home), remotes })).toBeGreaterThan(100);
    expect(other.counters.signedHeader).toBeGreaterThan(0);
  });

  it("headers and a link's query stay on the origin of the document", async () => {
    const file = readFileSync(new URL("wind.h5", fixtures));
    const elsewhere = await listen(() => file);
    const here = await listen((path) =>
      path.startsWith("/refs.json") ? text.replaceAll("wind.h5", `${elsewhere.url}/wind.h5`) : file,
    );
    try {
      const headers = { Authorization: "Bearer SECRET" };
      const data = await open(`${here.url}/refs.json?sig=SECRET`, { headers, pool: 0 });
      await data.grid("count").read();
      expect(JSON.stringify(here.seen)).toContain("SECRET");
      expect(elsewhere.seen.length).toBeGreaterThan(0);
      expect(JSON.stringify(elsewhere.seen)).not.toContain("SECRET");
      expect(data.url).not.toContain("SECRET");
    } finally {
      await Promise.all([here.close(), elsewhere.close()]);
    }
  });

  it("a file that is not there, or is shorter than the references say, is an error and no hole", async () => {
    refs("s3://home/moved.h5");
    const moved = await sum(options(home)).catch((thrown: unknown) => thrown);
    expect(isReaderError(moved, "not-found")).toBe(true);
    refs("s3://home/short.h5");
    home.put("home", "short.h5", new Uint8Array(2300));
    const short = await sum(options(home)).catch((thrown: unknown) => thrown);
    expect(isReaderError(short, "corrupt")).toBe(true);
  });

  it("parquet references are refused by name", async () => {
    for (const name of ["refs.parq", "refs.parquet"]) {
      const refused = await createStore(`s3://home/${name}`, options(home)).catch(
        (thrown: unknown) => thrown,
      );
      expect(isReaderError(refused, "unsupported")).toBe(true);
      expect(String(refused)).toContain("parquet");
    }
  });
});

/** A web server that keeps what it was sent. */
async function listen(
  answer: (path: string) => Uint8Array | string,
): Promise<{ url: string; seen: unknown[]; close: () => Promise<void> }> {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers, method } = request;
    seen.push({ url, headers });
    const body = Buffer.from(answer(url) as Uint8Array);
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
    const part = range === null ? body : body.subarray(Number(range[1]), Number(range[2]) + 1);
    const about = range === null ? {} : { "Content-Range": `bytes ${range[1]}-${range[2]}/${body.length}` };
    response.writeHead(range === null ? 200 : 206, { "Content-Length": part.length, ...about });
    response.end(method === "HEAD" ? undefined : part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, seen, close };
}
