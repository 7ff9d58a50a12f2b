/**
 * The samples of the documentation do what they say: those that need no page and no cloud of its own are run as they stand, against stores
 * under the names they use, and what a comment tells of a result is compared with it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const stores = {
  "airports.zarrvectors": "demo/airports.zarrvectors",
  "air.zarr": "zarr/made-time-lat-lon-v2.zarr",
  "data.zarr": "zarr/made-time-lat-lon-v2.zarr",
  als_products: "grids/als.zarr",
};
const keys = { accessKeyId: "AKIASAMPLES", secretAccessKey: "samples" };
/** What the reader of a sample has. */
const given = {
  ...keys,
  bbox: [308_012, 4_688_005, 308_045.5, 4_688_025],
  fetch: async () => ({ json: () => keys }),
};

const samples = ["README.md", "docs/recipes.md", "docs/formats/zarr.md", "docs/formats/listing.md"].flatMap(
  (file) => {
    const blocks = [...readFileSync(root + file, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
    return blocks.map(([, code], index) => [`${file} ${index + 1}`, code!] as const);
  },
);
/** A page, another cloud, an account, a reader's own server or array. */
const elsewhere =
  /document|addEventListener|az:|gs:|goes16|\/api\/links|fromCognito|"default"|S3Client|createWorker|whoever|s3\.example|workerChunks|Bearer/;
const runnable = samples.filter(([, code]) => !elsewhere.test(code));

let server: S3Server;
const closers: (() => void)[] = [];
beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1", accounts: [keys] });
  server.createBucket("bucket", { publicRead: true });
  for (const [name, path] of Object.entries(stores)) {
    server.mount("bucket", `${name}/`, `${root}test/fixtures/${path}`);
  }
  const folder = `${root}test/fixtures/${stores["air.zarr"]}/`;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const members = files.map(({ parentPath, name }) => {
    const path = `${parentPath}/${name}`.slice(folder.length).replace(/^\//, "");
    return [path, new Uint8Array(readFileSync(folder + path))] as const;
  });
  server.put("bucket", "air.zarr.zip", zipSync(Object.fromEntries(members), { level: 0 }));
  server.put("bucket", "data.zarr/listing.json", `{ "cloudcrop_listing": 1, "keys": { "zarr.json": 1 } }`);
});
afterAll(async () => {
  for (const close of closers) close();
  await server.close();
});

/** A function that opens, with the places and keys of the samples moved here. */
const here =
  (ask: (location: unknown, options: object) => Promise<object>) =>
  async (location: unknown, options: { credentials?: unknown } = {}): Promise<object> => {
    const place = typeof location === "string" ? moved(location) : location;
    const endpoint = String(place).startsWith("s3:") && { endpoint: server.url, region: "eu-central-1" };
    const isPlaceholder = JSON.stringify(options.credentials)?.includes("…");
    const opened = await ask(place, { ...options, ...endpoint, ...(isPlaceholder && { credentials: keys }) });
    if ("close" in opened) closers.push(opened.close as () => void);
    return opened;
  };
const moved = (address: string): string => address.replace("https://host/", `${server.url}/bucket/`);

async function use(name: string): Promise<object> {
  const module = await import(name);
  if (name === "zarrita")
    return {
      ...module,
      FetchStore: class extends module.FetchStore {
        constructor(address: string) {
          super(moved(address));
        }
      },
    };
  const openers = ["open", "diagnose", "createStore"].filter(
    (door) => name.startsWith("cloudcrop") && door in module,
  );
  return { ...module, ...Object.fromEntries(openers.map((door) => [door, here(module[door])])) };
}

/** Compares a value with what stands beside it: the type of an array, or what entries of a list hold. */
let told = 0;
function says(value: unknown, words: string): void {
  const [type] = /^\w+Array\b/.exec(words) ?? [];
  if (type !== undefined) expect((value as object).constructor.name, words).toBe(type);
  const entries = words.startsWith("[{") ? [...words.matchAll(/level: (\d+), name: "(\w+)"/g)] : [];
  if (entries.length > 0)
    expect(value).toMatchObject(entries.map(([, level, name]) => ({ level: Number(level), name })));
  if (type !== undefined || entries.length > 0) told++;
}

it.each(runnable)("%s runs", async (_, sample) => {
  const code = sample
    .replace(/^import \* as (\w+) from (".*?");$/gm, "const $1 = await use($2);")
    .replace(/^import (\{.*?\}) from (".*?");$/gm, "const $1 = await use($2);")
    .replace(
      /^([\w.]+); +\/\/ (.+)$/gm,
      (_line, value, words) => `says(${value}, ${JSON.stringify(words)});`,
    );
  const open =
    /\bopen\b.*await use/.test(code) || !/(?<!\.)\bopen\(/.test(code)
      ? ""
      : 'const { open } = await use("cloudcrop");\n';
  const names = Object.keys(given);
  const Run = Object.getPrototypeOf(async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new Run("use", "says", "console", ...names, open + code)(
    use,
    says,
    { log() {} },
    ...Object.values(given),
  );
});

it("what they tell was looked at", () => {
  expect(runnable.length).toBeGreaterThan(10);
  expect(told).toBeGreaterThan(3);
});
