/**
 * The store contract over emulators of Azure Blob and Google Cloud Storage, as far as they are installed
 * (`node scripts/emulators.mjs`).
 *
 * @module
 */
import { AzureStore, type AzureStoreOptions } from "../../src/store/azure.js";
import { GcsStore } from "../../src/store/gcs.js";
import { GcsJsonStore } from "../../src/store/gcs-json.js";
import { createStore } from "../../src/store/url.js";
import { type Azurite, hasAzurite, hasFakeGcs, startAzurite, startFakeGcs } from "../support/emulators.js";
import { notInstalled } from "../support/not-installed.js";
import { type StoreUnderTest, storeContract } from "./store.contract.js";

const howToInstall = "node scripts/emulators.mjs";

type Objects = ReadonlyMap<string, Uint8Array>;

const inAzurite =
  (isPublic: boolean, optionsFor: (azurite: Azurite) => AzureStoreOptions) =>
  async (objects: Objects): Promise<StoreUnderTest> => {
    const azurite = await startAzurite();
    await azurite.createContainer("data", isPublic);
    for (const [key, bytes] of objects) await azurite.put("data", `pre fix/${key}`, bytes);
    const options = { endpoint: azurite.endpoint, ...optionsFor(azurite) };
    const store = new AzureStore(`az://${azurite.account}/data/pre fix`, options);
    return { store, close: () => azurite.close() };
  };

const inFakeGcs = (api: "xml" | "json" | "stack") => async (objects: Objects) => {
  const server = await startFakeGcs();
  await server.createContainer("data", true);
  for (const [key, bytes] of objects) await server.put("data", `pre fix/${key}`, bytes);
  const options = { endpoint: server.endpoint };
  const store =
    api === "xml"
      ? new GcsStore("gs://data/pre fix", options)
      : api === "json"
        ? new GcsJsonStore("gs://data/pre fix", options)
        : (await createStore("gs://data/pre fix", { ...options, gcsApi: "json" })).store;
  return { store, close: () => server.close() };
};

if (hasAzurite) {
  storeContract(
    "azure with a SAS, in azurite",
    inAzurite(false, (azurite) => ({ credentials: { sas: azurite.sas("rl") } })),
  );
  storeContract(
    "azure without credentials, in azurite",
    inAzurite(true, () => ({})),
  );
} else notInstalled("azurite", howToInstall);

if (hasFakeGcs) {
  storeContract("gs by the XML API, in fake-gcs-server", inFakeGcs("xml"));
  storeContract("gs by the JSON API, in fake-gcs-server", inFakeGcs("json"));
  storeContract("gs through createStore, in fake-gcs-server", inFakeGcs("stack"));
} else notInstalled("fake-gcs-server", howToInstall);
