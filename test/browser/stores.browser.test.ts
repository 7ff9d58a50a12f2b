/**
 * The store contract in a real browser, on another origin than the data.
 */
import { inject } from "vitest";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.js";
import type { ReadableStore } from "../../src/store/types.js";
import { createStore } from "../../src/store/url.js";
import { storeContract } from "../contract/store.contract.js";

const { endpoint, keys } = inject("contractServer");
const signed: S3StoreOptions = { endpoint, region: "us-east-1", credentials: keys };

function inBrowser(name: string, make: () => Promise<ReadableStore> | ReadableStore): void {
  storeContract(`${name}, in a browser`, async () => ({ store: await make() }));
}

inBrowser("s3 anonymous", () => new S3Store("s3://public/pre fix", { endpoint }));
inBrowser("s3 anonymous, no header exposed", () => new S3Store("s3://bare/pre fix", { endpoint }));
inBrowser("s3 signed in the query", () => new S3Store("s3://private/pre fix", signed));
inBrowser(
  "s3 signed in headers",
  () => new S3Store("s3://private/pre fix", { ...signed, auth: { mode: "header" } }),
);
inBrowser(
  "everything that createStore adds",
  async () => (await createStore("s3://private/pre fix", signed)).store,
);
