/**
 * The store contract in a real browser over emulators of Azure Blob and Google Cloud Storage, as far as they are installed
 * (`node scripts/emulators.mjs`). azurite has the recommended CORS rule; fake-gcs-server exposes no header we read.
 *
 * @module
 */
import { inject } from "vitest";
import type { StorageOptions } from "../../src/store/storage-options.js";
import { createStore } from "../../src/store/url.js";
import { storeContract } from "../contract/store.contract.js";
import { notInstalled } from "../support/not-installed.js";

const howToInstall = "node scripts/emulators.mjs";

const { azurite, fakeGcs } = inject("emulators");

function contract(name: string, location: string, options: StorageOptions): void {
  storeContract(`${name}, in a browser`, async () => ({
    store: (await createStore(location, options)).store,
  }));
}

if (azurite !== undefined) {
  const { account, endpoint, sas } = azurite;
  contract("azurite, public", `az://${account}/public/pre fix`, { endpoint });
  contract("azurite, SAS", `az://${account}/private/pre fix`, { endpoint, credentials: { sas } });
} else notInstalled("azurite", howToInstall);

if (fakeGcs !== undefined) {
  contract("fake-gcs-server, XML API", "gs://public/pre fix", { endpoint: fakeGcs });
  contract("fake-gcs-server, JSON API", "gs://public/pre fix", { endpoint: fakeGcs, gcsApi: "json" });
} else notInstalled("fake-gcs-server", howToInstall);
