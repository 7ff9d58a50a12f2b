/**
 * Google Cloud Storage and Azure Blob in a real browser, on another origin than the data: by address and endpoint, public and
 * private, as `open` reads them.
 */
import { describe, expect, inject, it } from "vitest";
import { isReaderError, open, slice } from "../../src/index.js";
import type { StorageOptions } from "../../src/store/storage-options.js";
import { createStore } from "../../src/store/url.js";
import { storeContract } from "../contract/store.contract.js";

const { xml, json, azure, keys, sas, token } = inject("clouds");

const places: Readonly<Record<string, [location: string, options: StorageOptions]>> = {
  "gs, public": ["gs://public/pre fix", { endpoint: xml }],
  "gs, HMAC keys": ["gs://private/pre fix", { endpoint: xml, credentials: keys }],
  "gs by the JSON API, public": ["gs://public/pre fix", { endpoint: json, gcsApi: "json" }],
  "gs by the JSON API, token": [
    "gs://private/pre fix",
    { endpoint: json, gcsApi: "json", credentials: { token } },
  ],
  "az, public": ["az://devstoreaccount1/public/pre fix", { endpoint: azure }],
  "az, SAS": ["az://private/pre fix", { endpoint: azure, account: "devstoreaccount1", credentials: { sas } }],
  "az, token": ["az://devstoreaccount1/private/pre fix", { endpoint: azure, credentials: { token } }],
};

for (const [name, [location, options]] of Object.entries(places)) {
  storeContract(`${name}, in a browser`, async () => ({
    store: (await createStore(location, options)).store,
  }));
}

describe.each(Object.entries(places))("%s", (_name, [location, options]) => {
  it("a grid is opened, and its chunks are read by workers", async () => {
    const data = await open(location.replace("pre fix", "ramp.zarr"), { ...options, pool: 2 });
    expect((await data.grid().read()).data).toEqual(Int16Array.from({ length: 60 }, (_, index) => index * 3));
    expect((await data.grid().read([slice(7, 23)])).data).toHaveLength(16);
    data.close();
  });
});

describe("what is private", () => {
  it.each([
    ["gs://private/pre fix", { endpoint: xml }],
    ["gs://private/pre fix", { endpoint: json, gcsApi: "json" }],
    ["az://devstoreaccount1/private/pre fix", { endpoint: azure }],
    ["az://devstoreaccount1/private/pre fix", { endpoint: azure, credentials: { sas: "sv=1&sig=wrong" } }],
  ] as const)("is refused in words: %s %o", async (location, options) => {
    const { store } = await createStore(location, options);
    const error = await store.get("/data/1").catch((thrown: unknown) => thrown);
    expect(isReaderError(error, "forbidden"), String(error)).toBe(true);
  });
});

describe("preflights", () => {
  const preflights = async (): Promise<number> => Number(await (await fetch(`${json}/preflights`)).text());

  it.each([
    ["none for a public container", "az://devstoreaccount1/public/ramp.zarr", {}, false],
    ["none for a SAS", "az://devstoreaccount1/private/ramp.zarr", { credentials: { sas } }, false],
    ["some with a token", "az://devstoreaccount1/private/ramp.zarr", { credentials: { token } }, true],
  ] as const)("%s", async (_name, location, options, isAsked) => {
    const before = await preflights();
    const { store } = await createStore(location, { endpoint: azure, ...options });
    for (const key of ["/c/3", "/c/4"] as const) await store.getRange!(key, { offset: 2, length: 4 });
    expect((await preflights()) - before > 0).toBe(isAsked);
  });
});
